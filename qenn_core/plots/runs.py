"""Figures that compare runs: their curves, and their settings and results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from textwrap import wrap
from typing import Any, NamedTuple

import plotly.graph_objects as go

from qenn_core.plots.layout import base_layout, escape_html, shorten
from qenn_core.plots.palette import SYMBOLS, Theme, colour, run_colour

LINE_WIDTH = 2.4
# Space above and below the curves, as a share of what they span.
_CURVE_MARGIN = 0.06
# In characters: on a laptop, the axes are about 100 pixels apart.
_TITLE_WIDTH = 14


Value = float | str | None


class Curve(NamedTuple):
    """A measure of a run, epoch by epoch."""

    name: str
    """The name of the run."""
    epochs: Sequence[int]
    train: Sequence[float]
    validation: Sequence[float]


class Axis(NamedTuple):
    """A setting or a result of several runs."""

    title: str
    values: Sequence[Value]
    """One per run: all numbers or all strings; ``None`` if the run has no value."""
    labels: Sequence[str]
    """The values as they are shown."""


def overlaid_curves(
    curves: Sequence[Curve], title: str, theme: Theme, *, least_span: float, unit: str = ""
) -> go.Figure:
    """Draw a measure of several runs over the epochs: training rows solid, validation rows dashed.

    Parameters
    ----------
    curves : sequence of Curve
        One per run; the position determines the colour and the symbol.
    title : str
        The title of the vertical axis.
    theme : str
        ``"light"`` or ``"dark"``.
    least_span : float
        The least that the vertical axis spans, so that a small change does not look large.
    unit : str
        The unit after the numbers of the axis.
    """
    figure = go.Figure(layout=base_layout(theme, showlegend=False, height=340))
    for number, curve in enumerate(curves):
        for part, values, dash, hollow in (
            ("training", curve.train, "solid", ""),
            ("validation", curve.validation, "dash", "-open"),
        ):
            figure.add_scatter(
                x=list(curve.epochs),
                y=list(values),
                name=f"{escape_html(curve.name)}, {part}",
                mode="lines+markers",
                line={"color": run_colour(number, theme), "width": LINE_WIDTH, "dash": dash},
                # A few markers along the line are enough to identify it.
                marker=_marker(number, theme, hollow) | {"maxdisplayed": 6},
                hovertemplate=f"%{{y:.3~f}}{unit} after epoch %{{x}}<extra>%{{fullData.name}}</extra>",
            )
    figure.update_xaxes(title_text="epoch", rangemode="tozero", showgrid=False)
    figure.update_yaxes(title_text=title, ticksuffix=unit, nticks=6, range=_value_range(curves, least_span))
    figure.update_layout(margin={"l": 66, "r": 12, "t": 8, "b": 44})
    return figure


def _value_range(curves: Sequence[Curve], least_span: float) -> tuple[float, float] | None:
    values = [value for curve in curves for value in (*curve.train, *curve.validation) if isfinite(value)]
    if not values:
        return None
    low, high = min(values), max(values)
    margin = max(least_span - (high - low), 0) / 2 + _CURVE_MARGIN * max(high - low, least_span)
    return low - margin, high + margin


def parallel_coordinates(names: Sequence[str], axes: Sequence[Axis], theme: Theme) -> go.Figure:
    """Draw each run as a line through its settings and results.

    Plotly's ``Parcoords`` draws lines that are one pixel wide, which cannot be seen on a projector.

    Parameters
    ----------
    names : sequence of str
        The names of the runs; the positions determine the colours and symbols.
    axes : sequence of Axis
        At least one, from left to right.
    theme : str
        ``"light"`` or ``"dark"``.
    """
    figure = go.Figure(layout=base_layout(theme, showlegend=False, height=360, hovermode="closest"))
    all_heights = [_heights(axis.values) for axis in axes]
    for position, (axis, heights) in enumerate(zip(axes, all_heights, strict=True)):
        _draw_axis(figure, position, axis, heights, theme)
    for number, name in enumerate(names):
        values = [axis.values[number] for axis in axes]
        figure.add_scatter(
            x=list(range(len(axes))),
            # The line of a run has a gap where it has no value.
            y=[
                None if value is None else heights[value]
                for value, heights in zip(values, all_heights, strict=True)
            ],
            text=[f"{escape_html(axis.title)}: {escape_html(axis.labels[number])}" for axis in axes],
            name=escape_html(name),
            mode="lines+markers",
            line={"color": run_colour(number, theme), "width": LINE_WIDTH},
            marker=_marker(number, theme) | {"size": 11},
            hovertemplate="%{text}<extra>%{fullData.name}</extra>",
        )
    hidden = {"visible": False, "fixedrange": True}
    figure.update_layout(
        margin={"l": 8, "r": 8, "t": 4, "b": 4},
        xaxis=hidden | {"range": [-0.3, len(axes) - 0.3]},
        yaxis=hidden | {"range": [-0.1, 1.3]},
    )
    return figure


def _draw_axis(
    figure: go.Figure, position: int, axis: Axis, heights: Mapping[Value, float], theme: Theme
) -> None:
    figure.add_shape(
        type="line",
        x0=position,
        x1=position,
        y0=0,
        y1=1,
        layer="below",
        line={"color": colour("muted", theme)},
    )
    figure.add_annotation(
        x=position,
        y=1.08,
        text="<br>".join(f"<b>{escape_html(line)}</b>" for line in wrap(axis.title, _TITLE_WIDTH)),
        showarrow=False,
        yanchor="bottom",
        font={"color": colour("text", theme), "size": 13},
    )
    ends = (min(heights.values(), default=0), max(heights.values(), default=0))
    labels = dict(zip(axis.values, axis.labels, strict=True))
    for value, height in heights.items():
        # For numbers, labels at the lowest and the highest value are enough.
        if isinstance(value, str) or height in ends:
            figure.add_annotation(
                x=position,
                y=height,
                text=shorten(labels[value]),
                showarrow=False,
                xanchor="left",
                xshift=10,
                bgcolor=colour("background", theme),
                opacity=0.9,
                font={"color": colour("text", theme), "size": 13},
            )


def _heights(values: Sequence[Value]) -> dict[Value, float]:
    """Return the height of each value on an axis from 0 to 1: numbers to scale, strings evenly spaced."""
    known = list(dict.fromkeys(value for value in values if value is not None))
    if len(known) < 2:
        return dict.fromkeys(known, 0.5)
    numbers = [value for value in known if not isinstance(value, str)]
    if len(numbers) < len(known):
        return {word: 1 - index / (len(known) - 1) for index, word in enumerate(known)}
    low, high = min(numbers), max(numbers)
    return {number: (number - low) / (high - low) for number in numbers}


def _marker(number: int, theme: Theme, hollow: str = "") -> dict[str, Any]:
    symbol = SYMBOLS[number % len(SYMBOLS)] + hollow
    return {"symbol": symbol, "color": run_colour(number, theme), "size": 8}
