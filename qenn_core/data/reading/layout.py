"""The layout of a CSV file: its delimiter, quoting, header, and first line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from qenn_core import limits
from qenn_core.data.reading.cell_values import detect_decimal_sign
from qenn_core.data.reading.csv_rows import Dialect, split_rows
from qenn_core.data.reading.dialect import USUAL_DELIMITERS, detect_dialect
from qenn_core.data.reading.header import count_header_rows, merge_header
from qenn_core.data.reading.protocol import ReadOptions
from qenn_core.data.reading.row_cleaning import COMMENT_SIGNS, is_comment_row, is_rule
from qenn_core.data.reading.sniffer import Sniffer
from qenn_core.errors import DataError
from qenn_core.text import count, quoted

_INVALID_DELIMITERS = '\r\n"\x00'
_HEAD_LINES = 1000
_MAX_TITLE_ROWS = 20
_HEAD_CHARACTERS = 2**19
# Spreadsheet programs may write such a line at the top, to state the delimiter.
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
# A sign that is not a name by itself, or the beginning of one such as "# of rooms".
_COMMENT = re.compile(rf"\s*({'|'.join(f'{sign}+' for sign in COMMENT_SIGNS)})[ \t]*(?!of\b)(?=[\w\"'(\[])")
_WHOLE = re.compile(r"[+-]?\d+")
_DECIMAL = re.compile(r"[+-]?\d*\.\d+")
_COMMENT_AND_SPACE = re.compile(r"\s*[#%/]+\s")


@dataclass(frozen=True)
class Layout:
    """The layout of a file, as detected or as chosen by the user.

    Parameters
    ----------
    dialect : Dialect
        The special characters.
    header : tuple of str or None
        The names in the header, one per column; ``None`` if there is no header.
    n_header_rows : int
        The rows that the header takes.
    skip_rows : int
        Lines above the header or, without a header, above the first row.
    decimal : str
        The decimal sign.
    width : int
        The number of columns.
    header_is_comment : bool
        Whether the header stands in a comment.
    has_row_names : bool
        Whether rows begin with a name, for which the header has none.
    """

    dialect: Dialect
    header: tuple[str, ...] | None
    n_header_rows: int
    skip_rows: int
    decimal: str
    width: int
    header_is_comment: bool = False
    has_row_names: bool = False

    def notes(self) -> Iterator[str]:
        """Yield sentences on what is special about this layout."""
        if self.skip_rows == 1:
            yield "The first line is not part of the table and was skipped."
        elif self.skip_rows:
            yield f"The first {self.skip_rows} lines are not part of the table and were skipped."
        if self.header is None:
            yield "The file has no header row, so the columns are numbered."
        elif self.n_header_rows > 1:
            yield f"The names of the columns are those of {self.n_header_rows} header rows, joined."
        if self.has_row_names:
            yield (
                "The rows have one cell more than the header; the first is taken for the name of the row. "
                "If cells contain the delimiter, quotation marks have to enclose them."
            )


_LocatedRow = tuple[int, list[str]]  # the number of lines above a row, and its cells


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
    with Sniffer(folder) as sniffer:
        dialect = detect_dialect(body, delimiter, options.quote, sniffer)
    n_comments = _count_comments(body, dialect)
    header_is_comment = n_comments > 0 and _last_comment_is_header(body, n_comments, dialect)
    if header_is_comment:
        body = [_without_comment_sign(body[n_comments - 1]), *body[n_comments:]]
        skip += n_comments - 1
    elif options.skip_rows is None:
        if n_comments and _begins_with_a_sign(body, n_comments, dialect):
            n_comments -= 1
        body = body[n_comments:]
        skip += n_comments
    rows = [located for located in _located_rows(body, dialect) if not is_rule(located[1])]
    if not rows:
        raise _no_rows(skip)
    width = _most_common_width(row for _, row in rows)
    above: list[_LocatedRow] = []
    if options.skip_rows is None:
        first = _first_row(rows, width)
        above, rows = rows[:first], rows[first:]
    cells = [row for _, row in rows]
    decimal = options.decimal or detect_decimal_sign(cells, dialect.delimiter)
    n_header_rows = options.header
    if n_header_rows is None:
        n_header_rows = count_header_rows(cells, width)
        if not n_header_rows and above and _divides_decimals(above[-1][1], cells, dialect):
            raise _divided_decimals(len(above[-1][1]), width)
    header, has_row_names = None, False
    if n_header_rows:
        names = merge_header(cells[:n_header_rows])
        header = _align_header(names, width, cells[n_header_rows:])
        has_row_names = len(header) > len(names) and not header[0] and bool(names[0])
        width = len(header)
    if options.skip_rows is None:
        skip += rows[0][0]
    return Layout(dialect, header, n_header_rows, skip, decimal, width, header_is_comment, has_row_names)


def _count_comments(body: Sequence[str], dialect: Dialect) -> int:
    """Return the number of lines at the top that are comments, or blank and above one."""

    def is_comment(line: str) -> bool:
        # A sign alone in the first cell is a name.
        sign = line.partition(dialect.delimiter)[0].strip()
        is_name = not dialect.delimiter.isspace() or dialect.delimiter == "\t"
        return bool(_COMMENT.match(line)) and not (is_name and set(sign) <= set("#%/"))

    first = next((n for n, line in enumerate(body) if line.strip() and not is_comment(line)), 0)
    return max((n for n, line in enumerate(body[:first], 1) if line.strip()), default=0)


def _last_comment_is_header(body: Sequence[str], n_comments: int, dialect: Dialect) -> bool:
    """Return whether the last of the comments at the top holds the names of the columns below it."""
    comment = body[n_comments - 1]
    # The first name of a table may begin with such a sign; a space after it would be strange.
    if dialect.delimiter != "\t" and not _COMMENT_AND_SPACE.match(comment):
        return False
    line = _without_comment_sign(comment)
    rows = [row for _, row in _located_rows([line, *body[n_comments:]], dialect) if not is_rule(row)]
    if len(rows) < 2 or any(_COMMENT.match(cell) for cell in rows[0]):
        return False
    width = _most_common_width(iter(rows[1:]))
    is_first = not count_header_rows(rows[1:], width)
    return is_first and len(rows[0]) == width and count_header_rows(rows, width) == 1


def _begins_with_a_sign(body: Sequence[str], n_comments: int, dialect: Dialect) -> bool:
    """Return whether the last line that looks like a comment is a row whose first cell begins with a sign."""
    if _COMMENT_AND_SPACE.match(body[n_comments - 1]):
        return False
    rows = [row for _, row in _located_rows(body[n_comments - 1 :], replace(dialect, comment=None))]
    return bool(rows) and len(rows[0]) > 1 and len(rows[0]) == _most_common_width(iter(rows[1:]))


def _without_comment_sign(line: str) -> str:
    return _COMMENT.sub("", line, count=1)


def _first_row(rows: Sequence[_LocatedRow], width: int) -> int:
    """Return the position of the first row of the table, its header or its data."""
    above = _n_title_rows([row for _, row in rows], width)
    cells = [row for _, row in rows[above:]]
    whole = (len(row) == width and not is_comment_row(row, width) for row in cells)
    first = next((number for number, is_whole in enumerate(whole) if is_whole), 0)
    # A header may lack the name of the column of row names, or have names of columns without cells.
    has_names_above = first and _is_header_of_other_width(cells[first - 1], width)
    return above + first - bool(has_names_above and not count_header_rows(cells[first:], width))


def _n_title_rows(rows: Sequence[Sequence[str]], width: int) -> int:
    """Return the number of rows at the top with few texts each, down to a row of empty cells."""
    for number, row in enumerate(rows[:-1][:_MAX_TITLE_ROWS]):
        if len(row) == width and not any(map(str.strip, row)):
            return number + 1
        if sum(bool(cell.strip()) for cell in row) > max(1, width // 2):
            break
    return 0


def _is_header_of_other_width(row: Sequence[str], width: int) -> bool:
    names = row[: max(number for number, cell in enumerate(["x", *row]) if cell.strip())]
    return len(names) >= max(width - 1, 2) and len(row) != width and all(map(str.strip, names))


def _divides_decimals(names: Sequence[str], rows: Sequence[Sequence[str]], dialect: Dialect) -> bool:
    """Return whether commas divide the columns named above as well as their numbers, which have no points."""
    width = len(rows[0])
    cells = [cell.strip() for row in rows for cell in row if cell.strip()]
    n_whole = sum(bool(_WHOLE.fullmatch(cell)) for cell in cells)
    return (
        dialect.delimiter == ","
        and 2 <= len(names) < width <= 2 * len(names)
        and all(name.strip() and not any(map(str.isdigit, name)) for name in names)
        and n_whole / len(rows) >= 2 * (width - len(names))
        and not any(_DECIMAL.fullmatch(cell) for cell in cells)
    )


def _divided_decimals(n_names: int, width: int) -> DataError:
    return DataError(
        f"The first line has {n_names} names, but the rows have {width} cells.",
        "Commas seem to stand between the columns as well as in the numbers, so it is unclear which cells "
        "belong together.",
        "Save the file with semicolons or tabs between the columns. If the first line holds no names, choose "
        "how many rows to skip.",
        place="data.skip_rows",
    )


def _check_delimiter(delimiter: str | None) -> None:
    if delimiter and delimiter in _INVALID_DELIMITERS:
        raise DataError(
            f"The character {quoted(delimiter)} cannot be the delimiter.",
            "It ends a line or encloses a cell.",
            "Choose another one, such as comma, semicolon or tab, or leave it empty to have it detected.",
            place="data.delimiter",
        )


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
    for candidate in delimiter or USUAL_DELIMITERS:
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
