"""One row filled in by hand: a widget for each column that a model takes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

import pandas as pd
import streamlit as st

from pages._shared import form
from qenn_core.data import MISSING_CATEGORY, ColumnSchema

_ABREAST = 3
# More widgets than this make a page slow, and nobody fills them in.
_MOST = 100
_NOT_KNOWN = "not known"
_EMPTY = "Leave it empty if it is not known."
# So many steps lead from one end of the training rows to the other.
_STEPS = 20


def filled_in(columns: Sequence[ColumnSchema], name: str) -> pd.DataFrame:
    """Draw the widgets of the form `name`; return its row as a file would give it.

    They start as a typical row, which they lie in side by side: so they keep their order on a phone.
    """
    cells = {column.name: column.typical or None for column in columns}
    shown = columns[:_MOST]
    for first in range(0, len(shown), _ABREAST):
        for place, column in zip(st.columns(_ABREAST), shown[first : first + _ABREAST], strict=False):
            with place:
                cells[column.name] = _cell(column, f"row:{name}:{column.name}")
    if len(columns) > _MOST:
        st.caption(f"These are {_MOST} of {len(columns)} columns; the others are as in a typical row.")
    return pd.DataFrame({column: pd.Series([cell], dtype="str") for column, cell in cells.items()})


def _cell(column: ColumnSchema, key: str) -> str | None:
    if column.role == "numeric":
        return _number(column, key)
    if column.role == "date":
        return _day(column, key)
    words = column.spelling if column.role == "boolean" else column.categories
    return _word(column, key, [word for word in words if word != MISSING_CATEGORY])


def _number(column: ColumnSchema, key: str) -> str | None:
    low, high = column.low or 0.0, column.high or 0.0
    step = 10.0 ** math.floor(math.log10((high - low) / _STEPS or 1.0))
    kind = int if column.whole else float
    _begin(key, kind(float(column.typical)) if column.typical else None)
    value = st.number_input(
        form.plain(column.name),
        value=None,
        step=kind(max(1, step) if column.whole else step),
        format="%d" if column.whole else "%.6g",
        key=key,
        placeholder=_NOT_KNOWN,
        help=f"The training rows had {low:.4g} to {high:.4g}. {_EMPTY}",
        persist_state="session",
    )
    return None if value is None else str(value)


def _day(column: ColumnSchema, key: str) -> str | None:
    [day] = column.read(pd.Series([column.typical or None], dtype="str"))[0]
    _begin(key, None if pd.isna(day) else day.date())
    value = st.date_input(
        form.plain(column.name),
        value=None,
        min_value=date.min,
        max_value=date.max,
        key=key,
        help=_EMPTY,
        persist_state="session",
    )
    return column.format_date(value) if value else None


def _begin(key: str, value: object) -> None:
    """Give a widget its first value. As an argument of its own it would come back when it is emptied."""
    if key not in st.session_state:
        st.session_state[key] = value


def _word(column: ColumnSchema, key: str, words: Sequence[str]) -> str | None:
    options = [*words, _NOT_KNOWN]
    _begin(key, column.typical if column.typical in words else _NOT_KNOWN)
    value = st.selectbox(form.plain(column.name), options, key=key, persist_state="session")
    return None if value == _NOT_KNOWN else value
