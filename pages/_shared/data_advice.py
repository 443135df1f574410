"""Advice on the data, each with a button that follows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages._shared import state, upload
from pages._shared.markdown import escape_markdown
from qenn_core.text import count

if TYPE_CHECKING:
    from qenn_core.analysis import Overview
    from qenn_core.data import Advice

_VERSION = "data_version"


def draw_advice(overview: Overview, most: int) -> None:
    """Draw what looks wrong with the data.

    Parameters
    ----------
    overview : Overview
        The data.
    most : int
        How many pieces of advice are drawn; the number of the others is stated.
    """
    advice = overview.prepared.advice if overview.prepared else ()
    n_more = len(advice) - most
    for number, item in enumerate(advice[:most]):
        text = f":material/warning: {escape_markdown(item.text)}"
        if n_more > 0 and number == most - 1:
            text += f" *{count(n_more, 'more warning')} on the Data page.*"
        with st.container(horizontal=True, vertical_alignment="center", key=f"advice-{number}"):
            st.markdown(text, width="stretch")
            st.button(
                escape_markdown(item.action), key=f"follow advice {number}", on_click=_follow, args=(item,)
            )


def data_version() -> int:
    """Return a number that changes whenever advice changes the settings behind the controls of the data."""
    version: int = st.session_state.get(_VERSION, 0)
    return version


def _follow(advice: Advice) -> None:
    st.session_state[_VERSION] = data_version() + 1
    if advice.data.gaps == state.spec().data.gaps:
        state.update_spec(data=advice.data.model_dump())
    else:
        upload.read_again(gaps=advice.data.gaps)
