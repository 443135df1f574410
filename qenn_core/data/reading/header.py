"""How many rows of a table hold the names of its columns."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from qenn_core import limits
from qenn_core.data.amounts import YEARS
from qenn_core.data.reading.cell_types import CellType, cell_type

Row = Sequence[str]

_VALUES = frozenset((CellType.NUMBER, CellType.DATE))
_BODY_ROWS = 200
# A column holds numbers or dates if so many of its cells do.
_MOSTLY = 0.8
# With fewer cells, a column has no range that a name could be outside of.
_MIN_BELOW = 3
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
    valued = {number: cells for number, cells in enumerate(body) if _mostly_values(cells)}
    if not valued:
        return int(_is_above_texts(rows[0], columns))
    if not _holds_names(rows[0], columns, valued) and not _continues_header(rows[0], rows[1], body, valued):
        return 0
    n_rows = 1
    while n_rows < min(limits.MAX_HEADER_ROWS, len(rows) - 1) and _continues_header(
        rows[n_rows - 1], rows[n_rows], body, valued
    ):
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
    starts = [number for number, cell in enumerate(row) if cell.strip()]
    spans = [after - before for before, after in pairwise(starts)]
    # A name at the end reaches as far as the widest before it.
    ends = [*starts[1:], min(width, starts[-1] + max(spans, default=width))] if starts else []
    filled = [""] * width
    for start, end in zip(starts, ends, strict=True):
        filled[start:end] = [row[start]] * (end - start)
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


def _holds_names(row: Row, columns: Sequence[Sequence[str]], valued: Mapping[int, Sequence[str]]) -> bool:
    """Return whether most cells of a row are unlike the values below, or the row is a series of names."""
    unlike = [
        _is_unlike(row[number], cells)
        for number, cells in valued.items()
        if number < len(row) and cell_type(row[number]) is not CellType.EMPTY
    ]
    return 2 * sum(unlike) > len(unlike) or (not all(unlike) and _numbers_are_names(row, columns, valued))


def _is_unlike(cell: str, cells: Sequence[str]) -> bool:
    """Return whether a cell is no value like those below: a text, a date above numbers, `10%` above `0.3`."""
    kind = cell_type(cell)
    below = Counter(map(cell_type, cells))
    if 2 * below[kind] < below.total() - below[CellType.EMPTY]:
        return True
    return kind is CellType.NUMBER and _has_unit(cell) and not any(map(_has_unit, cells))


def _has_unit(cell: str) -> bool:
    return any(sign.isalpha() or sign in "%‰°$€£¥" for sign in cell)


def _continues_header(
    above: Row, row: Row, body: Sequence[Sequence[str]], valued: Mapping[int, Sequence[str]]
) -> bool:
    """Return whether a row below names holds names, too: texts above values, units, or years of groups."""
    kinds = [cell_type(row[number]) for number in valued if number < len(row)]
    n_texts = kinds.count(CellType.TEXT)
    if (n_texts > len(valued) / 2 or n_texts > 1) and not any(kind in _VALUES for kind in kinds):
        return True
    if n_texts and _are_bracketed(row):
        return True
    has_groups = any(not cell.strip() for cell in above[1:]) and any(map(str.strip, above[1:]))
    return has_groups and not _are_numbers(above) and _numbers_are_names(row, body, valued)


def _are_bracketed(row: Row) -> bool:
    cells = [cell.strip() for cell in row if cell.strip()]
    return len(cells) > 1 and all(re.fullmatch(r"\(.*\)|\[.*\]", cell) for cell in cells)


def _are_numbers(row: Row) -> bool:
    return any(cell_type(cell) in _VALUES for cell in row)


def _numbers_are_names(
    top: Row, columns: Sequence[Sequence[str]], valued: Mapping[int, Sequence[str]]
) -> bool:
    """Return whether the numbers in a row are names, such as years, which the cells below are not like."""
    if _are_positions(top) and any("." in cell for column in columns for cell in column):
        return True
    if not top[0].strip() and _are_positions(top[1:]):
        return True  # the corner above an index
    alike = [n for n in valued if n < len(top) and top[n].strip() and not _is_unlike(top[n], valued[n])]
    texts = [number for number in range(min(len(top), len(columns))) if number not in alike]
    named = [number for number in texts if top[number].strip() and top[number] not in columns[number]]
    is_strong = any(number in valued for number in named)  # a text above numbers
    if (named or not top[0].strip()) and _stand_out([top[n] for n in alike], [columns[n] for n in alike]):
        return True
    numbers = [top[number].strip() for number in alike]
    if not all(re.fullmatch(r"\d{1,4}", number) for number in numbers):
        return False
    names = sorted(set(map(int, numbers)))
    steps = {after - before for before, after in pairwise(names)}
    is_series = len(names) > 1 and len(steps) == 1
    is_years = all(YEARS[0] <= name <= YEARS[1] for name in names)
    if not is_series and not is_years:
        return False
    below = [cell.strip() for number in alike for cell in columns[number]]
    n_alike = sum(cell.isdigit() and (len(cell) == 4 or not is_years) for cell in below)
    if n_alike < len(below) / 2:
        return bool(named) and (is_years or names[0] > 0 or len(names) > 2)
    return is_strong and (is_years or (len(names) > 2 and names[0] in (0, 1)))


def _stand_out(top: Sequence[str], columns: Sequence[Sequence[str]]) -> bool:
    """Return whether numbers rise, and are far from the values below each of them."""
    try:
        names = [float(cell) for cell in top]
        below = [[float(cell) for cell in cells if cell_type(cell) is CellType.NUMBER] for cells in columns]
    except ValueError:
        return False
    is_rising = len(names) > 1 and all(before < after for before, after in pairwise(names))
    return is_rising and all(map(_is_far_from, names, below))


def _is_far_from(number: float, others: Sequence[float]) -> bool:
    """Return whether a number is farther from the range of others than this is wide."""
    if len(others) < _MIN_BELOW:
        return False
    low, high = min(others), max(others)
    return number < low - (high - low) or number > high + (high - low)


def _are_positions(top: Row) -> bool:
    """Return whether cells count the columns from 0, as programs do that write no names."""
    return len(top) > 1 and list(top) == [str(number) for number in range(len(top))]


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
