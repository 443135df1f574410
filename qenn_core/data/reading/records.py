"""From lines to rows of cells, by Python's own CSV reader."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from qenn_core import limits
from qenn_core.errors import DataError

_END = "\ufdd0"  # a code point that Unicode promises never to be a letter


@dataclass(frozen=True)
class Dialect:
    """The signs that structure a table's text; ``None`` is no such sign."""

    delimiter: str
    quote: str | None = '"'
    escape: str | None = None
    comment: str | None = None


def records(
    lines: Iterable[str], dialect: Dialect, *, first_line: int = 1, cut: bool = False
) -> Iterator[list[str]]:
    """Iterate over the rows; a blank line is an empty row.

    Parameters
    ----------
    lines : iterable of str
        Lines with their ends.
    dialect : Dialect
        How they are to be read.
    first_line : int
        The number of the first of `lines`, for messages.
    cut : bool
        Whether `lines` may end within a quoted cell, whose row is then left out.

    Raises
    ------
    DataError
        If a quoted cell does not end.
    """
    csv.field_size_limit(limits.MAX_LINE_BYTES)
    reader = csv.reader(
        # The last line tells whether the end of the file lies inside a quoted cell, which the reader hides.
        chain(lines, [_END]),
        delimiter=dialect.delimiter,
        quotechar=dialect.quote,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        escapechar=dialect.escape,
        skipinitialspace=True,
    )
    begin = 0
    try:
        for row in reader:
            if row and row[-1].endswith(_END):
                if row == [_END] or cut:
                    return
                if reader.line_num > begin + 2:
                    raise _open_quote(first_line + begin)
                row[-1] = row[-1].removesuffix(_END)
            begin = reader.line_num
            if row and dialect.comment and row[0].startswith(dialect.comment):
                continue
            yield row
    except csv.Error as error:
        if cut:
            return
        raise _open_quote(first_line + begin) from error


def _open_quote(line: int) -> DataError:
    return DataError(
        f"A quotation mark opens in line {line:,} and never closes.",
        "Everything after it would be one single cell.",
        "Close or delete it in that line, or choose another delimiter if the lines were cut wrongly.",
        place="upload",
    )
