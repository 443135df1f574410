"""Figures of a data set: the size of each class, and rows as points in the space of features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from qenn_core.plots.layout import base_layout, escape_html, shorten
from qenn_core.plots.palette import SYMBOLS, Theme, class_colour, colour

# Names of features often begin alike: "measurement of …".
_FEATURE_END = 6


def class_balance(names: Sequence[str], counts: Mapping[str, Sequence[int]], theme: Theme) -> go.Figure:
    """Draw the number of rows of each class as a bar, stacked by part of the split.

    Parameters
    ----------
    names : sequence of str
        The names of the classes.
    counts : mapping of str to sequence of int
        The number of rows of each class, for each part of the split.
    theme : str
        ``"light"`` or ``"dark"``.
    """
    figure = go.Figure(layout=base_layout(theme, barmode="stack"))
    for number, (part, rows) in enumerate(counts.items()):
        figure.add_bar(
            name=part,
            orientation="h",
            y=list(range(len(names))),
            customdata=[escape_html(name) for name in names],
            x=list(rows),
            marker={
                "color": [class_colour(k) for k in range(len(names))],
                "opacity": 1 - 0.3 * number,
                "line": {"color": colour("background", theme), "width": 1},
            },
            hovertemplate=f"%{{x}} rows for {part}<extra>%{{customdata}}</extra>",
        )
    labels = [shorten(name) for name in names]
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
    """Draw rows as points of a plane; validation and test rows are hollow."""
    figure = go.Figure(layout=base_layout(theme))
    for number, name in enumerate(names):
        for held_out in (False, True):
            rows = [
                point
                for point, label, part in zip(points, labels, parts, strict=True)
                if label == number and (part != "train") == held_out
            ]
            figure.add_scatter(
                x=[x for x, _ in rows],
                y=[y for _, y in rows],
                mode="markers",
                name=shorten(name),
                legendgroup=name,
                showlegend=not held_out,
                marker=_marker(number, theme, held_out=held_out),
                hovertemplate=escape_html(name) + (", held out" if held_out else "") + "<extra></extra>",
            )
    figure.update_xaxes(title_text=escape_html(axes[0]))
    figure.update_yaxes(title_text=escape_html(axes[1]))
    # The legend of many classes has several lines.
    figure.update_layout(height=400 + 8 * len(names))
    return figure


def scatter_matrix(
    features: Sequence[str],
    values: Sequence[Sequence[float]],
    labels: Sequence[int],
    names: Sequence[str],
    theme: Theme,
) -> go.Figure:
    """Draw a scatter plot of each pair of features; `values` has the shape (n_rows, n_features)."""
    figure = go.Figure(layout=base_layout(theme))
    for number, name in enumerate(names):
        rows = [row for row, label in zip(values, labels, strict=True) if label == number]
        figure.add_splom(
            dimensions=[
                {"label": shorten(feature, _FEATURE_END), "values": [row[k] for row in rows]}
                for k, feature in enumerate(features)
            ],
            name=escape_html(name),
            marker=_marker(number, theme, size=5),
            diagonal_visible=False,
            showupperhalf=False,
        )
    layout = base_layout(theme)
    for k in range(1, len(features) + 1):
        figure.update_layout({f"xaxis{k}": layout["xaxis"], f"yaxis{k}": layout["yaxis"]})
    figure.update_layout(showlegend=False, height=90 + 100 * len(features), margin={"t": 8})
    return figure


def feature_values(
    features: Sequence[str],
    values: Sequence[Sequence[float]],
    labels: Sequence[int],
    names: Sequence[str],
    theme: Theme,
) -> go.Figure:
    """Draw the values of one or two features, with one row of points and a box for each class.

    `values` has the shape (n_rows, n_features).
    """
    figure = go.Figure(layout=base_layout(theme))
    figure.set_subplots(len(features), 1, vertical_spacing=0.3)
    for k, feature in enumerate(features):
        for number, name in enumerate(names):
            shown = [row[k] for row, label in zip(values, labels, strict=True) if label == number]
            figure.add_box(
                row=k + 1,
                col=1,
                orientation="h",
                x=shown,
                y=[number] * len(shown),
                name=escape_html(name),
                boxpoints="all",
                pointpos=0,
                jitter=0.6,
                fillcolor="rgba(0,0,0,0)",
                line={"color": colour("muted", theme), "width": 1},
                marker=_marker(number, theme, size=5),
                hovertemplate=f"{escape_html(name)}: %{{x}}<extra></extra>",
            )
        figure.update_xaxes(title_text=escape_html(feature), row=k + 1, col=1)
    layout = base_layout(theme)
    ticks = {"tickvals": list(range(len(names))), "ticktext": [shorten(name) for name in names]}
    figure.update_xaxes(layout["xaxis"]).update_yaxes(layout["yaxis"] | ticks | {"autorange": "reversed"})
    height = len(features) * (70 + 34 * len(names)) + 40
    figure.update_layout(showlegend=False, height=height, margin={"t": 8})
    return figure


def _marker(number: int, theme: Theme, *, held_out: bool = False, size: int = 8) -> dict[str, Any]:
    fill = class_colour(number)
    edge = fill if held_out else colour("background", theme)
    symbol = SYMBOLS[number % len(SYMBOLS)] + ("-open" if held_out else "")
    return {"color": fill, "size": size, "symbol": symbol, "line": {"color": edge, "width": 1}}
