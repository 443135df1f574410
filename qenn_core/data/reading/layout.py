"""The layout of a CSV file: its delimiter, quoting, header, and first line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import duckdb

from qenn_core import limits
from qenn_core.data.reading.cell_values import detect_decimal_sign, spelled_gap_words
from qenn_core.data.reading.csv_rows import Dialect, split_rows
from qenn_core.data.reading.protocol import ReadOptions
from qenn_core.data.reading.row_cleaning import is_comment_row
from qenn_core.errors import DataError
from qenn_core.text import count, quoted

_COMMON_DELIMITERS = ",;\t|"
_INVALID_DELIMITERS = '\r\n"\x00'
_HEAD_LINES = 1000
_HEAD_CHARACTERS = 2**19
# Spreadsheet programs may write such a line at the top, to state the delimiter.
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)


@dataclass(frozen=True)
class Layout:
    """The layout of a file, as detected or as chosen by the user.

    Parameters
    ----------
    dialect : Dialect
        The special characters.
    header : tuple of str or None
        The cells of the header, one per column; ``None`` if there is no header.
    skip_rows : int
        Lines above the header or, without a header, above the first row.
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
        """Yield sentences on what is special about this layout."""
        if self.skip_rows == 1:
            yield "The first line is not part of the table and was skipped."
        elif self.skip_rows:
            yield f"The first {self.skip_rows} lines are not part of the table and were skipped."
        if self.dialect.comment:
            yield f"Lines that start with ‘{self.dialect.comment}’ were skipped as comments."
        if self.header is None:
            yield "The file has no header row, so the columns are numbered."


_LocatedRow = tuple[int, list[str]]  # the number of lines above a row, and its cells


@dataclass(frozen=True)
class _SniffedFormat:
    """What DuckDB detects in a file."""

    delimiter: str
    quote: str | None
    comment: str | None
    header: bool


def take_head(lines: Iterator[str]) -> list[str]:
    """Return the first lines, as many as the detection needs."""
    head: list[str] = []
    size = 0
    for line in islice(lines, _HEAD_LINES):
        size += len(line)
        if head and size > _HEAD_CHARACTERS:
            break
        head.append(line)
    return head


def detect_layout(head: Sequence[str], options: ReadOptions, folder: Path) -> Layout:
    """Detect the layout from the first lines; settings in `options` are taken as they are.

    Parameters
    ----------
    head : sequence of str
        The first lines of the file, with their line ends.
    options : ReadOptions
        What the user chose.
    folder : Path
        A folder for temporary files, the only one that DuckDB may read.

    Raises
    ------
    DataError
        If there are no rows, or far too many columns.
    """
    skip, delimiter = options.skip_rows or 0, options.delimiter
    separator_line = _SEPARATOR_LINE.fullmatch(head[0]) if head else None
    if separator_line and options.skip_rows is None:
        skip, delimiter = 1, delimiter or separator_line[1]
    _check_delimiter(delimiter)
    body = head[skip:]
    if not any(line.strip() for line in body):
        raise _no_rows(skip)
    _refuse_excessive_width(body, delimiter)
    with _Sniffer(folder) as sniffer:
        dialect = _detect_dialect(body, delimiter, sniffer)
        rows = list(_located_rows(body, dialect))
        if not rows:
            raise _no_rows(skip)
        width = _most_common_width(row for _, row in rows)
        first = 0
        if options.skip_rows is None:
            first = next(
                (
                    i
                    for i, (_, row) in enumerate(rows)
                    if len(row) == width and not is_comment_row(row, width)
                ),
                0,
            )
        decimal = options.decimal or detect_decimal_sign((row for _, row in rows[first:]), dialect.delimiter)
        has_header = options.header
        if has_header is None:
            sniffed = sniffer.sniff(body[rows[first][0] :], dialect.delimiter, decimal)
            has_header = sniffed is None or sniffed.header
            if not has_header and options.skip_rows is None and _follows_narrow_header(rows, first, width):
                first, has_header = first - 1, True
    n_lines_above, top = rows[first]
    if options.skip_rows is None:
        skip += n_lines_above
    header = None
    if has_header:
        header = _align_header(top, width, [row for _, row in rows[first + 1 :]])
        width = len(header)
    return Layout(dialect, header, skip, decimal, width)


def _check_delimiter(delimiter: str | None) -> None:
    if delimiter and delimiter in _INVALID_DELIMITERS:
        raise DataError(
            f"The character {quoted(delimiter)} cannot be the delimiter.",
            "It ends a line or encloses a cell.",
            "Choose another one, such as comma, semicolon or tab, or leave it empty to have it detected.",
            place="data.delimiter",
        )


def _follows_narrow_header(rows: Sequence[_LocatedRow], first: int, width: int) -> bool:
    """Return whether the row above the first is a header without a name for the column of row numbers."""
    if first == 0:
        return False
    _, above = rows[first - 1]
    return len(above) == width - 1 and all(above)


def _align_header(header: list[str], width: int, rows: Sequence[list[str]]) -> tuple[str, ...]:
    while len(header) > width and not header[-1]:
        header = header[:-1]
    n_lacking = max(width - len(header), 0)
    if n_lacking == 1 and any(row[-1] for row in rows if len(row) == width):
        return ("", *header)  # row numbers in front, as R writes them
    return (*header, *[""] * n_lacking)


