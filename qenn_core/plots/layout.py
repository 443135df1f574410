"""Shared by all figures: the base layout, and labels that are safe to show."""

from __future__ import annotations

from html import escape
from typing import Any

from qenn_core.plots.palette import Theme, colour

MAX_LABEL_LENGTH = 18
FONT = '"Source Sans", "Source Sans 3", sans-serif'


def escape_html(name: str) -> str:
    """Escape a name so that Plotly, which renders some HTML in texts, shows it unchanged."""
    # Plotly does not decode escaped quotes.
    return escape(name, quote=False)


def shorten(name: str, end: int = 0) -> str:
    """Return a name cut to fit next to an axis, with its last `end` characters, and escaped."""
    if len(name) <= MAX_LABEL_LENGTH:
        return escape_html(name)
    return escape_html(f"{name[: MAX_LABEL_LENGTH - 1 - end]}…{name[len(name) - end :]}")


def base_layout(theme: Theme, **more: Any) -> dict[str, Any]:
    """Return a layout in the colours of `theme` with a transparent background; `more` overrides its parts."""
    line = colour("line", theme)
    axis = {
        "gridcolor": line,
        "linecolor": line,
        "zeroline": False,
        "automargin": True,
        "title": {"font": {"size": 13}},
    }
    return {
        "margin": {"l": 60, "r": 12, "t": 30, "b": 48},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": colour("muted", theme), "family": FONT, "size": 13},
        "xaxis": axis,
        "yaxis": axis,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        **more,
    }
