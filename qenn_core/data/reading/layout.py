"""How the text of a table is laid out: delimiter, quoting, header, and where the table begins."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import duckdb

from qenn_core import limits
from qenn_core.data.reading import cells
from qenn_core.data.reading.exchange import Options
from qenn_core.data.reading.records import Dialect, records
from qenn_core.data.reading.rows import is_remark
from qenn_core.errors import DataError

_USUAL_DELIMITERS = ",;\t|"
_NO_DELIMITERS = '\r\n"\x00'
_HEAD_LINES = 1000
_HEAD_CHARACTERS = 2**19
# A spreadsheet's first line may name the delimiter.
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)


@dataclass(frozen=True)
class Layout:
    """Everything that is found out, or told, about a table's text.

    Parameters
    ----------
    dialect : Dialect
        The signs that structure it.
    header : tuple of str or None
        The cells of the header, one a column; ``None`` where there is none.
    skip_rows : int
        Lines above the header, or above the first row where there is no header.
    decimal : str
        The decimal sign.
    width : int
        The number of columns.
    """

    dialect: Dialect
    header: tuple[str, ...] | None
    skip_rows: int
    decimal: str
    width: int

    def notes(self) -> Iterator[str]:
        """Say in sentences what is special about this layout."""
        if self.skip_rows == 1:
            yield "The first line is not part of the table and was skipped."
        elif self.skip_rows:
            yield f"The first {self.skip_rows} lines are not part of the table and were skipped."
        if self.dialect.comment:
            yield f"Lines that start with {self.dialect.comment} were left out as comments."
        if self.header is None:
            yield "The file has no header row, so the columns are numbered."


_Start = tuple[int, list[str]]  # the number of lines above a row, and its cells


@dataclass(frozen=True)
class _Sniffed:
    delimiter: str
    quote: str | None
    comment: str | None
    header: bool


def take_head(lines: Iterator[str]) -> list[str]:
    """Return the first lines, as many as the guesses need."""
    head: list[str] = []
    size = 0
    for line in islice(lines, _HEAD_LINES):
        size += len(line)
        if head and size > _HEAD_CHARACTERS:
            break
        head.append(line)
    return head


def find_layout(head: Sequence[str], options: Options, folder: Path) -> Layout:
    """Find the layout by the first lines; what `options` say is not questioned.

    Parameters
    ----------
    head : sequence of str
        The first lines of the file, with their ends.
    options : Options
        What the user said.
    folder : Path
        A folder in which a file may be written, the only one that DuckDB may read.

    Raises
    ------
    DataError
        If there is nothing to read, or there are far too many columns.
    """
    skip, delimiter = options.skip_rows or 0, options.delimiter
    named = _SEPARATOR_LINE.fullmatch(head[0]) if head else None
    if named and options.skip_rows is None:
        skip, delimiter = 1, delimiter or named[1]
    _check_delimiter(delimiter)
    body = head[skip:]
    if not any(line.strip() for line in body):
        raise _nothing(skip)
    _refuse_far_too_wide(body, delimiter)
    with _Sniffer(folder) as sniffer:
        dialect = _find_dialect(body, delimiter, sniffer)
        starts = list(_starts(body, dialect))
        if not starts:
            raise _nothing(skip)
        width = _usual_width(row for _, row in starts)
        first = 0
        if options.skip_rows is None:
            full = (i for i, (_, row) in enumerate(starts) if len(row) == width and not is_remark(row, width))
            first = next(full, 0)
        decimal = options.decimal or cells.find_decimal((row for _, row in starts[first:]), dialect.delimiter)
        has_header = options.header
        if has_header is None:
            found = sniffer.sniff(body[starts[first][0] :], dialect.delimiter, decimal)
            has_header = found is None or found.header
            if not has_header and options.skip_rows is None and _is_header_of_numbered(starts, first, width):
                first, has_header = first - 1, True
    above, top = starts[first]
    if options.skip_rows is None:
        skip += above
    header = None
    if has_header:
        header = _align(top, width, [row for _, row in starts[first + 1 :]])
        width = len(header)
    return Layout(dialect, header, skip, decimal, width)


def _check_delimiter(delimiter: str | None) -> None:
    if delimiter and delimiter in _NO_DELIMITERS:
        raise DataError(
            f"The sign {delimiter!r} cannot be the delimiter.",
            "It ends a line or encloses a cell.",
            "Choose another sign, such as a comma, a semicolon or a tab, or leave it empty to have it found.",
            place="data.delimiter",
        )


def _is_header_of_numbered(starts: Sequence[_Start], first: int, width: int) -> bool:
    """Tell whether the row above the first is a header that leaves out the column of row numbers."""
    if first == 0:
        return False
    above = starts[first - 1][1]
    return len(above) == width - 1 and all(above)


def _align(header: list[str], width: int, rows: Sequence[list[str]]) -> tuple[str, ...]:
    while len(header) > width and not header[-1]:
        header = header[:-1]
    lacking = max(width - len(header), 0)
    if lacking == 1 and any(row[-1] for row in rows if len(row) == width):
        return ("", *header)  # row numbers in front, as R writes them
    return (*header, *[""] * lacking)


def _nothing(skipped: int) -> DataError:
    return DataError(
        "The file has no rows.",
        f"Nothing is left after the first {skipped} lines, which are skipped."
        if skipped
        else "All its lines are blank, comments, or inside a quotation mark that never closes.",
        "Skip fewer lines." if skipped else "Save it again from the program that made it.",
        place="data.skip_rows" if skipped else "upload",
    )


def _refuse_far_too_wide(body: Sequence[str], delimiter: str | None) -> None:
    # Sniffing takes seconds on lines of a hundred thousand cells.
    first = [line for line in body if line.strip()][:2]
    for sign in delimiter or _USUAL_DELIMITERS:
        fewest = min(line.count(sign) for line in first)
        if fewest > 2 * limits.MAX_COLUMNS:
            raise too_many_columns(first[0].count(sign) + 1)


def too_many_columns(n_columns: int) -> DataError:
    """Return the error for a table of more than ``limits.MAX_COLUMNS`` columns."""
    return DataError(
        f"The file has {n_columns:,} columns, more than the {limits.MAX_COLUMNS} that can be used.",
        "A circuit takes a few numbers for each row, and so many columns would be squeezed into them.",
        "Keep the columns that matter most, and upload those.",
        place="upload",
    )


class _Sniffer:
    """DuckDB's CSV sniffer, locked into one folder."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "head.csv"
        self._connection = duckdb.connect(
            config={
                "threads": 1,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )
        for setting in (
            f"allowed_directories = [{_sql_text(str(folder))}]",
            "enable_external_access = false",
            "lock_configuration = true",
        ):
            self._connection.execute(f"SET {setting}")

    def __enter__(self) -> _Sniffer:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def sniff(
        self, lines: Sequence[str], delimiter: str | None = None, decimal: str = "."
    ) -> _Sniffed | None:
        """Return what DuckDB finds in `lines`, or ``None`` where it finds no table."""
        self._file.write_text("".join(lines), encoding="utf-8", errors="replace", newline="")
        markers = ", ".join(_sql_text(spelling) for spelling in cells.marker_spellings())
        settings = ["strict_mode=false", "ignore_errors=true", f"nullstr=[{markers}]"]
        if delimiter:
            settings.append(f"delim={_sql_text(delimiter)}")
        if decimal != delimiter:
            settings.append(f"decimal_separator={_sql_text(decimal)}")
        query = (
            "SELECT Delimiter, Quote, Comment, HasHeader "
            f"FROM sniff_csv({_sql_text(str(self._file))}, {', '.join(settings)})"
        )
        try:
            row = self._connection.execute(query).fetchone()
        except duckdb.Error:
            return None
        if row is None:
            return None
        found, quote, comment, header = row
        return _Sniffed(found, _sign(quote), _sign(comment), header)


def _sql_text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _sign(found: str | None) -> str | None:
    return found if found and len(found) == 1 else None


def _find_dialect(body: Sequence[str], delimiter: str | None, sniffer: _Sniffer) -> Dialect:
    if delimiter is None and _has_decimal_commas_between_semicolons(body):
        delimiter = ";"
    # Lines above the table can hide it; they do not reach into the second half.
    for lines in (body, body[len(body) // 2 :]):
        found = sniffer.sniff(lines, delimiter)
        if found:
            dialect = _quoting(body, replace(found, delimiter=delimiter or found.delimiter))
            if delimiter or _usual_width(records(body, dialect, cut=True)) > 1:
                return dialect
    return Dialect(delimiter or (" " if _is_spaced(body) else ","))


def _has_decimal_commas_between_semicolons(body: Sequence[str]) -> bool:
    """Tell whether the table is of the kind whose commas split it as evenly as its semicolons."""
    rows = [row for row in records(body, Dialect(";"), cut=True) if row]
    widths = {len(row) for row in rows}
    return len(widths) == 1 and min(widths) > 1 and cells.find_decimal(rows, ";") == ","


def _is_spaced(body: Sequence[str]) -> bool:
    first, *widths = [len(row) for row in records(body, Dialect(" "), cut=True) if row] or [0]
    width = max(widths, default=first)
    return width > 2 and set(widths) <= {width} and first in (width, width - 1)


def _quoting(body: Sequence[str], found: _Sniffed) -> Dialect:
    text = "".join(body)
    plain = Dialect(found.delimiter, found.quote, comment=found.comment)
    if found.quote is None:
        # Where there are quotation marks, DuckDB found that they enclose nothing.
        return plain if '"' in text else replace(plain, quote='"')
    candidates = [plain]
    if found.quote != '"' and '"' in text:
        candidates.insert(0, replace(plain, quote='"'))
    # DuckDB does not tell whether a backslash escapes a quotation mark, or only ends a cell before it.
    escaped = [replace(dialect, escape="\\") for dialect in candidates if f"\\{dialect.quote}" in text]
    return min(escaped + candidates, key=lambda dialect: _unevenness(body, dialect))


def _unevenness(body: Sequence[str], dialect: Dialect) -> int:
    widths = Counter(len(row) for row in records(body, dialect, cut=True) if row)
    return widths.total() - max(widths.values(), default=0)


def _starts(body: Sequence[str], dialect: Dialect) -> Iterator[_Start]:
    """Yield each row of the head that is not blank, with the number of lines above it."""
    above = 0

    def counted() -> Iterator[str]:
        nonlocal above
        for line in body:
            above += 1
            yield line

    begin = 0
    for row in records(counted(), dialect, cut=True):
        if row:
            yield begin, row
        begin = above


def _usual_width(rows: Iterator[list[str]]) -> int:
    counts = Counter(len(row) for row in rows if row)
    return max(counts, key=lambda width: (counts[width], width), default=0)
