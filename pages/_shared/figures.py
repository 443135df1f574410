"""Plotly figures on a page: the visitor's theme, and how figures are drawn."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from qenn_core.plots import Theme


def current_theme() -> Theme:
    """Return the theme of the visitor's browser."""
    return st.context.theme.type or "light"


def draw_figure(figure: go.Figure, key: str) -> None:
    """Draw a figure without Plotly's toolbar and without Streamlit's theme.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        The figure, in the colours of `current_theme`.
    key : str
        Streamlit's key for it, unique on the page.
    """
    st.plotly_chart(figure, key=key, config={"displayModeBar": False}, theme=None)
