"""Figures of a data set: how many rows a class has, and how the classes lie among the features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import plotly.graph_objects as go

from qenn_core.plots.palette import SYMBOLS, Theme, class_colour, colour

LONGEST = 18
FONT = '"Source Sans", "Source Sans 3", sans-serif'


def class_balance(names: Sequence[str], counts: Mapping[str, Sequence[int]], theme: Theme) -> go.Figure:
    """Draw the rows of each class as a bar.

    Parameters
    ----------
    names : sequence of str
        The classes.
    counts : mapping of str to sequence of int
        For each part of the split the rows of each class.
    theme : str
        ``"light"`` or ``"dark"``.
    """
    figure = go.Figure(layout=_layout(theme, barmode="stack"))
    for number, (part, rows) in enumerate(counts.items()):
        figure.add_bar(
            name=part,
            orientation="h",
            y=list(range(len(names))),
            customdata=[_text(name) for name in names],
            x=list(rows),
            marker={
                "color": [class_colour(k) for k in range(len(names))],
                "opacity": 1 - 0.3 * number,
                "line": {"color": colour("background", theme), "width": 1},
            },
            hovertemplate=f"%{{x}} rows for {part}<extra>%{{customdata}}</extra>",
        )
    labels = [_short(name) for name in names]
    figure.update_yaxes(autorange="reversed", tickvals=list(range(len(names))), ticktext=labels)
    figure.update_layout(showlegend=False, height=60 + 32 * len(names), margin={"t": 8, "b": 28})
    return figure


def scatter(
    points: Sequence[Sequence[float]],
    labels: Sequence[int],
    parts: Sequence[str],
    axes: tuple[str, str],
    names: Sequence[str],
    theme: Theme,
) -> go.Figure:
    """Draw rows as points of a plane; those held out of training are hollow."""
    figure = go.Figure(layout=_layout(theme))
    for number, name in enumerate(names):
        for held in (False, True):
            rows = [
                point
                for point, label, part in zip(points, labels, parts, strict=True)
                if label == number and (part != "train") == held
            ]
            figure.add_scatter(
                x=[x for x, _ in rows],
                y=[y for _, y in rows],
                mode="markers",
                name=_text(name),
                legendgroup=name,
                showlegend=not held,
                marker=_marker(number, theme, held=held),
                hovertemplate=_text(name) + (", held out" if held else "") + "<extra></extra>",
            )
    figure.update_xaxes(title_text=_text(axes[0]))
    figure.update_yaxes(title_text=_text(axes[1]))
    figure.update_layout(height=400)
    return figure


def scatter_matrix(
    features: Sequence[str],
    values: Sequence[Sequence[float]],
    labels: Sequence[int],
    names: Sequence[str],
    theme: Theme,
) -> go.Figure:
    """Draw each pair of features against each other; `values` has shape (rows, features)."""
    figure = go.Figure(layout=_layout(theme))
    for number, name in enumerate(names):
        rows = [row for row, label in zip(values, labels, strict=True) if label == number]
        figure.add_splom(
            dimensions=[
                {"label": _short(feature), "values": [row[k] for row in rows]}
                for k, feature in enumerate(features)
            ],
            name=_text(name),
            marker=_marker(number, theme, size=5),
            diagonal_visible=False,
            showupperhalf=False,
        )
    plain = _layout(theme)
    for k in range(1, len(features) + 1):
        figure.update_layout({f"xaxis{k}": plain["xaxis"], f"yaxis{k}": plain["yaxis"]})
    figure.update_layout(showlegend=False, height=90 + 100 * len(features), margin={"t": 8})
    return figure


def _marker(number: int, theme: Theme, *, held: bool = False, size: int = 8) -> dict[str, Any]:
    ink = class_colour(number)
    edge = ink if held else colour("background", theme)
    symbol = SYMBOLS[number % len(SYMBOLS)] + ("-open" if held else "")
    return {"color": ink, "size": size, "symbol": symbol, "line": {"color": edge, "width": 1}}


def _short(name: str) -> str:
    """Return a name that fits beside an axis."""
    return _text(name if len(name) <= LONGEST else name[: LONGEST - 1] + "…")


def _text(name: str) -> str:
    # Plotly reads some HTML in texts, but no escaped quotes; names from a file are shown as they are.
    return escape(name, quote=False)


def _layout(theme: Theme, **more: Any) -> dict[str, Any]:
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
