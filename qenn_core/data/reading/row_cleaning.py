"""Rows brought to the width of their table, without blank rows and footnotes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from qenn_core.text import count, quoted_list

_MAX_FOOTNOTES = 20
_UNUSUAL_STARTS = frozenset(":-=_ +|#%/")  # those of rules and comments, and of some cells
_RULE = re.compile(r":?(-{3,}|={3,}|_{3,}):?")
_RULE_ACROSS = re.compile(r"[+:|\s]*[-=_]{2,}([+:|\s]+[-=_]+)*[+:|\s]*")
COMMENT_SIGNS = ("#", "%", "//")


@dataclass
class RowIssues:
    """Counts of irregular rows and lines, filled in while they are read."""

    n_short: int = 0
    n_long: int = 0
    n_empty: int = 0
    n_repeated_headers: int = 0
    n_comments: int = 0
    n_rules: int = 0
    n_undecodable_lines: int = 0
    footnotes: list[str] = field(default_factory=list)

    def add_comment(self) -> None:
        """Count a comment."""
        self.n_comments += 1

    def notes(self, width: int, encoding: str) -> Iterator[str]:
        """Yield sentences on what was done to the rows of a table of `width` columns."""
        if self.n_undecodable_lines:
            yield (
                f"Found {count(self.n_undecodable_lines, 'line')} with characters that are not valid "
                f"{encoding}; they are shown as �."
            )
        if self.n_short:
            yield (
                f"Filled {count(self.n_short, 'row')} that had fewer than {width} cells; the added cells "
                "count as missing."
            )
        if self.n_long:
            yield (
                f"Left out {count(self.n_long, 'row')} with more than {width} cells, because it is unclear "
                "which cell belongs to which column."
            )
        if self.n_empty:
            yield f"Left out {count(self.n_empty, 'row')} without any content."
        if self.n_comments:
            yield f"Left out {count(self.n_comments, 'comment')}."
        if self.n_rules:
            yield f"Left out {count(self.n_rules, 'row')} of dashes, which only rule the table."
        if self.n_repeated_headers:
            repeat = "repeats" if self.n_repeated_headers == 1 else "repeat"
            yield f"Left out {count(self.n_repeated_headers, 'row')} that {repeat} the header."
        if self.footnotes:
            shown = quoted_list(note[:80] for note in self.footnotes)
            yield f"Left out {count(len(self.footnotes), 'footnote')} at the end: {shown}."


def clean_rows(
    rows: Iterable[list[str]], width: int, issues: RowIssues, header: Sequence[str] | None = None
) -> Iterator[list[str]]:
    """Iterate over the rows of a table, each brought to `width` cells.

    Short rows are filled with empty cells. Rows with more cells are left out, unless the extra cells are
    empty. Rows without content are left out, and so are rules of dashes, comments, rows that repeat the
    `header`, and footnotes: a few lines at the end that are no rows of the table. All of these are counted
    in `issues`.
    """
    for row in _without_footnotes(_without_other_lines(rows, width, issues, header), width, issues):
        n_extra = len(row) - width
        if n_extra == 0:
            yield row
        elif n_extra < 0:
            issues.n_short += 1
            yield row + [""] * -n_extra
        elif any(row[width:]):
            issues.n_long += 1
        else:
            yield row[:width]


def _without_other_lines(
    rows: Iterable[list[str]], width: int, issues: RowIssues, header: Sequence[str] | None
) -> Iterator[list[str]]:
    """Yield rows without those that are no data; blank lines stay as empty rows."""
    names = None if header is None else list(header)
    first_name = names[0] if names else None
    for row in rows:
        first = row[0] if row else ""
        if first and first[0] not in _UNUSUAL_STARTS and first != first_name:
            yield row  # nearly all rows
        elif not row:
            yield row
        elif row == names:
            issues.n_repeated_headers += 1
        elif is_rule(row):
            issues.n_rules += 1
        elif len(row) == 1 < width and first.startswith(COMMENT_SIGNS):
            issues.n_comments += 1
        elif any(row):
            yield row
        else:
            issues.n_empty += 1


def _without_footnotes(rows: Iterable[list[str]], width: int, issues: RowIssues) -> Iterator[list[str]]:
    pending: list[list[str]] = []
    is_apart = False  # whether a blank line stands above
    for row in rows:
        if not pending and not is_apart and len(row) == width > 1 and row[1]:
            yield row  # nearly all rows
            continue
        if not row:
            is_apart = True
            continue
        is_no_row = is_comment_row(row, width) or (is_apart and len(row) != width)
        if is_no_row and len(pending) < _MAX_FOOTNOTES:
            pending.append(row)
            continue
        yield from pending
        pending = []
        is_apart = False
        yield row
    issues.footnotes = [" ".join(filter(None, row)) for row in pending]


def is_rule(row: Sequence[str]) -> bool:
    """Return whether a row only rules the table, as dashes below the header of a table in Markdown do."""
    if len(row) == 1:
        return bool(_RULE_ACROSS.fullmatch(row[0]))
    cells = [cell.strip() for cell in row if cell.strip()]
    return len(cells) > 1 and all(_RULE.fullmatch(cell) for cell in cells)


def is_comment_row(row: list[str], width: int) -> bool:
    """Return whether a row of a table of `width` columns has text in its first cell only."""
    if len(row) == 1:
        return width > 1
    # In a table of two columns, such a row is a row with a missing value.
    return width > 2 and not row[1] and not any(row[2:])
