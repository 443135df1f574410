"""A small picture of a data set: rows as points in the colours of their classes, or some of its images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qenn_core.plots.palette import class_colour
from qenn_core.plots.thumbnails import thumbnail

WIDTH, HEIGHT = 160, 90
MARGIN = 5
MAX_POINTS = 200
IMAGES_PER_LINE, LINES = 4, 2


def _svg(content: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">{content}</svg>'


# Keeps the place of a picture that is still being made.
EMPTY_PICTURE = _svg("")


def picture_of_points(points: Sequence[Sequence[float]], labels: Sequence[int]) -> str:
    """Return rows as an SVG that suits both themes.

    Parameters
    ----------
    points : sequence of (x, y)
        The rows; of many, a random sample is drawn.
    labels : sequence of int
        Their class numbers.
    """
    sample = np.random.default_rng(0).permutation(len(points))[:MAX_POINTS]
    shown, classes = np.array(points)[sample], np.array(labels)[sample]
    low, high = shown.min(axis=0), shown.max(axis=0)
    # The same scale for both directions, so that circles stay round.
    scale = (np.array([WIDTH, HEIGHT]) - 2 * MARGIN) / np.maximum(high - low, 1e-9)
    places = np.array([WIDTH, HEIGHT]) / 2 + (shown - (low + high) / 2) * scale.min() * [1, -1]
    dots = "".join(
        f'<path stroke="{class_colour(number)}" d="{_dots(places[classes == number])}"/>'
        for number in np.unique(classes).tolist()
    )
    return _svg(f'<g fill="none" stroke-width="4" stroke-linecap="round">{dots}</g>')


def picture_of_images(images: Sequence[NDArray[np.uint8]]) -> str:
    """Return the first images as an SVG; shape and values are those that `thumbnail` takes."""
    side = (HEIGHT - (LINES + 1) * MARGIN) / LINES
    left = (WIDTH - IMAGES_PER_LINE * side - (IMAGES_PER_LINE - 1) * MARGIN) / 2
    shown = "".join(
        f'<image x="{left + (k % IMAGES_PER_LINE) * (side + MARGIN):g}" '
        f'y="{MARGIN + (k // IMAGES_PER_LINE) * (side + MARGIN):g}" '
        f'width="{side:g}" height="{side:g}" href="{thumbnail(image)}"/>'
        for k, image in enumerate(images[: IMAGES_PER_LINE * LINES])
    )
    return _svg(shown)


def _dots(places: NDArray[np.float64]) -> str:
    # A line without length and with round ends is a dot.
    return "".join(f"M{x:.0f} {y:.0f}h0" for x, y in places)
