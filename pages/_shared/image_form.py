"""A form for a row to predict that is an image: drawn, or entered as the numbers of its pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from pages._shared import components
from qenn_core.data import ColumnSchema, ImageFormat


def draw_area(image: ImageFormat, name: str) -> None:
    """Draw the area to draw an image in.

    Parameters
    ----------
    image : ImageFormat
        How a row is an image.
    name : str
        Name of the form; forms with the same name share their image.
    """
    drawn = _drawn(name)
    key = f"drawing:{name}"

    def take_drawing() -> None:
        drawn["levels"] = parse_levels(st.session_state[key].get("levels"), len(image.pixels))

    components.drawing(
        key=key,
        data={
            "format": image.model_dump(include={"height", "width", "preprocessing"}),
            "levels": drawn["shown"],
            "revision": drawn["revision"],
        },
        on_levels_change=take_drawing,
    )


def drawn_cells(image: ImageFormat, columns: Sequence[ColumnSchema], name: str) -> dict[str, str] | None:
    """Return the cells of a drawn image in the `columns` that are pixels; ``None`` if nothing is drawn."""
    levels = _drawn(name)["levels"]
    if not levels:
        return None
    values = image.values(levels)
    return {column.name: _format(values[column.name], column) for column in columns if column.name in values}


def _format(value: float, column: ColumnSchema) -> str:
    return f"{round(value) if column.whole or column.role == 'boolean' else value:g}"


def show_on_canvas(name: str) -> None:
    """Have the drawing area show the image of a form, on a new visit of the page or after an edit."""
    drawn = _drawn(name)
    if drawn["shown"] != drawn["levels"]:
        drawn["shown"] = drawn["levels"]
        drawn["revision"] += 1


def parse_levels(levels: object, n_pixels: int) -> list[float]:
    """Return what the browser sent if it is an image, else an empty one."""
    if not isinstance(levels, list) or len(levels) != n_pixels:
        return []
    return levels if all(isinstance(level, int | float) and 0 <= level <= 1 for level in levels) else []


def draw_numbers(image: ImageFormat, name: str) -> None:
    """Draw the values of the pixels as a table that can be edited, in an expander."""
    drawn = _drawn(name)
    expander = st.expander(
        "Pixels as numbers", icon=":material/grid_on:", key=f"numbers:{name}", on_change="rerun"
    )
    if not expander.open:
        return
    levels = drawn["levels"] or [0.0] * len(image.pixels)
    values = np.array(list(image.values(levels).values())).reshape(image.height, image.width)
    # A drawing replaces all numbers, so that edits of earlier ones must not be applied to it.
    key = f"pixels:{name}:{hash(tuple(levels))}"

    def take_edits() -> None:
        edited = list(levels)
        for row, cells in st.session_state[key]["edited_rows"].items():
            for column, value in cells.items():
                level = ((image.low if value is None else value) - image.low) / (image.high - image.low)
                edited[row * image.width + int(column) - 1] = min(max(level, 0.0), 1.0)
        drawn["levels"] = edited
        show_on_canvas(name)

    columns = [str(column) for column in range(1, image.width + 1)]
    with expander:
        st.data_editor(
            pd.DataFrame(
                values.round(4),
                columns=columns,
                index=range(1, image.height + 1),
            ),
            column_config=dict.fromkeys(
                columns, st.column_config.NumberColumn(min_value=image.low, max_value=image.high, width=48)
            ),
            key=key,
            on_change=take_edits,
        )
        st.caption(f"From {image.low:g} for dark to {image.high:g} for bright. Select a number to change it.")


def _drawn(name: str) -> dict[str, Any]:
    """Return the image of a form: the brightness of each pixel, 0 to 1, or none; and what the area shows."""
    drawn: dict[str, Any] = st.session_state.setdefault(
        f"drawn:{name}", {"levels": [], "shown": [], "revision": 0}
    )
    return drawn
