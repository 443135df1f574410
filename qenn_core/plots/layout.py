"""What all figures have in common: their frame, and how texts from files stand in them."""

from __future__ import annotations

from html import escape
from typing import Any

from qenn_core.plots.palette import Theme, colour

LONGEST = 18
FONT = '"Source Sans", "Source Sans 3", sans-serif'


def as_text(name: str) -> str:
    """Return a name so that Plotly, which reads some HTML in texts, shows it as it is."""
    # It knows no escaped quotes.
    return escape(name, quote=False)


def shortened(name: str) -> str:
    """Return a name that fits beside an axis."""
    return as_text(name if len(name) <= LONGEST else name[: LONGEST - 1] + "…")


def plain_layout(theme: Theme, **more: Any) -> dict[str, Any]:
    """Return a layout in the colours of `theme`, without a ground of its own."""
    line = colour("line", theme)
    axis = {"gridcolor": line, "linecolor": line, "zeroline": False, "title": {"font": {"size": 13}}}
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
