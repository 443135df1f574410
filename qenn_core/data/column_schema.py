"""The columns that a model was trained on, as further rows are read and filled in by them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict

from qenn_core.data.columns import MISSING_CATEGORY, Column, read_as, spelling_of
from qenn_core.data.prepared import Ints
from qenn_core.experiment import Role
from qenn_core.text import count, quoted_list

FILLED_WITH = {
    "numeric": "the median of the training rows",
    "boolean": "the commoner answer of the training rows",
    "date": "the median of the training rows",
}

# Further cells may write them as floats, whatever the training's did.
ZERO_OR_ONE = ("0", "1")
# Beyond it not every whole number is one that a browser, or a float, can tell from its neighbours.
LARGEST_WHOLE = 2**53


class ColumnSchema(BaseModel):
    """One column that a model learnt from: how its cells are read, and what the training rows had there.

    Parameters
    ----------
    name, role : str
        What it is called and what it is used as.
    spelling : tuple of str
        How its cells are written; see `qenn_core.data.columns.spelling_of`.
    typical : str
        The median, or the commonest value, written as a cell.
    low, high : float or None
        The ends of the range of numbers.
    whole : bool
        Whether all its numbers are whole.
    categories : tuple of str
        The different texts, the commonest first.
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

    def of_date(self, day: date) -> str:
        """Return a date as a cell of this column."""
        return day.strftime(_date_form(self.spelling))

    def read(self, cells: pd.Series) -> tuple[pd.Series, tuple[str, ...]]:
        """Return the values of further cells, and sentences on what is odd about them."""
        if self.spelling == ZERO_OR_ONE:
            cells = cells.replace({"0.0": "0", "1.0": "1"})
        values, notes = read_as(self.name, self.role, cells, self.spelling)
        return values, (*notes, *self._oddities(values))

    def _oddities(self, values: pd.Series) -> Iterator[str]:
        where = f"in ‘{self.name}’"
        if self.role == "category":
            unknown = values[~values.isin(self.categories)]
            if len(unknown):
                yield (
                    f"{count(len(unknown), 'cell')} {where} with a value that no training row had, "
                    f"taken for none of the known ones: {quoted_list(unknown.unique())}."
                )
            return
        gaps = int(values.isna().sum())
        if gaps:
            yield f"{count(gaps, 'gap')} {where} filled with {FILLED_WITH[self.role]}."
        if self.low is not None and self.high is not None:
            beyond = int(((values < self.low) | (values > self.high)).sum())
            if beyond:
                yield (
                    f"{count(beyond, 'number')} {where} outside of {self.low:.4g} to {self.high:.4g}, "
                    "where the training rows lay: the model has learnt nothing there."
                )


def know(columns: Iterable[Column], train: Ints) -> tuple[ColumnSchema, ...]:
    """Return what is to be remembered of columns.

    Parameters
    ----------
    columns : iterable of Column
        The columns that are learnt from.
    train : array (rows,)
        Positions of the training rows in them.
    """
    return tuple(_known(column, column.values.iloc[train].dropna()) for column in columns)


def _known(column: Column, present: pd.Series) -> ColumnSchema:
    spelling = spelling_of(column.role, column.cells)
    facts: dict[str, Any] = {"name": column.name, "role": column.role, "spelling": spelling, "typical": ""}
    if present.empty:
        return ColumnSchema(**facts)
    if column.role == "category":
        categories = tuple(present.value_counts().index)
        named = [name for name in categories if name != MISSING_CATEGORY]
        return ColumnSchema(**facts | {"categories": categories, "typical": named[0] if named else ""})
    if column.role == "boolean":
        return ColumnSchema(**facts | {"typical": spelling[int(present.mode()[0])]})
    # One of the values, so that whole numbers stay whole and no digits come from between two.
    middle = present.sort_values().iloc[len(present) // 2]
    if column.role == "date":
        return ColumnSchema(**facts | {"typical": middle.strftime(_date_form(spelling))})
    return ColumnSchema(
        **facts
        | {
            "typical": np.format_float_positional(middle, trim="-"),
            "low": float(present.min()),
            "high": float(present.max()),
            "whole": bool((present % 1 == 0).all() and present.abs().max() < LARGEST_WHOLE),
        }
    )


def _date_form(spelling: tuple[str, ...]) -> str:
    [form] = spelling
    return "%Y-%m-%d" if form == "ISO8601" else form
