"""From the bytes of a file to clean columns of text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from qenn_core import limits
from qenn_core.data.raw_text import RawText, UnreadableTableError
from qenn_core.data.reading.cell_values import GAP_WORDS, replace_gap_words, to_decimal_points
from qenn_core.data.reading.column_names import make_column_names
from qenn_core.data.reading.conversion import DIALECT, Converted, convert
from qenn_core.data.reading.csv_rows import split_rows
from qenn_core.data.reading.file_format import refuse_other_formats, unpack, without_padding
from qenn_core.data.reading.layout import Layout, detect_layout, take_head, too_many_columns
from qenn_core.data.reading.protocol import ReadOptions
from qenn_core.data.reading.row_cleaning import RowIssues, clean_rows
from qenn_core.data.reading.row_loading import load_rows
from qenn_core.data.reading.text_encoding import (
    decode_lines,
    detect_encoding,
    sample_encodings,
    without_invisible_characters,
)
from qenn_core.data.table import Reading
from qenn_core.errors import DataError, TooManyRowsError
from qenn_core.text import count, quoted_list

_N_RAW_LINES = 10
_MAX_RAW_LINE_LENGTH = 200
# Only a column with few different cells can be one to predict, in which a gap word may be a class.
_MAX_DISTINCT_BESIDE_GAP_WORDS = 50
_MAX_LISTED_GAP_WORDS = 20


class ParsedTable(NamedTuple):
    """The contents of a file.

    ``cells`` are columns of text, with nulls for gaps; ``gap_words`` are, for columns of few different cells,
    the words that were gaps, with nulls for all other cells; ``reading`` says how the file was read.
    """

    cells: pa.Table
    gap_words: pa.Table
    reading: Reading


def parse_table(content: bytes, options: ReadOptions, folder: Path) -> ParsedTable:
    """Read the table in the bytes of a file.

    Parameters
    ----------
    content : bytes
        The file.
    options : ReadOptions
        How to read it.
    folder : Path
        A folder for temporary files.

    Raises
    ------
    DataError
        If the file is not a table that can be used; `UnreadableTableError` if it is text.
    """
    content = without_padding(unpack(content))
    converted = convert(content, options.sheet)
    if converted is not None:
        content, options = converted.content, _options_for(converted, options)
    refuse_other_formats(content)
    encoding = options.text_encoding or detect_encoding(content)
    text, n_removed = without_invisible_characters(content, encoding, options.delimiter)
    head = take_head(decode_lines(text, encoding))
    lines = tuple(line.rstrip("\r\n")[:_MAX_RAW_LINE_LENGTH] for line in head[:_N_RAW_LINES])
    raw = (
        RawText(lines, sample_encodings(content))
        if converted is None
        else RawText(lines, sheets=converted.sheets, is_text=False)
    )
    try:
        parsed = _parse_text(text, encoding, head, raw, options, folder)
    except TooManyRowsError:
        raise
    except DataError as error:
        raise UnreadableTableError(error.message, raw) from error
    notes = list(parsed.reading.notes)
    if n_removed:
        notes.append(f"Removed {count(n_removed, 'invisible character')}.")
    if converted is not None:
        notes = [*converted.notes(), *notes]
    sheet = parsed.reading.sheet if converted is None else converted.sheet
    return parsed._replace(reading=replace(parsed.reading, sheet=sheet, notes=tuple(notes)))


def _options_for(converted: Converted, options: ReadOptions) -> ReadOptions:
    return options.model_copy(
        update={
            "text_encoding": "utf-8",
            "delimiter": DIALECT.delimiter,
            "quote": DIALECT.quote,
            "header": converted.header if options.header is None else options.header,
        }
    )


def _parse_text(
    content: bytes,
    encoding: str,
    head: list[str],
    raw: RawText,
    options: ReadOptions,
    folder: Path,
) -> ParsedTable:
    layout = detect_layout(head, options, folder)
    _check_width(layout.width, raw)
    names, name_notes = make_column_names(layout.header or [""] * layout.width)

    issues_of_passes: list[RowIssues] = []

    def iterate_rows() -> Iterator[list[str]]:
        issues_of_passes.append(RowIssues())
        return _rows(content, encoding, layout, issues_of_passes[-1])

    loaded = load_rows(iterate_rows, names, options.sample_rows, options.target, options.seed)
    issues = issues_of_passes[0]  # the second pass, for a sample, stops early
    cleaned = _clean_columns(loaded.table, layout, options.gaps)
    _check_width(cleaned.cells.num_columns, raw)
    reading = Reading(
        text_encoding=encoding,
        delimiter=layout.dialect.delimiter,
        decimal=layout.decimal,
        quote=layout.dialect.quote or "",
        header=layout.n_header_rows,
        skip_rows=layout.skip_rows,
        n_rows=loaded.n_rows,
        raw=raw,
        notes=(
            *layout.notes(),
            *(name_notes if layout.header else ()),
            *issues.notes(layout.width, encoding),
            *loaded.notes,
            *cleaned.notes,
        ),
        gap_words=cleaned.listed_gap_words,
    )
    return ParsedTable(cleaned.cells, cleaned.gap_words, reading)


def _check_width(width: int, raw: RawText) -> None:
    if width > limits.MAX_COLUMNS:
        raise too_many_columns(width)
    if width < 2:
        remedy, place = (
            "If the file has more columns, choose the character between them as the delimiter.",
            "delimiter",
        )
        if not raw.is_text:
            remedy, place = "Choose another sheet, or upload a table with more columns.", "sheet"
        raise DataError(
            "The file has only one column.",
            "Training needs at least one column to learn from and one to predict.",
            remedy,
            place=f"data.{place}",
        )


def _rows(content: bytes, encoding: str, layout: Layout, issues: RowIssues) -> Iterator[list[str]]:
    above = layout.skip_rows + layout.header_is_comment
    lines = islice(_count_undecodable(decode_lines(content, encoding), issues), above, None)
    rows = split_rows(lines, layout.dialect, first_line=above + 1, on_comment=issues.add_comment)
    for _ in islice(filter(None, rows), layout.n_header_rows - layout.header_is_comment):
        pass
    return clean_rows(rows, layout.width, issues, layout.header)


def _count_undecodable(lines: Iterator[str], issues: RowIssues) -> Iterator[str]:
    for line in lines:
        if "\ufffd" in line:
            issues.n_undecodable_lines += 1
        yield line


class _CleanedColumns(NamedTuple):
    cells: pa.Table
    gap_words: pa.Table
    listed_gap_words: tuple[str, ...]
    notes: tuple[str, ...]


def _clean_columns(table: pa.Table, layout: Layout, gaps: tuple[str, ...] | None) -> _CleanedColumns:
    """Blank gaps, write numbers with decimal points, and drop unnamed columns without content.

    If the user has chosen the words that are `gaps`, no gap word is kept: none of them is a class.
    """
    cells: dict[str, pa.ChunkedArray] = {}
    gap_words: dict[str, pa.ChunkedArray] = {}
    occurring: Counter[str] = Counter()
    blanked: Counter[str] = Counter()
    rewritten: dict[str, str] = {}
    for number, (name, raw) in enumerate(zip(table.column_names, table.columns, strict=True)):
        column = replace_gap_words(raw, GAP_WORDS if gaps is None else gaps)
        is_unnamed = layout.header is None or not layout.header[number].strip()
        if is_unnamed and column.cells.null_count == len(raw):
            continue
        blanked.update(_count_words(column.gap_words))
        usual = column if gaps is None else replace_gap_words(raw, (*GAP_WORDS, *gaps))
        occurring.update(_count_words(usual.gap_words))
        numbers = to_decimal_points(column.cells, layout.decimal)
        if numbers is not None:
            rewritten[name] = _example(column.cells, numbers)
        cells[name] = column.cells if numbers is None else numbers
        has_words = gaps is None and column.gap_words.null_count < len(raw)
        if has_words and pc.count_distinct(column.cells).as_py() <= _MAX_DISTINCT_BESIDE_GAP_WORDS:
            gap_words[name] = column.gap_words
    n_dropped = table.num_columns - len(cells)
    return _CleanedColumns(
        pa.table(cells),
        pa.table(gap_words),
        tuple(_one_spelling_each(word for word, _ in occurring.most_common()))[:_MAX_LISTED_GAP_WORDS],
        tuple(_cleaning_notes(n_dropped, rewritten, blanked)),
    )


def _one_spelling_each(words: Iterable[str]) -> Iterator[str]:
    folded = set()
    for word in words:
        if word.lower() not in folded:
            folded.add(word.lower())
            yield word


def _count_words(words: pa.ChunkedArray) -> dict[str, int]:
    counts = pc.value_counts(words.drop_null()).to_pylist()
    return {entry["values"]: entry["counts"] for entry in counts}


def _example(written: pa.ChunkedArray, read: pa.ChunkedArray) -> str:
    """Return how the first number was written that is read otherwise, and what it is read as."""
    position = pc.index(pc.not_equal(written, read), value=True).as_py()
    return f"{written[position]} were read as {read[position]}"


def _cleaning_notes(n_dropped: int, rewritten: dict[str, str], gap_words: Counter[str]) -> Iterator[str]:
    if n_dropped:
        yield f"Left out {count(n_dropped, 'column')} with neither a name nor any content."
    if rewritten:
        yield f"Numbers such as {next(iter(rewritten.values()))} in {quoted_list(rewritten)}."
    if gap_words:
        common_first = [word for word, _ in gap_words.most_common()]
        n_cells = count(gap_words.total(), "cell")
        yield (
            f"Cells with the text {quoted_list(common_first)} count as missing ({n_cells}), unless they are "
            "a class of the column to predict."
        )
