"""From the bytes of a file to clean columns of text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pyarrow as pa

from qenn_core import limits
from qenn_core.data.reading.cell_values import replace_missing_markers, to_decimal_points
from qenn_core.data.reading.column_names import make_column_names
from qenn_core.data.reading.csv_rows import split_rows
from qenn_core.data.reading.file_format import decompress_and_check
from qenn_core.data.reading.layout import Layout, detect_layout, take_head, too_many_columns
from qenn_core.data.reading.protocol import ReadOptions
from qenn_core.data.reading.row_cleaning import RowIssues, clean_rows
from qenn_core.data.reading.row_loading import load_rows
from qenn_core.data.reading.text_encoding import decode_lines, detect_encoding, refuse_binary
from qenn_core.data.table import Reading
from qenn_core.errors import DataError, TooManyRowsError, UnreadableTableError
from qenn_core.text import count, quoted_list

_N_RAW_LINES = 10
_MAX_RAW_LINE_LENGTH = 200


def parse_table(content: bytes, options: ReadOptions, folder: Path) -> tuple[pa.Table, Reading]:
    """Read the table in the bytes of a file.

    Parameters
    ----------
    content : bytes
        The file.
    options : ReadOptions
        How to read it.
    folder : Path
        A folder for temporary files.

    Returns
    -------
    pyarrow.Table
        Columns of text, with nulls for missing cells.
    Reading
        How the file was read.

    Raises
    ------
    DataError
        If the file is not a table that can be used; `UnreadableTableError` if it is text.
    """
    content = decompress_and_check(content)
    encoding = options.text_encoding or detect_encoding(content)
    refuse_binary(decode_lines(content, encoding), options.delimiter)
    head = take_head(decode_lines(content, encoding))
    raw_lines = tuple(line.rstrip("\r\n")[:_MAX_RAW_LINE_LENGTH] for line in head[:_N_RAW_LINES])
    try:
        return _parse_text(content, encoding, head, raw_lines, options, folder)
    except TooManyRowsError:
        raise
    except DataError as error:
        raise UnreadableTableError(error.message, raw_lines) from error


def _parse_text(
    content: bytes,
    encoding: str,
    head: list[str],
    raw_lines: tuple[str, ...],
    options: ReadOptions,
    folder: Path,
) -> tuple[pa.Table, Reading]:
    layout = detect_layout(head, options, folder)
    _check_width(layout.width)
    names, name_notes = make_column_names(layout.header or [""] * layout.width)

    issues_of_passes: list[RowIssues] = []

    def iterate_rows() -> Iterator[list[str]]:
        issues_of_passes.append(RowIssues())
        return _rows(content, encoding, layout, issues_of_passes[-1])

    loaded = load_rows(iterate_rows, names, options.sample_rows, options.target, options.seed)
    issues = issues_of_passes[0]  # the second pass, for a sample, stops early
    table, cell_notes = _clean_columns(loaded.table, layout)
    _check_width(table.num_columns)
    return table, Reading(
        text_encoding=encoding,
        delimiter=layout.dialect.delimiter,
        decimal=layout.decimal,
        header=layout.header is not None,
        skip_rows=layout.skip_rows,
        n_rows=loaded.n_rows,
        raw_lines=raw_lines,
        notes=(
            *layout.notes(),
            *(name_notes if layout.header else ()),
            *issues.notes(layout.width, encoding),
            *loaded.notes,
            *cell_notes,
        ),
    )


def _check_width(width: int) -> None:
    if width > limits.MAX_COLUMNS:
        raise too_many_columns(width)
    if width < 2:
        raise DataError(
            "The file has only one column.",
            "Training needs at least one column to learn from and one to predict.",
            "If the file has more columns, choose the character between them as the delimiter.",
            place="data.delimiter",
        )


def _rows(content: bytes, encoding: str, layout: Layout, issues: RowIssues) -> Iterator[list[str]]:
    lines = islice(_count_undecodable(decode_lines(content, encoding), issues), layout.skip_rows, None)
    rows = split_rows(lines, layout.dialect, first_line=layout.skip_rows + 1)
    if layout.header is not None:
        next(filter(None, rows), None)
    return clean_rows(rows, layout.width, issues)


def _count_undecodable(lines: Iterator[str], issues: RowIssues) -> Iterator[str]:
    for line in lines:
        if "\ufffd" in line:
            issues.n_undecodable_lines += 1
        yield line


def _clean_columns(table: pa.Table, layout: Layout) -> tuple[pa.Table, list[str]]:
    """Blank missing cells, write numbers with decimal points, and drop unnamed columns without content.

    Returns
    -------
    pyarrow.Table
        The cleaned columns.
    list of str
        Notes for the user.
    """
    columns: dict[str, pa.ChunkedArray] = {}
    markers: Counter[str] = Counter()
    rewritten: list[str] = []
    for number, (name, raw) in enumerate(zip(table.column_names, table.columns, strict=True)):
        column, counts = replace_missing_markers(raw)
        is_unnamed = layout.header is None or not layout.header[number].strip()
        if is_unnamed and column.null_count == len(column):
            continue
        markers.update(counts)
        numbers = to_decimal_points(column, layout.decimal)
        if numbers is not None:
            rewritten.append(name)
        columns[name] = column if numbers is None else numbers
    n_dropped = table.num_columns - len(columns)
    return pa.table(columns), list(_cleaning_notes(n_dropped, rewritten, markers, layout.decimal))


def _cleaning_notes(
    n_dropped: int, rewritten: list[str], markers: Counter[str], decimal: str
) -> Iterator[str]:
    if n_dropped:
        yield f"Left out {count(n_dropped, 'column')} with neither a name nor any content."
    if rewritten:
        example = "1,5 were read as 1.5" if decimal == "," else "1,000 were read as 1000"
        yield f"Numbers such as {example} in {quoted_list(rewritten)}."
    if markers:
        common_first = [marker for marker, _ in markers.most_common()]
        n_cells = count(markers.total(), "cell")
        yield f"Cells with the text {quoted_list(common_first)} count as missing ({n_cells})."
