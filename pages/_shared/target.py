"""The column to predict and its classes, and what to do when they cannot be learnt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages._shared import form, state, upload
from qenn_core.experiment import bounds, field_of

if TYPE_CHECKING:
    from qenn_core.analysis import Overview

_TARGET = "data.target"
_BANDS = "data.bands"


def choose(overview: Overview) -> None:
    """Draw the choice of the column to predict, and of cutting it into bands where that is done."""
    key = form.prepare(_TARGET, overview.target)
    st.selectbox(
        str(field_of(_TARGET).title),
        overview.preview.columns,
        key=key,
        on_change=_changed_target,
        args=(key,),
        help=form.help_of(field_of(_TARGET), form.plain(f"Now: {overview.target_reason}.")),
    )
    form.complaint(_TARGET)
    if state.spec().data.bands:
        bands()


def _changed_target(key: str) -> None:
    sampled = state.spec().data.sample_rows and state.table() is not None
    state.change(**{_TARGET: st.session_state[key], _BANDS: 0})
    if sampled:
        upload.reread()  # a sample keeps the proportions of the classes, which are others now


def bands() -> None:
    """Draw the choice between a target's values and bands of a numeric target as classes."""
    low, high = bounds(_BANDS)
    key = form.prepare(_BANDS, state.spec().data.bands)
    st.selectbox(
        "Classes",
        [int(low), *range(2, int(high) + 1)],
        key=key,
        format_func=lambda n: {0: "its values", 2: "low / high at the median"}.get(
            n, f"{n} bands of equal size"
        ),
        on_change=form.changed,
        args=(_BANDS, key),
        width=340,
        help=form.help_of(field_of(_BANDS)),
    )
    form.complaint(_BANDS)


def refusal(overview: Overview) -> None:
    """Show why the data cannot be learnt from as they are, with the remedy at hand where there is one."""
    if overview.error is None:
        return
    choice_left = overview.error.place == _BANDS and not state.spec().data.bands
    form.show(overview.error, choice_left=choice_left)
    if choice_left:
        bands()
