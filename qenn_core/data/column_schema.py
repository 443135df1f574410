"""Descriptions of the columns that a model was trained on, used to read further rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict

from qenn_core.data.columns import MISSING_CATEGORY, Column, detect_spelling, parse_cells, split_pairs
from qenn_core.data.prepared import Ints
from qenn_core.experiment import Role
from qenn_core.text import count, quoted_list, short_number

FILLED_WITH = {
    "numeric": "the median of the training rows",
    "pair": "the medians of the training rows",
    "boolean": "the more common answer in the training rows",
    "date": "the median of the training rows",
}

# Further cells may be written as floats (0.0, 1.0), however those of the training rows were written.
ZERO_OR_ONE = ("0", "1")
# Above it, floats (and browsers) cannot represent every whole number.
MAX_EXACT_INTEGER = 2**53


class ColumnSchema(BaseModel):
    """A column that a model was trained on: how its cells are read, and which values the training rows had.

    Parameters
    ----------
    name, role : str
        Its name, and what it is used as.
    spelling : tuple of str
        How its cells are written; see `qenn_core.data.columns.detect_spelling`.
    typical : str
        The median, the most common value, or the pair closest to both medians, written as a cell.
    low, high : float or None
        The range of its numbers.
    whole : bool
        Whether all its numbers are whole.
    categories : tuple of str
        The distinct texts, the most common first.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    role: Role
    spelling: tuple[str, ...] = ()
    typical: str
    low: float | None = None
    high: float | None = None
    whole: bool = False
    categories: tuple[str, ...] = ()

    def format_date(self, day: date) -> str:
        """Return a date written as a cell of this column."""
        return day.strftime(_strftime_format(self.spelling))

    def read(self, cells: pd.Series) -> tuple[pd.Series, tuple[str, ...]]:
        """Return the values of further cells, and sentences on anything unusual in them."""
        if self.spelling == ZERO_OR_ONE:
            cells = cells.replace({"0.0": "0", "1.0": "1"})
        values, notes = parse_cells(self.name, self.role, cells, self.spelling)
        return values, (*notes, *self._value_notes(values))

    def _value_notes(self, values: pd.Series) -> Iterator[str]:
        where = f"in ‘{self.name}’"
        if self.role == "category":
            unknown = values[~values.isin(self.categories)]
            if len(unknown):
                yield (
                    f"Found {count(len(unknown), 'cell')} {where} with a value that no training row had, so "
                    f"it matches no known category: {quoted_list(unknown.unique())}."
                )
            return
        n_missing = int(values.isna().sum())
        if n_missing:
            yield f"Filled {count(n_missing, 'gap')} {where} with {FILLED_WITH[self.role]}."
        if self.low is not None and self.high is not None:
            n_outside = int(((values < self.low) | (values > self.high)).sum())
            if n_outside:
                yield (
                    f"Found {count(n_outside, 'number')} {where} outside {short_number(self.low)} to "
                    f"{short_number(self.high)}, the range of the training rows: the model was not trained "
                    "there."
                )


def make_schemas(columns: Iterable[Column], train: Ints) -> tuple[ColumnSchema, ...]:
    """Return the schemas of columns.

    Parameters
    ----------
    columns : iterable of Column
        The columns that the model uses.
    train : array (rows,)
        Positions of the training rows in them.
    """
    return tuple(_make_schema(column, column.values.iloc[train].dropna()) for column in columns)


def _make_schema(column: Column, present: pd.Series) -> ColumnSchema:
    """Return the schema of a column that has the values `present` in the training rows."""
    spelling = detect_spelling(column.role, column.cells)
    fields: dict[str, Any] = {"name": column.name, "role": column.role, "spelling": spelling, "typical": ""}
    if present.empty:
        return ColumnSchema(**fields)
    if column.role == "category":
        categories = tuple(present.value_counts().index)
        named = [name for name in categories if name != MISSING_CATEGORY]
        return ColumnSchema(**fields | {"categories": categories, "typical": named[0] if named else ""})
    if column.role == "boolean":
        return ColumnSchema(**fields | {"typical": spelling[int(present.mode()[0])]})
    if column.role == "pair":
        numbers = split_pairs(present)
        from_medians = (numbers - numbers.median()).abs().sum(axis="columns")
        return ColumnSchema(**fields | {"typical": present.iloc[int(from_medians.argmin())]})
    # An existing value rather than a mean of two, so that whole numbers stay whole and no digits are added.
    median = present.sort_values().iloc[len(present) // 2]
    if column.role == "date":
        return ColumnSchema(**fields | {"typical": median.strftime(_strftime_format(spelling))})
    return ColumnSchema(
        **fields
        | {
            "typical": np.format_float_positional(median, trim="-"),
            "low": float(present.min()),
            "high": float(present.max()),
            "whole": bool((present % 1 == 0).all() and present.abs().max() < MAX_EXACT_INTEGER),
        }
    )


def _strftime_format(spelling: tuple[str, ...]) -> str:
    [date_format] = spelling
    return "%Y-%m-%d" if date_format == "ISO8601" else date_format
