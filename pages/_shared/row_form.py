"""A form for one row to predict, with a widget for each column that the model expects."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

import pandas as pd
import streamlit as st

from pages._shared.markdown import escape_markdown
from qenn_core.data import MISSING_CATEGORY, ColumnSchema
from qenn_core.text import short_number

_WIDGETS_PER_LINE = 3
# More widgets slow the page down, and nobody fills them in.
_MAX_WIDGETS = 100
_UNKNOWN = "unknown"
_EMPTY_HELP = "Leave it empty if it is unknown."
# Number of steps from the lowest to the highest value of the training rows.
_STEPS = 20


def draw_row_form(columns: Sequence[ColumnSchema], name: str) -> dict[str, str | None]:
    """Draw the form, filled with a typical row, and return its cells as in a file.

    Parameters
    ----------
    columns : sequence of ColumnSchema
        The columns.
    name : str
        Name of the form; forms with the same name share their values.

    Returns
    -------
    dict of str to str or None
        The text of each cell, by column.
    """
    cells = {column.name: column.typical or None for column in columns}
    shown = columns[:_MAX_WIDGETS]
    # Line by line, so that the widgets keep their order in the single column of a phone.
    for start in range(0, len(shown), _WIDGETS_PER_LINE):
        line = shown[start : start + _WIDGETS_PER_LINE]
        for container, column in zip(st.columns(_WIDGETS_PER_LINE), line, strict=False):
            with container:
                cells[column.name] = _draw_cell(column, f"row:{name}:{column.name}")
    if len(columns) > _MAX_WIDGETS:
        st.caption(
            f"Only {_MAX_WIDGETS} of {len(columns)} columns are shown; the others have typical values."
        )
    return cells


def _draw_cell(column: ColumnSchema, key: str) -> str | None:
    if column.role == "numeric":
        return _draw_number(column, key)
    if column.role == "date":
        return _draw_date(column, key)
    if column.role == "pair":
        return _draw_pair(column, key)
    choices = column.spelling if column.role == "boolean" else column.categories
    return _draw_choice(column, key, [choice for choice in choices if choice != MISSING_CATEGORY])


def _draw_number(column: ColumnSchema, key: str) -> str | None:
    low, high = column.low or 0.0, column.high or 0.0
    step = 10.0 ** math.floor(math.log10((high - low) / _STEPS or 1.0))
    number_type = int if column.whole else float
    _set_first_value(key, number_type(float(column.typical)) if column.typical else None)
    value = st.number_input(
        escape_markdown(column.name),
        value=None,
        step=number_type(max(1, step) if column.whole else step),
        format="%d" if column.whole else "%.6g",
        key=key,
        placeholder=_UNKNOWN,
        help=f"The training rows range from {short_number(low)} to {short_number(high)}. {_EMPTY_HELP}",
        persist_state="session",
    )
    return None if value is None else str(value)


def _draw_pair(column: ColumnSchema, key: str) -> str | None:
    _set_first_value(key, column.typical)
    value = st.text_input(
        escape_markdown(column.name),
        key=key,
        placeholder=_UNKNOWN,
        help=f"Two numbers, such as 120/80. {_EMPTY_HELP}",
        persist_state="session",
    )
    return value or None


def _draw_date(column: ColumnSchema, key: str) -> str | None:
    [typical] = column.read(pd.Series([column.typical or None], dtype="str"))[0]
    _set_first_value(key, None if pd.isna(typical) else typical.date())
    value = st.date_input(
        escape_markdown(column.name),
        value=None,
        min_value=date.min,
        max_value=date.max,
        key=key,
        help=_EMPTY_HELP,
        persist_state="session",
    )
    return column.format_date(value) if value else None


def _draw_choice(column: ColumnSchema, key: str, choices: Sequence[str]) -> str | None:
    _set_first_value(key, column.typical if column.typical in choices else _UNKNOWN)
    value = st.selectbox(escape_markdown(column.name), [*choices, _UNKNOWN], key=key, persist_state="session")
    return None if value == _UNKNOWN else value


def _set_first_value(key: str, value: object) -> None:
    # As an argument of the widget it would return whenever the user empties the widget.
    if key not in st.session_state:
        st.session_state[key] = value
