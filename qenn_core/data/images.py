"""Rows of a table that are images: which columns are the pixels, and how bright their values are."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qenn_core.data.columns import Column, to_numbers
from qenn_core.data.image_format import ImageFormat
from qenn_core.registry import DATASETS

# By row and column, as "pixel 1,1", "pixel_0_0" or (in a well-known CSV file of MNIST) "1x1"; or numbered, as
# "pixel0".
PIXEL_NAME = re.compile(
    r"(?:pixel|pix|px)[ _.-]?[0-9]{1,3}(?:[ _,.x-][0-9]{1,3})?|[0-9]{1,3}x[0-9]{1,3}", re.IGNORECASE
)
MIN_SIDE = 2
# The range of brightness shows in this many rows, evenly spaced.
SAMPLE_ROWS = 1000


def find_image(source: str, columns: Sequence[Column]) -> ImageFormat | None:
    """Return how the rows of a table are images, or ``None`` if they are not.

    Columns are pixels if their names say so and fill a grid without a gap, and if they hold nothing but
    numbers. There may be further columns.

    Parameters
    ----------
    source : str
        The built-in data set, or that the table is from a file.
    columns : sequence of Column
        All columns except the target.
    """
    by_name = {column.name: column for column in columns}
    grid = _grid(by_name)
    if grid is None:
        return None
    pixels = [by_name[name] for name in grid.ravel()]
    if any(not pixel.left_out and pixel.role not in ("numeric", "boolean") for pixel in pixels):
        return None
    step = 1 + len(pixels[0].cells) // SAMPLE_ROWS
    cells = pd.DataFrame({pixel.name: pixel.cells.iloc[::step] for pixel in pixels})
    values = cells.apply(to_numbers).to_numpy()
    present = values[~np.isnan(values)]
    if len(present) < cells.notna().to_numpy().sum() or not len(present):
        return None
    brightness = preprocessing = None
    if source in DATASETS:
        brightness, preprocessing = DATASETS[source].brightness, DATASETS[source].preprocessing
    low, high = brightness or (present.min(), present.max())
    if not low < high:
        return None
    height, width = grid.shape
    return ImageFormat(
        height=height,
        width=width,
        pixels=tuple(grid.ravel()),
        low=low,
        high=high,
        preprocessing=preprocessing,
    )


def _grid(names: Iterable[str]) -> NDArray[np.object_] | None:
    """Return the names of pixels as a grid (height, width); ``None`` if they do not fill one exactly."""
    named = {
        tuple(map(int, re.findall("[0-9]+", name))): name for name in names if PIXEL_NAME.fullmatch(name)
    }
    if len({len(numbers) for numbers in named}) != 1:
        return None
    places = np.array(list(named))
    # They are counted from 0 or from 1.
    places -= places.min(axis=0).clip(0, 1)
    if places.shape[1] == 1:
        # Names with one number do not say how wide an image is: it has to be a square.
        side = math.isqrt(len(places))
        if side**2 != len(places):
            return None
        places = np.hstack(np.divmod(places, side))
    height, width = places.max(axis=0) + 1
    if min(height, width) < MIN_SIDE or height * width != len(places):
        return None
    grid = np.empty((height, width), dtype=object)
    grid[places[:, 0], places[:, 1]] = list(named.values())
    return grid
