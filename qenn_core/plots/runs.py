"""Figures of several runs: their curves over each other, and their settings beside their results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any, NamedTuple

import plotly.graph_objects as go

from qenn_core.plots.layout import as_text, plain_layout, shortened
from qenn_core.plots.palette import SYMBOLS, Theme, colour, run_colour

LINE_WIDTH = 2.4
# In letters: axes stand some 100 pixels apart on a laptop.
_TITLE_WIDTH = 14


Value = float | str | None


class Curve(NamedTuple):
    """One measure of a run, epoch by epoch."""

    name: str
    """Of the run."""
    epochs: Sequence[int]
    train: Sequence[float]
    held_out: Sequence[float]


class Axis(NamedTuple):
    """One setting or result of several runs."""

    title: str
    values: Sequence[Value]
    """One a run: all numbers, or all words; ``None`` where a run has no value."""
    unit: str = ""


def overlaid_curves(curves: Sequence[Curve], title: str, theme: Theme, *, unit: str = "") -> go.Figure:
    """Draw a measure of several runs over the epochs: training solid, held-out rows dashed.

    Parameters
    ----------
    curves : sequence of Curve
        One a run; its place gives its colour and its sign.
    title : str
        What is measured.
    theme : str
        ``"light"`` or ``"dark"``.
    unit : str
        Behind the numbers of the axis.
    """
    figure = go.Figure(layout=plain_layout(theme, showlegend=False, height=340))
    for number, curve in enumerate(curves):
        for part, values, dash, hollow in (
            ("training", curve.train, "solid", ""),
            ("validation", curve.held_out, "dash", "-open"),
        ):
            figure.add_scatter(
                x=list(curve.epochs),
                y=list(values),
                name=f"{as_text(curve.name)}, {part}",
                mode="lines+markers",
                line={"color": run_colour(number, theme), "width": LINE_WIDTH, "dash": dash},
                # A few signs along the line are enough to tell it from others.
                marker=_sign(number, theme, hollow) | {"maxdisplayed": 6},
                hovertemplate=f"%{{y:.3~f}}{unit} after epoch %{{x}}<extra>%{{fullData.name}}</extra>",
            )
    figure.update_xaxes(title_text="epoch", rangemode="tozero", showgrid=False)
    figure.update_yaxes(title_text=title, ticksuffix=unit, nticks=6)
    figure.update_layout(margin={"l": 66, "r": 12, "t": 8, "b": 44})
    return figure


def parallel_coordinates(names: Sequence[str], axes: Sequence[Axis], theme: Theme) -> go.Figure:
    """Draw each run as a line through all of its settings and results.

    Plotly's own kind of this figure draws lines of one pixel, which a projector swallows.

    Parameters
    ----------
    names : sequence of str
        Of the runs; their places give their colours and signs.
    axes : sequence of Axis
        At least one, from left to right.
    theme : str
        ``"light"`` or ``"dark"``.
    """
    figure = go.Figure(layout=plain_layout(theme, showlegend=False, height=360, hovermode="closest"))
    heights = [_heights(axis.values) for axis in axes]
    for place, (axis, marks) in enumerate(zip(axes, heights, strict=True)):
        _draw_axis(figure, place, axis, marks, theme)
    for number, name in enumerate(names):
        values = [axis.values[number] for axis in axes]
        figure.add_scatter(
            x=list(range(len(axes))),
            # Where a run has no value its line is broken.
            y=[None if value is None else marks[value] for value, marks in zip(values, heights, strict=True)],
            text=[
                f"{as_text(axis.title)}: {as_text(_word(value, axis.unit))}"
                for axis, value in zip(axes, values, strict=True)
            ],
            name=as_text(name),
            mode="lines+markers",
            line={"color": run_colour(number, theme), "width": LINE_WIDTH},
            marker=_sign(number, theme) | {"size": 11},
            hovertemplate="%{text}<extra>%{fullData.name}</extra>",
        )
    hidden = {"visible": False, "fixedrange": True}
    figure.update_layout(
        margin={"l": 8, "r": 8, "t": 4, "b": 4},
        xaxis=hidden | {"range": [-0.3, len(axes) - 0.3]},
        yaxis=hidden | {"range": [-0.1, 1.3]},
    )
    return figure


def _draw_axis(figure: go.Figure, place: int, axis: Axis, marks: Mapping[Value, float], theme: Theme) -> None:
    figure.add_shape(
        type="line", x0=place, x1=place, y0=0, y1=1, layer="below", line={"color": colour("muted", theme)}
    )
    figure.add_annotation(
        x=place,
        y=1.08,
        text="<br>".join(f"<b>{as_text(line)}</b>" for line in wrap(axis.title, _TITLE_WIDTH)),
        showarrow=False,
        yanchor="bottom",
        font={"color": colour("text", theme), "size": 13},
    )
    ends = (min(marks.values(), default=0), max(marks.values(), default=0))
    for value, height in marks.items():
        # Of numbers the lowest and the highest are enough to read the others.
        if isinstance(value, str) or height in ends:
            figure.add_annotation(
                x=place,
                y=height,
                text=shortened(_word(value, axis.unit)),
                showarrow=False,
                xanchor="left",
                xshift=10,
                bgcolor=colour("background", theme),
                opacity=0.9,
                font={"color": colour("text", theme), "size": 13},
            )


def _heights(values: Sequence[Value]) -> dict[Value, float]:
    """Return for each value its height on an axis from 0 to 1: numbers to scale, words evenly spaced."""
    known = list(dict.fromkeys(value for value in values if value is not None))
    if len(known) < 2:
        return dict.fromkeys(known, 0.5)
    numbers = [value for value in known if not isinstance(value, str)]
    if len(numbers) < len(known):
        return {word: 1 - place / (len(known) - 1) for place, word in enumerate(known)}
    low, high = min(numbers), max(numbers)
    return {number: (number - low) / (high - low) for number in numbers}


def _word(value: Value, unit: str) -> str:
    if value is None:
        return "–"
    return value if isinstance(value, str) else f"{value:.4g}{unit}"


def _sign(number: int, theme: Theme, hollow: str = "") -> dict[str, Any]:
    """Tell a run from others without its colour."""
    symbol = SYMBOLS[number % len(SYMBOLS)] + hollow
    return {"symbol": symbol, "color": run_colour(number, theme), "size": 8}
