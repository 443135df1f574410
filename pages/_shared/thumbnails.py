"""Small pictures: of rows that are images, in tables, and of data sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from pages._shared import worker_requests
from qenn_core.data import ImageFormat
from qenn_core.plots import picture_of_images, picture_of_points, thumbnail

_TITLE = "Image"
_ROW_HEIGHT = 48
# More would take the browser long to load, and nobody looks at that many.
_MAX_THUMBNAILS = 2000


def draw_table(
    frame: pd.DataFrame,
    image: ImageFormat | None,
    *,
    column_order: Sequence[str],
    pictures: Sequence[bytes] | None = None,
    column_config: Mapping[str, Any] | None = None,
    **options: Any,
) -> None:
    """Draw a table, with the image of each row in its first column if rows are images.

    Parameters
    ----------
    frame : pandas.DataFrame
        The rows.
    image : ImageFormat or None
        How they are images, if they are.
    pictures : sequence of bytes, optional
        The levels of grey of the images; by default, they are read from the rows.
    column_order, column_config, **options
        As Streamlit's `st.dataframe` takes them.
    """
    column_config = dict(column_config or {})
    column_order = list(column_order)
    # A file may leave out pixels that are the same in all images, but not all of them.
    if image is not None and not frame.columns.intersection(list(image.pixels)).empty:
        title = _TITLE
        while title in frame.columns:
            title += " "
        shown = frame.head(_MAX_THUMBNAILS)
        if pictures is None:
            pictures = [grey.tobytes() for grey in image.read_grey(shown)]
        cells = [_thumbnail(grey, image.width) for grey in pictures]
        frame = frame.assign(**{title: pd.Series(cells, index=shown.index, dtype="str")})
        column_order.insert(0, title)
        column_config[title] = st.column_config.ImageColumn(_TITLE, width=64, pinned=True)
        options["row_height"] = _ROW_HEIGHT
    st.dataframe(frame, column_order=column_order, column_config=column_config, **options)


@st.cache_data(show_spinner=False)
def picture_of_data_set(source: str) -> str:
    """Return a small picture of a built-in data set with its default settings, as SVG."""
    overview = worker_requests.built_in_overview(source)
    if overview.image is not None:
        return picture_of_images([_grid(grey, overview.image.width) for grey in overview.preview.images])
    # Built-in data can be used as they are, and have two features or more.
    assert overview.prepared is not None
    assert overview.prepared.sample.projection is not None
    return picture_of_points(overview.prepared.sample.projection.points, overview.prepared.sample.labels)


def _grid(grey: bytes, width: int) -> NDArray[np.uint8]:
    return np.frombuffer(grey, dtype=np.uint8).reshape(-1, width)


@lru_cache(maxsize=2 * _MAX_THUMBNAILS)
def _thumbnail(grey: bytes, width: int) -> str:
    """Return the thumbnail of an image; cached, because a page with a table is drawn again and again."""
    return thumbnail(_grid(grey, width))
