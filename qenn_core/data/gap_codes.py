"""Recognition of cells that stand for missing values: numbers such as -999, and words among numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import pandas as pd

from qenn_core.data.amounts import parse_amounts
from qenn_core.data.columns import Column

_CODE = re.compile(r"[-−]?9{2,}\.?[09]*")
_MIN_CELLS = 2
# A column of numbers and words has at most so many different words, in at most this share of its cells.
_MAX_WORDS = 2
_MAX_WORD_SHARE = 0.4


class GapCode(NamedTuple):
    """A cell that stands for a missing value in ``n_cells`` rows of a column, and what is odd about it."""

    column: str
    cell: str
    n_cells: int
    reason: str


def find_gap_codes(columns: Iterable[Column]) -> Iterator[GapCode]:
    """Iterate over the cells that repeat in a column of numbers and do not seem to belong there.

    These are

    - numbers of nines farther from all others than these are from each other,
    - the only negative number, and
    - a word or two in a column that is left out because of them.

    Parameters
    ----------
    columns : iterable of Column
        All columns.
    """
    for column in columns:
        if column.role == "numeric" and not column.left_out:
            yield from _codes(column)
        elif column.role == column.guessed == "text":
            yield from _words(column.name, column.cells.dropna())


def _codes(column: Column) -> Iterator[GapCode]:
    numbers = column.values
    low, high = numbers.min(), numbers.max()
    ends = {end: column.cells[numbers == end].str.strip() for end in (low, high)}
    codes = {
        end: cells
        for end, cells in ends.items()
        if len(cells) >= _MIN_CELLS and (_CODE.fullmatch(cells.iloc[0]) or end < 0)
    }
    others = numbers[~numbers.isin(list(codes))].dropna()
    if others.nunique() < 2:
        return
    low, high = others.min(), others.max()
    for code, cells in codes.items():
        cell, n_cells = str(cells.iloc[0]), len(cells)
        if _CODE.fullmatch(cell) and max(low - code, code - high) > high - low:
            yield GapCode(column.name, cell, n_cells, "far from all other numbers there")
        elif code < 0 <= low:
            yield GapCode(column.name, cell, n_cells, "the only negative number there")


def _words(name: str, cells: pd.Series) -> Iterator[GapCode]:
    words = cells[parse_amounts(cells).values.isna()].str.strip()
    counts = words.value_counts()
    if len(counts) <= _MAX_WORDS and len(words) <= _MAX_WORD_SHARE * len(cells):
        for word, n_cells in counts.items():
            if n_cells >= _MIN_CELLS:
                yield GapCode(name, str(word), int(n_cells), "while all others are numbers")
