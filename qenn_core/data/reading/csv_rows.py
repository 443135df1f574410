"""From lines of text to rows of cells, with Python's own CSV reader."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from qenn_core import limits
from qenn_core.errors import DataError

# A noncharacter, which Unicode guarantees never to assign.
_END_OF_FILE = "\ufdd0"


@dataclass(frozen=True)
class Dialect:
    """The special characters of a CSV file; ``None`` where it has no such character.

    With ``stray_end``, lines end with a delimiter and a quotation mark that encloses nothing. With
    ``quoted_lines``, quotation marks enclose whole lines, and those within are doubled. With ``starts``,
    spaces align the cells, which begin at these positions of a line.
    """

    delimiter: str
    quote: str | None = '"'
    escape: str | None = None
    comment: str | None = None
    stray_end: bool = False
    quoted_lines: bool = False
    starts: tuple[int, ...] = ()


def split_rows(
    lines: Iterable[str],
    dialect: Dialect,
    *,
    first_line: int = 1,
    truncated: bool = False,
    on_comment: Callable[[], None] = lambda: None,
) -> Iterator[list[str]]:
    """Iterate over the rows; a blank line is an empty row.

    Parameters
    ----------
    lines : iterable of str
        Lines with their line ends.
    dialect : Dialect
        The special characters.
    first_line : int
        The number of the first of `lines`, for error messages.
    truncated : bool
        Whether `lines` may end within a quoted cell; the row of that cell is dropped.
    on_comment : callable
        Called for each comment, which is left out.

    Raises
    ------
    DataError
        If a quoted cell does not end.
    """
    if dialect.starts:
        yield from _split_aligned(lines, dialect, on_comment)
        return
    csv.field_size_limit(limits.MAX_LINE_BYTES)
    if dialect.stray_end:
        lines = _without_stray_ends(lines, f"{dialect.delimiter}{dialect.quote}")
    if dialect.quoted_lines and dialect.quote:
        lines = _unquoted(lines, dialect.quote)
    if dialect.delimiter == " ":
        lines = (line.replace("\t", " ") for line in lines)
    begun: list[str] = []  # the lines of the current row, if there may be comments
    # The extra line shows whether the file ends within a quoted cell, which the reader does not report.
    lines = chain(lines, [_END_OF_FILE])
    reader = csv.reader(
        _noting(lines, begun) if dialect.comment else lines,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        escapechar=dialect.escape,
        skipinitialspace=True,
    )
    n_lines_before = 0
    try:
        for row in reader:
            if row and row[-1].endswith(_END_OF_FILE):
                if row == [_END_OF_FILE] or truncated:
                    return
                if reader.line_num > n_lines_before + 2:
                    raise _unclosed_quote(first_line + n_lines_before)
                row[-1] = row[-1].removesuffix(_END_OF_FILE)
            n_lines_before = reader.line_num
            # A quotation mark before the sign makes it a cell.
            if row and begun and begun[0].startswith(dialect.comment or ""):
                on_comment()
            else:
                yield row
            begun.clear()
    except csv.Error as error:
        if truncated:
            return
        raise _unclosed_quote(first_line + n_lines_before) from error


def _split_aligned(
    lines: Iterable[str], dialect: Dialect, on_comment: Callable[[], None]
) -> Iterator[list[str]]:
    starts = (0, *dialect.starts[1:])
    ends = (*starts[1:], None)
    for line in lines:
        if dialect.comment and line.startswith(dialect.comment):
            on_comment()
        elif all(line[start - 1 : start].isspace() for start in starts[1:] if start < len(line)):
            cells = [line[start:end].strip() for start, end in zip(starts, ends, strict=True)]
            yield cells if any(cells) else []
        else:
            yield line.split()  # not aligned


def _noting(lines: Iterable[str], noted: list[str]) -> Iterator[str]:
    for line in lines:
        noted.append(line)
        yield line


def _without_stray_ends(lines: Iterable[str], end: str) -> Iterator[str]:
    for line in lines:
        yield f"{line.rstrip().removesuffix(end)}\n"


def _unquoted(lines: Iterable[str], quote: str) -> Iterator[str]:
    for line in lines:
        text = line.strip()
        if len(text) > 1 and text.startswith(quote) and text.endswith(quote):
            yield f"{text[1:-1].replace(quote * 2, quote)}\n"
        else:
            yield line


def _unclosed_quote(line: int) -> DataError:
    return DataError(
        f"A quotation mark opens in line {line:,} and is never closed.",
        "Everything after it would become one single cell.",
        "Close or delete the quotation mark, or choose another delimiter if the columns are split wrongly.",
        place="upload",
    )
