"""The column to predict and its classes, and the message if they cannot be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages._shared import error_messages, form, state, upload
from pages._shared.markdown import escape_markdown
from qenn_core import limits
from qenn_core.experiment import bounds, field_of

if TYPE_CHECKING:
    from qenn_core.analysis import Overview

_TARGET = "data.target"
_BANDS = "data.bands"
_COMBINE = "data.combine_rare"


def draw_target_choice(overview: Overview) -> None:
    """Draw the menu of columns to predict, and how its values were made to classes, to change it."""
    key = form.bind_field(_TARGET, overview.target)
    st.selectbox(
        str(field_of(_TARGET).title),
        overview.preview.columns,
        key=key,
        on_change=_change_target,
        args=(key,),
        help=form.help_text(_TARGET, escape_markdown(f"Now: {overview.target_reason}.")),
    )
    error_messages.show_at(_TARGET)
    if state.spec().data.bands:
        _draw_bands()
    if state.spec().data.combine_rare:
        _draw_combining()


def _change_target(key: str) -> None:
    table = state.uploaded_table()
    if table is not None and st.session_state[key] not in table.frame.columns:
        return  # the browser answers for the menu of the last file
    is_sample = state.spec().data.sample_rows and table is not None
    state.update_spec(**{_TARGET: st.session_state[key], _BANDS: 0, _COMBINE: False})
    if is_sample:
        upload.read_again()  # the sample has to keep the proportions of the new classes


def _draw_bands() -> None:
    """Draw the menu of how a numeric column becomes classes: by its values, or in bands."""
    low, high = bounds(_BANDS)
    key = form.bind_field(_BANDS, state.spec().data.bands)
    st.selectbox(
        "Classes",
        [int(low), *range(2, int(high) + 1)],
        key=key,
        format_func=_describe_bands,
        on_change=form.write_field,
        args=(_BANDS, key),
        width=340,
        help=form.help_text(_BANDS),
    )
    error_messages.show_at(_BANDS)


def _draw_combining() -> None:
    """Draw whether rare classes are combined."""
    key = form.bind_field(_COMBINE, state.spec().data.combine_rare)
    st.checkbox(
        str(field_of(_COMBINE).title),
        key=key,
        on_change=form.write_field,
        args=(_COMBINE, key),
        help=form.help_text(_COMBINE),
    )


def _describe_bands(n_bands: int) -> str:
    return {0: "each value", 2: "low / high, split at the median"}.get(
        n_bands, f"{n_bands} bands of equal size"
    )


def draw_error(overview: Overview) -> None:
    """Draw why the data cannot be used as they are, with the menu that solves it if there is one."""
    if overview.error is None:
        return
    needs_bands = overview.error.place == _BANDS and not state.spec().data.bands
    error_messages.show(overview.error, as_choice=needs_bands or overview.error.place == _COMBINE)
    if needs_bands:
        _draw_bands()
    elif overview.error.place == _COMBINE:
        st.button(
            f"Keep {limits.MAX_CLASSES - 1} classes and combine the others",
            icon=":material/merge:",
            on_click=state.update_spec,
            kwargs={_COMBINE: True},
        )
