"""Recognition of numbers that stand for missing values, such as -999."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from qenn_core.data.columns import Column

_CODE = r"[-−]?9{2,}(?:\.0+)?"


class GapCode(NamedTuple):
    """A cell that stands for a missing value in ``n_cells`` rows of a column."""

    column: str
    cell: str
    n_cells: int


def find_gap_codes(columns: Iterable[Column]) -> Iterator[GapCode]:
    """Iterate over the numbers of nines that repeat and lie far from all other numbers of their column.

    Far means: farther from all others than these are from each other.

    Parameters
    ----------
    columns : iterable of Column
        The columns that are used.
    """
    for column in columns:
        if column.role != "numeric":
            continue
        cells = column.cells.astype("str").str.strip()
        is_code = cells.str.fullmatch(_CODE).fillna(False)
        others = column.values[~is_code].dropna()
        if others.nunique() < 2:
            continue
        low, high = others.min(), others.max()
        numbers = column.values[is_code]
        is_far = np.maximum(low - numbers, numbers - high) > high - low
        counts = cells[is_code][is_far].value_counts()
        yield from (GapCode(column.name, str(cell), n) for cell, n in counts.items() if n > 1)
