"""How many rows of a table hold the names of its columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from qenn_core import limits
from qenn_core.data.amounts import YEARS
from qenn_core.data.reading.cell_types import CellType, cell_type

Row = Sequence[str]

_VALUES = frozenset((CellType.NUMBER, CellType.DATE))
_BODY_ROWS = 200
# A column holds numbers or dates if so many of its cells do.
_MOSTLY = 0.8
# A column with at most this many different texts per row repeats some of them.
_REPEATED = 0.7


def count_header_rows(rows: Sequence[Row], width: int) -> int:
    """Return the number of rows at the top that hold names: 0 to ``limits.MAX_HEADER_ROWS``.

    Names are told from values by their columns: above numbers and dates stand texts; above texts that repeat
    stands one that does not occur among them.

    Parameters
    ----------
    rows : sequence of rows
        The first rows of the table.
    width : int
        The number of columns.
    """
    rows = [*rows[:1], *(row for row in rows[1:] if row != rows[0])]  # a header may be repeated
    if len(rows) < 2:
        return 1
    columns = _columns(rows[1:], width)
    # Further rows of names do not count as cells.
    body = _columns(rows[max(1, min(limits.MAX_HEADER_ROWS, len(rows) // 2)) :], width)
    valued = [number for number, cells in enumerate(body) if _mostly_values(cells)]
    if not valued:
        return int(_is_above_texts(rows[0], columns))
    top = [cell_type(rows[0][number]) for number in valued if number < len(rows[0])]
    n_texts, n_values = top.count(CellType.TEXT), sum(kind in _VALUES for kind in top)
    if n_texts <= n_values and not _continues_header(rows[1], valued):
        return int(n_values > 0 and _numbers_are_names(rows[0], columns, valued))
    n_rows = 1
    while n_rows < min(limits.MAX_HEADER_ROWS, len(rows) - 1) and _continues_header(rows[n_rows], valued):
        n_rows += 1
    return n_rows


def merge_header(rows: Sequence[Row]) -> list[str]:
    """Return one name per column of several rows of names, joined from top to bottom.

    In all rows but the last, an empty cell belongs to the name on its left: spreadsheets merge such cells.
    """
    width = max(map(len, rows))
    filled = [_fill_right(row, width) for row in rows[:-1]]
    last = [*rows[-1], *[""] * (width - len(rows[-1]))]
    parts = ([cell.strip() for cell in cells] for cells in zip(*filled, last, strict=True))
    return [" ".join(dict.fromkeys(filter(None, cells))) for cells in parts]


def _fill_right(row: Row, width: int) -> list[str]:
    if all(cell.strip() for cell in row):
        return [*row, *[""] * (width - len(row))]
    filled: list[str] = []
    for cell in (*row, *[""] * (width - len(row))):
        filled.append(cell if cell.strip() or not filled else filled[-1])
    return filled


def _columns(rows: Sequence[Row], width: int) -> list[list[str]]:
    """Return the cells of each column that are not empty."""
    return [
        [row[number] for row in rows[:_BODY_ROWS] if number < len(row) and row[number].strip()]
        for number in range(width)
    ]


def _mostly_values(cells: Sequence[str]) -> bool:
    kinds = [kind for kind in map(cell_type, cells) if kind is not CellType.EMPTY]
    return bool(kinds) and sum(kind in _VALUES for kind in kinds) >= _MOSTLY * len(kinds)


def _continues_header(row: Row, valued: Sequence[int]) -> bool:
    """Return whether another row holds texts above numbers and dates."""
    kinds = [cell_type(row[number]) for number in valued if number < len(row)]
    n_texts = kinds.count(CellType.TEXT)
    return (n_texts > len(valued) / 2 or n_texts > 1) and not any(kind in _VALUES for kind in kinds)


def _numbers_are_names(top: Row, columns: Sequence[Sequence[str]], valued: Sequence[int]) -> bool:
    """Return whether the numbers in a row are names, such as years, which the cells below are not like."""
    numbers = [top[number].strip() for number in valued if number < len(top) and top[number].strip()]
    if not all(re.fullmatch(r"\d{1,4}", number) for number in numbers) or len(set(numbers)) < len(numbers):
        return False
    if _are_positions(top) and any("." in cell for column in columns for cell in column):
        return True
    texts = [number for number in range(min(len(top), len(columns))) if number not in valued]
    if not any(top[number].strip() and top[number] not in columns[number] for number in texts):
        return False
    names = sorted(map(int, numbers))
    steps = {after - before for before, after in pairwise(names)}
    is_series = len(names) > 1 and len(steps) == 1 and names[0] > 0
    is_years = all(YEARS[0] <= name <= YEARS[1] for name in names)
    below = [cell.strip() for number in valued for cell in columns[number]]
    n_alike = sum(cell.isdigit() and (len(cell) == 4 or not is_years) for cell in below)
    return (is_years or is_series) and n_alike < len(below) / 2


def _are_positions(top: Row) -> bool:
    """Return whether cells count the columns from 0, as programs do that write no names."""
    return list(top) == [str(number) for number in range(len(top))]


def _is_above_texts(top: Row, columns: Sequence[Sequence[str]]) -> bool:
    """Return whether a row is a header although all columns hold texts."""
    evidence = list(_evidence(top, columns))
    return False not in evidence or evidence.count(True) > len(columns) / 2


def _evidence(top: Row, columns: Sequence[Sequence[str]]) -> Iterator[bool]:
    for cell, below in zip(top, columns, strict=False):
        if len(below) < 2 or not cell.strip():
            continue
        repeats = len(set(below)) <= _REPEATED * len(below)
        shapes = {_shape(text) for text in below}
        if cell in below:
            yield False
        elif repeats:
            yield True
        elif len(shapes) == 1 and any(map(str.isdigit, below[0])):
            yield _shape(cell) not in shapes


def _shape(text: str) -> str:
    """Return a text with each run of letters as ``a`` and each run of digits as ``0``."""
    return re.sub(r"\d+", "0", re.sub(r"[^\W\d_]+", "a", text))
