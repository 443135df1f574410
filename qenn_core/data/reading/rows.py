"""The rows of a table: as wide as its header, without blank lines and footnotes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_MOST_FOOTNOTES = 20


@dataclass
class Tally:
    """What was met among the rows, counted while they are read."""

    short: int = 0
    long: int = 0
    empty: int = 0
    garbled: int = 0
    footnotes: list[str] = field(default_factory=list)

    def notes(self, width: int, encoding: str) -> Iterator[str]:
        """Say in sentences what was done to the rows of a table of `width` columns."""
        if self.garbled:
            yield f"{_count(self.garbled, 'line')} had letters that are not {encoding}; they show as �."
        if self.short:
            yield f"{_count(self.short)} had fewer than {width} cells; the empty places count as missing."
        if self.long:
            yield (
                f"{_count(self.long)} had more than {width} cells and {_were(self.long)} left out, because "
                "it is not clear which cell belongs to which column."
            )
        if self.empty:
            yield f"{_count(self.empty)} had no content and {_were(self.empty)} left out."
        if self.footnotes:
            count = len(self.footnotes)
            what = "The last line has" if count == 1 else f"The last {count} lines have"
            yield (
                f"{what} text in the first column only and {_were(count)} left out as no part of the table: "
                f"“{self.footnotes[0][:80]}”."
            )


def _count(count: int, thing: str = "row") -> str:
    return f"1 {thing}" if count == 1 else f"{count:,} {thing}s"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def even_rows(rows: Iterable[list[str]], width: int, tally: Tally) -> Iterator[list[str]]:
    """Iterate over the rows of a table, each brought to `width` cells.

    Short rows are filled up with empty cells. Rows with more cells are left out, unless what is too much
    is empty. Rows without content are left out, and so are footnotes: a few lines at the end with text in
    their first cell only. All is counted in `tally`.
    """
    for row in _without_footnotes(_with_content(rows, tally), width, tally):
        surplus = len(row) - width
        if surplus == 0:
            yield row
        elif surplus < 0:
            tally.short += 1
            yield row + [""] * -surplus
        elif any(row[width:]):
            tally.long += 1
        else:
            yield row[:width]


def _with_content(rows: Iterable[list[str]], tally: Tally) -> Iterator[list[str]]:
    for row in rows:
        if any(row):
            yield row
        elif row:
            tally.empty += 1


def _without_footnotes(rows: Iterable[list[str]], width: int, tally: Tally) -> Iterator[list[str]]:
    pending: list[list[str]] = []
    for row in rows:
        if is_remark(row, width) and len(pending) < _MOST_FOOTNOTES:
            pending.append(row)
            continue
        if pending:
            yield from pending
            pending = []
        yield row
    tally.footnotes = [row[0] for row in pending]


def is_remark(row: list[str], width: int) -> bool:
    """Tell whether a row of a table of `width` columns holds a remark, in its first cell, and no data."""
    if len(row) == 1:
        return width > 1
    # In a table of two columns such a row is one with a gap.
    return width > 2 and not row[1] and not any(row[2:])