def _no_rows(skipped: int) -> DataError:
    return DataError(
        "The file has no rows.",
        f"Nothing is left after skipping {count(skipped, 'line')}."
        if skipped
        else "All its lines are blank, comments, or follow a quotation mark that is never closed.",
        "Skip fewer lines." if skipped else "Save it again in the program it comes from.",
        place="data.skip_rows" if skipped else "upload",
    )


def _refuse_excessive_width(body: Sequence[str], delimiter: str | None) -> None:
    # Sniffing lines of a hundred thousand cells would take seconds.
    first_two = [line for line in body if line.strip()][:2]
    for candidate in delimiter or _COMMON_DELIMITERS:
        fewest = min(line.count(candidate) for line in first_two)
        if fewest > 2 * limits.MAX_COLUMNS:
            raise too_many_columns(first_two[0].count(candidate) + 1)


def too_many_columns(n_columns: int) -> DataError:
    """Return the error for a table of more than ``limits.MAX_COLUMNS`` columns."""
    return DataError(
        f"The file has {n_columns:,} columns, more than the {limits.MAX_COLUMNS} that can be used.",
        "A circuit takes only a few numbers per row, and all columns would have to be reduced to them.",
        "Upload a file with only the columns that matter most.",
        place="upload",
    )


class _Sniffer:
    """DuckDB's CSV sniffer, restricted to one folder."""

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
    ) -> _SniffedFormat | None:
        """Return what DuckDB detects in `lines`, or ``None`` if it finds no table."""
        self._file.write_text("".join(lines), encoding="utf-8", errors="replace", newline="")
        markers = ", ".join(_sql_text(spelling) for spelling in spelled_gap_words())
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
        sniffed_delimiter, quote, comment, header = row
        return _SniffedFormat(sniffed_delimiter, _character(quote), _character(comment), header)


def _sql_text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _character(text: str | None) -> str | None:
    return text if text and len(text) == 1 else None


def _detect_dialect(body: Sequence[str], delimiter: str | None, sniffer: _Sniffer) -> Dialect:
    if delimiter is None and _has_semicolons_and_decimal_commas(body):
        delimiter = ";"
    # Lines above the table can mislead the sniffer; the second half has none of them.
    for lines in (body, body[len(body) // 2 :]):
        sniffed = sniffer.sniff(lines, delimiter)
        if sniffed:
            dialect = _choose_quoting(body, replace(sniffed, delimiter=delimiter or sniffed.delimiter))
            if delimiter or _most_common_width(split_rows(body, dialect, truncated=True)) > 1:
                return dialect
    return Dialect(delimiter or (" " if _is_delimited_by_spaces(body) else ","))


def _has_semicolons_and_decimal_commas(body: Sequence[str]) -> bool:
    """Return whether semicolons delimit the cells although commas would split the rows as evenly."""
    rows = [row for row in split_rows(body, Dialect(";"), truncated=True) if row]
    widths = {len(row) for row in rows}
    return len(widths) == 1 and min(widths) > 1 and detect_decimal_sign(rows, ";") == ","


def _is_delimited_by_spaces(body: Sequence[str]) -> bool:
    first, *widths = [len(row) for row in split_rows(body, Dialect(" "), truncated=True) if row] or [0]
    width = max(widths, default=first)
    return width > 2 and set(widths) <= {width} and first in (width, width - 1)


def _choose_quoting(body: Sequence[str], sniffed: _SniffedFormat) -> Dialect:
    text = "".join(body)
    plain = Dialect(sniffed.delimiter, sniffed.quote, comment=sniffed.comment)
    if sniffed.quote is None:
        # If there are quotation marks, DuckDB has found that they do not enclose cells.
        return plain if '"' in text else replace(plain, quote='"')
    candidates = [plain]
    if sniffed.quote != '"' and '"' in text:
        candidates.insert(0, replace(plain, quote='"'))
    # DuckDB does not report whether a backslash before a quotation mark escapes it or ends the cell.
    escaped = [replace(dialect, escape="\\") for dialect in candidates if f"\\{dialect.quote}" in text]
    return min(escaped + candidates, key=lambda dialect: _n_rows_of_other_widths(body, dialect))


def _n_rows_of_other_widths(body: Sequence[str], dialect: Dialect) -> int:
    widths = Counter(len(row) for row in split_rows(body, dialect, truncated=True) if row)
    return widths.total() - max(widths.values(), default=0)


def _located_rows(body: Sequence[str], dialect: Dialect) -> Iterator[_LocatedRow]:
    """Yield each row that is not blank, with the number of lines above it."""
    n_read = 0

    def count_lines() -> Iterator[str]:
        nonlocal n_read
        for line in body:
            n_read += 1
            yield line

    n_lines_above = 0
    for row in split_rows(count_lines(), dialect, truncated=True):
        if row:
            yield n_lines_above, row
        n_lines_above = n_read


def _most_common_width(rows: Iterator[list[str]]) -> int:
    counts = Counter(len(row) for row in rows if row)
    return max(counts, key=lambda width: (counts[width], width), default=0)
