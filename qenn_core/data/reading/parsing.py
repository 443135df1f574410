"""The whole way from a file's bytes to clean columns of text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from qenn_core import limits
from qenn_core.data.reading import cells
from qenn_core.data.reading.charset import find_encoding, open_lines, refuse_binary
from qenn_core.data.reading.collecting import keep_rows
from qenn_core.data.reading.content import unpack
from qenn_core.data.reading.exchange import Options
from qenn_core.data.reading.layout import Layout, find_layout, take_head, too_many_columns
from qenn_core.data.reading.names import name_columns
from qenn_core.data.reading.records import records
from qenn_core.data.reading.rows import Tally, even_rows
from qenn_core.errors import DataError

_RAW_LINES = 10
_RAW_LINE_LENGTH = 200


def parse(content: bytes, options: Options, folder: Path) -> tuple[pa.Table, dict[str, Any]]:
    """Read the table in the bytes of a file.

    Parameters
    ----------
    content : bytes
        The file.
    options : Options
        What the user said about it.
    folder : Path
        A folder in which files may be written.

    Returns
    -------
    pyarrow.Table
        Columns of text with gaps.
    dict
        The fields of `qenn_core.data.table.Reading`.

    Raises
    ------
    DataError
        If it is not a table that can be used.
    """
    content = unpack(content)
    encoding = options.text_encoding or find_encoding(content)
    refuse_binary(open_lines(content, encoding), options.delimiter)
    head = take_head(open_lines(content, encoding))
    layout = find_layout(head, options, folder)
    _check_width(layout.width)
    names, naming = name_columns(layout.header or [""] * layout.width)

    tallies: list[Tally] = []

    def read() -> Iterator[list[str]]:
        tallies.append(Tally())
        return _rows(content, encoding, layout, tallies[-1])

    kept = keep_rows(read, names, options.sample_rows, options.target, options.seed)
    whole = tallies[0]  # a second reading, for a sample, stops early
    table, cleaning = _clean(kept.table, layout)
    _check_width(table.num_columns)
    return table, {
        "text_encoding": encoding,
        "delimiter": layout.dialect.delimiter,
        "decimal": layout.decimal,
        "header": layout.header is not None,
        "skip_rows": layout.skip_rows,
        "n_rows": kept.n_rows,
        "raw_lines": [line.rstrip("\r\n")[:_RAW_LINE_LENGTH] for line in head[:_RAW_LINES]],
        "notes": [
            *layout.notes(),
            *(naming if layout.header else ()),
            *whole.notes(layout.width, encoding),
            *kept.notes,
            *cleaning,
        ],
    }


def _check_width(width: int) -> None:
    if width > limits.MAX_COLUMNS:
        raise too_many_columns(width)
    if width < 2:
        raise DataError(
            "The file has one column only.",
            "Learning needs at least one column to learn from and one to predict.",
            "If it has more columns, choose the sign that stands between them as the delimiter.",
            place="data.delimiter",
        )


def _rows(content: bytes, encoding: str, layout: Layout, tally: Tally) -> Iterator[list[str]]:
    lines = islice(_noting_garbled(open_lines(content, encoding), tally), layout.skip_rows, None)
    found = records(lines, layout.dialect, first_line=layout.skip_rows + 1)
    if layout.header is not None:
        next(filter(None, found), None)
    return even_rows(found, layout.width, tally)


def _noting_garbled(lines: Iterator[str], tally: Tally) -> Iterator[str]:
    for line in lines:
        if "\ufffd" in line:
            tally.garbled += 1
        yield line


def _clean(table: pa.Table, layout: Layout) -> tuple[pa.Table, list[str]]:
    """Blank the gaps, put numbers into one notation, and drop columns with neither name nor content."""
    columns: dict[str, pa.ChunkedArray] = {}
    markers: Counter[str] = Counter()
    rewritten: list[str] = []
    for number, (name, raw) in enumerate(zip(table.column_names, table.columns, strict=True)):
        column, met = cells.blank_gaps(raw)
        unnamed = layout.header is None or not layout.header[number].strip()
        if unnamed and column.null_count == len(column):
            continue
        markers.update(met)
        numbers = cells.to_decimal_point(column, layout.decimal)
        if numbers is not None:
            rewritten.append(name)
        columns[name] = column if numbers is None else numbers
    return pa.table(columns), list(_cleaning(table.num_columns - len(columns), rewritten, markers, layout))


def _cleaning(n_dropped: int, rewritten: list[str], markers: Counter[str], layout: Layout) -> Iterator[str]:
    if n_dropped:
        yield f"{_counted(n_dropped, 'column')} with neither name nor content left out."
    if rewritten:
        sample = "1,5 were read as 1.5" if layout.decimal == "," else "1,000 were read as 1000"
        yield f"Numbers such as {sample} in {_listed(rewritten)}."
    if markers:
        shown = _listed([marker for marker, _ in markers.most_common()])
        yield f"{_counted(markers.total(), 'cell')} counted as missing, because of saying {shown}."


def _counted(number: int, thing: str) -> str:
    return f"1 {thing} was" if number == 1 else f"{number:,} {thing}s were"


def _listed(names: list[str], most: int = 5) -> str:
    quoted = [f"“{name}”" for name in names[:most]]
    if len(names) > most:
        quoted.append(f"{len(names) - most} more")
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
