"""Figures of a data set: how many rows a class has, and how the classes lie among the features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from qenn_core.plots.layout import as_text, plain_layout, shortened
from qenn_core.plots.palette import SYMBOLS, Theme, class_colour, colour


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
    figure = go.Figure(layout=plain_layout(theme, barmode="stack"))
    for number, (part, rows) in enumerate(counts.items()):
        figure.add_bar(
            name=part,
            orientation="h",
            y=list(range(len(names))),
            customdata=[as_text(name) for name in names],
            x=list(rows),
            marker={
                "color": [class_colour(k) for k in range(len(names))],
                "opacity": 1 - 0.3 * number,
                "line": {"color": colour("background", theme), "width": 1},
            },
            hovertemplate=f"%{{x}} rows for {part}<extra>%{{customdata}}</extra>",
        )
    labels = [shortened(name) for name in names]
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
    figure = go.Figure(layout=plain_layout(theme))
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
                name=as_text(name),
                legendgroup=name,
                showlegend=not held,
                marker=_marker(number, theme, held=held),
                hovertemplate=as_text(name) + (", held out" if held else "") + "<extra></extra>",
            )
    figure.update_xaxes(title_text=as_text(axes[0]))
    figure.update_yaxes(title_text=as_text(axes[1]))
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
    figure = go.Figure(layout=plain_layout(theme))
    for number, name in enumerate(names):
        rows = [row for row, label in zip(values, labels, strict=True) if label == number]
        figure.add_splom(
            dimensions=[
                {"label": shortened(feature), "values": [row[k] for row in rows]}
                for k, feature in enumerate(features)
            ],
            name=as_text(name),
            marker=_marker(number, theme, size=5),
            diagonal_visible=False,
            showupperhalf=False,
        )
    plain = plain_layout(theme)
    for k in range(1, len(features) + 1):
        figure.update_layout({f"xaxis{k}": plain["xaxis"], f"yaxis{k}": plain["yaxis"]})
    figure.update_layout(showlegend=False, height=90 + 100 * len(features), margin={"t": 8})
    return figure


def _marker(number: int, theme: Theme, *, held: bool = False, size: int = 8) -> dict[str, Any]:
    ink = class_colour(number)
    edge = ink if held else colour("background", theme)
    symbol = SYMBOLS[number % len(SYMBOLS)] + ("-open" if held else "")
    return {"color": ink, "size": size, "symbol": symbol, "line": {"color": edge, "width": 1}}
