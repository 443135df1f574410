"""The column to predict and its classes, and the message if they cannot be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages._shared import error_messages, form, state, upload
from pages._shared.markdown import escape_markdown
from qenn_core.experiment import bounds, field_of

if TYPE_CHECKING:
    from qenn_core.analysis import Overview

_TARGET = "data.target"
_BANDS = "data.bands"


def draw_target_choice(overview: Overview) -> None:
    """Draw the menu of columns to predict, and that of bands if the column is divided into bands."""
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


def _change_target(key: str) -> None:
    table = state.uploaded_table()
    if table is not None and st.session_state[key] not in table.frame.columns:
        return  # the browser answers for the menu of the last file
    is_sample = state.spec().data.sample_rows and table is not None
    state.update_spec(**{_TARGET: st.session_state[key], _BANDS: 0})
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


def _describe_bands(n_bands: int) -> str:
    return {0: "each value", 2: "low / high, split at the median"}.get(
        n_bands, f"{n_bands} bands of equal size"
    )


def draw_error(overview: Overview) -> None:
    """Draw why the data cannot be used as they are, with the menu that solves it if there is one."""
    if overview.error is None:
        return
    needs_bands = overview.error.place == _BANDS and not state.spec().data.bands
    error_messages.show(overview.error, as_choice=needs_bands)
    if needs_bands:
        _draw_bands()
