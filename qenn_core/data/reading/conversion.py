"""Tables in formats other than CSV, converted to CSV: workbooks, Parquet files, and records in JSON."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from itertools import takewhile
from typing import TYPE_CHECKING, Any, NamedTuple

from qenn_core import limits
from qenn_core.data.reading.csv_rows import Dialect
from qenn_core.data.reading.file_format import too_large_unpacked
from qenn_core.data.reading.json_tables import json_tables
from qenn_core.data.reading.layout import too_many_columns
from qenn_core.errors import DataError
from qenn_core.text import count, quoted_list

if TYPE_CHECKING:
    import pyarrow as pa

# How converted tables are written.
DIALECT = Dialect(",")
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_FAILED_CELL = re.compile(rb'<c [^>]*\bt="e"|<f\b[^>]*(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>')
_PARQUET = b"PAR1"
_ARROW = b"ARROW1"
_ARROW_STREAM = b"\xff\xff\xff\xff"
_ARFF = re.compile(rb"(\s|%[^\n]*\n)*@relation\s", re.IGNORECASE)
_ARFF_CELL = re.compile(r"""(?:^|(?<=,))\s*('(?:[^'\\\\]|\\\\.)*'|"(?:[^"\\\\]|\\\\.)*"|[^,]*)""")
_JSON_BEGINS = re.compile(r"""\s*(\[\s*[{\[]|\{\s*["'])""")
_ARFF_ATTRIBUTE = re.compile(r"@attribute\s+('[^']*'|\"[^\"]*\"|\S+)", re.IGNORECASE)
_BATCH_ROWS = 2_000


class Converted(NamedTuple):
    """A table in another format, as CSV.

    Parameters
    ----------
    content : bytes
        The table as CSV, in UTF-8.
    header : int or None
        The number of header rows, if the format says so.
    sheets : tuple of str
        The sheets of a workbook.
    sheet : str
        The sheet that was converted.
    noun : str
        What the format calls a sheet.
    n_failed : int
        The cells of a workbook with an error instead of a value, or with a formula that was not computed.
    """

    content: bytes
    header: int | None = None
    sheets: tuple[str, ...] = ()
    sheet: str = ""
    noun: str = "sheet"
    n_failed: int = 0

    def notes(self) -> Iterator[str]:
        """Yield sentences on what was converted."""
        if len(self.sheets) > 1:
            yield f"The file has {count(len(self.sheets), self.noun)}; ‘{self.sheet}’ is used."
        if self.n_failed:
            yield (
                f"The workbook has {count(self.n_failed, 'cell')} with an error, or with a formula whose "
                "result is not stored; they count as missing. A spreadsheet program stores results."
            )


def convert(content: bytes, sheet: str | None) -> Converted | None:
    """Convert a table in another format to CSV; return ``None`` for content that is none.

    Parameters
    ----------
    content : bytes
        The file.
    sheet : str or None
        The sheet of a workbook that the user chose.

    Raises
    ------
    DataError
        If the file is damaged, too large, or holds no table.
    """
    if content.startswith(_OLD_WORKBOOK) or (content.startswith(_ZIP) and _is_workbook(content)):
        return _convert_workbook(content, sheet)
    if content.startswith(_PARQUET):
        return _convert_parquet(content)
    if content.startswith(_ARROW):
        return _convert_arrow(content)
    if content.startswith(_ARROW_STREAM):
        return _convert_arrow_stream(content)
    if _ARFF.match(content):
        return _convert_arff(content)
    if content.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")[:1] in (b"{", b"["):
        return _convert_json(content, sheet)
    return None


def _is_workbook(content: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return False
    names = {member.filename for member in members}
    if "xl/workbook.xml" not in names and "xl/workbook.bin" not in names and "content.xml" not in names:
        return False
    _check_size(sum(member.file_size for member in members))
    return True


def _check_size(size: int) -> None:
    if size > limits.MAX_DECOMPRESSED_BYTES:
        raise too_large_unpacked()


def _convert_workbook(content: bytes, sheet: str | None) -> Converted:
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        worksheets = [entry for entry in workbook.sheets_metadata if entry.typ == SheetTypeEnum.WorkSheet]
        visible = [entry.name for entry in worksheets if entry.visible == SheetVisibleEnum.Visible]
        names = tuple(visible or (entry.name for entry in worksheets))
        if sheet is not None and sheet not in names:
            raise _no_such_sheet(sheet, names)
        rows = {name: _sheet_rows(workbook, name) for name in (names if sheet is None else [sheet])}
    except (CalamineError, OSError, ValueError) as error:
        raise DataError(
            "The workbook cannot be read.",
            "It is damaged, protected by a password, or another kind of document.",
            "Open it in a spreadsheet program, save it without a password, and upload that file.",
            place="upload",
        ) from error
    used = _largest(rows)
    if used is None:
        raise DataError(
            "The workbook has no sheet with a table.",
            "All its sheets are empty.",
            "Upload the workbook with the cells that you see in your spreadsheet program.",
            place="upload",
        )
    return Converted(_to_csv(rows[used]), sheets=names, sheet=used, n_failed=_count_failed_cells(content))


def _count_failed_cells(content: bytes) -> int:
    """Return the number of cells with an error or a formula without a result, in a workbook of Excel 2007."""
    if not content.startswith(_ZIP):
        return 0
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = [name for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
        return sum(len(_FAILED_CELL.findall(archive.read(name))) for name in parts)


def _no_such_sheet(sheet: str, names: Iterable[str]) -> DataError:
    return DataError(
        f"The workbook has no sheet ‘{sheet}’.",
        f"Its sheets are {quoted_list(names)}.",
        "Choose one of them.",
        place="data.sheet",
    )


def _sheet_rows(workbook: Any, name: str) -> list[list[str]]:
    sheet = workbook.get_sheet_by_name(name)
    rows = [list(map(_cell_text, row)) for row in sheet.iter_rows()]
    _fill_merged_downwards(rows, sheet)
    # A cell far away that holds a space, or only a format, is no column.
    width = max((number for row in rows for number, cell in enumerate(row, 1) if cell.strip()), default=0)
    return [row[:width] for row in rows]


def _fill_merged_downwards(rows: list[list[str]], sheet: Any) -> None:
    """Repeat a cell that is merged over several rows in each of them, as a person reads it."""
    left = sheet.start[1] if sheet.start else 0
    for (first_row, first), (last_row, _) in sheet.merged_cell_ranges or ():
        merged, column = rows[first_row : last_row + 1], first - left
        if merged and 0 <= column < len(merged[0]):
            for row in merged[1:]:
                row[column] = row[column] or merged[0][column]


def _largest(rows: dict[str, list[list[str]]]) -> str | None:
    """Return the name of the sheet with the most cells that are not empty, the first of equal ones."""
    sizes = {name: sum(bool(cell) for row in sheet for cell in row) for name, sheet in rows.items()}
    return max((name for name in sizes if sizes[name]), key=lambda name: sizes[name], default=None)


def _convert_parquet(content: bytes) -> Converted:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with _naming_damage("Parquet"):
        file = pq.ParquetFile(pa.BufferReader(content))
        metadata = file.metadata
        _check_size(
            sum(metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups))
        )
        return _convert_batches(file.schema_arrow.names, file.iter_batches(_BATCH_ROWS))


def _convert_arrow(content: bytes) -> Converted:
    import pyarrow as pa

    with _naming_damage("Arrow"), pa.ipc.open_file(pa.BufferReader(content)) as file:
        batches = (file.get_batch(number) for number in range(file.num_record_batches))
        return _convert_batches(file.schema.names, _within_size(batches))


def _convert_arrow_stream(content: bytes) -> Converted:
    import pyarrow as pa

    with _naming_damage("Arrow"), pa.ipc.open_stream(pa.BufferReader(content)) as stream:
        return _convert_batches(stream.schema.names, _within_size(stream))


def _within_size(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    size = 0
    for batch in batches:
        size += batch.nbytes
        _check_size(size)
        yield batch


def _convert_batches(names: Sequence[str], batches: Iterable[pa.RecordBatch]) -> Converted:
    rows = (
        map(_cell_text, row)
        for batch in batches
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True)
    )
    return Converted(_to_csv([names, *rows]), header=1)


@contextmanager
def _naming_damage(file_format: str) -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DataError(
            f"The {file_format} file is damaged.",
            f"It starts like a file in the {file_format} format, but cannot be read completely.",
            "Write or download it again, or upload the table as CSV.",
            place="upload",
        ) from error


def _convert_arff(content: bytes) -> Converted:
    """Convert a file of Weka: lines that declare the columns above comma-separated rows."""
    lines = iter(content.decode("utf-8-sig", errors="replace").splitlines())
    above = list(takewhile(lambda line: not line.strip().lower().startswith("@data"), lines))
    names = [_unquoted(found[1]) for line in above if (found := _ARFF_ATTRIBUTE.match(line.strip()))]
    rows = (line for line in map(str.strip, lines) if line and not line.startswith("%"))
    # Behind a row may stand its weight.
    cells = ([_unquoted(cell) for cell in _ARFF_CELL.findall(row)][: len(names)] for row in rows)
    return Converted(_to_csv([names, *cells]), header=1)


def _unquoted(text: str) -> str:
    text = text.strip()
    is_quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if is_quoted else text


def _convert_json(content: bytes, chosen: str | None) -> Converted | None:
    """Convert JSON lines, or lists of objects or of lists; return ``None`` for text that is no JSON."""
    text = content.decode(json.detect_encoding(content[:4]), errors="replace").lstrip("\ufeff")
    try:
        tables = json_tables(_parse_json(text))
    except (ValueError, RecursionError):
        if _JSON_BEGINS.match(text):
            raise DataError(
                "The JSON is damaged.",
                "It begins like a list of objects, but ends or continues in another way.",
                "Write or download the file again, or upload the table as CSV.",
                place="upload",
            ) from None
        return None
    if not tables:
        raise DataError(
            "This is a JSON document, but not a table.",
            "A table in JSON is a list of objects, each of which is a row, or has one object per line.",
            "Upload such a list, or the table as CSV.",
            place="upload",
        )
    if chosen is not None and chosen not in tables:
        raise _no_such_sheet(chosen, tables)
    name = chosen or max(tables, key=lambda each: len(tables[each]))
    header, *rows = tables[name]
    if len(header) > limits.MAX_COLUMNS:
        raise too_many_columns(len(header))
    names = tuple(tables) if len(tables) > 1 else ()
    return Converted(_to_csv([map(_cell_text, row) for row in (header, *rows)]), 1, names, name, "list")


def _parse_json(text: str) -> Any:
    lines = [line for line in text.splitlines() if line.strip()]
    if lines and lines[0].lstrip().startswith("{") and len(lines) > 1:
        try:
            return [json.loads(line) for line in lines]
        except ValueError:
            pass  # one document over several lines
    return json.loads(text)


def _cell_text(value: object) -> str:
    """Write a cell as a person would in CSV."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return str(value).lower()
        case float() if value.is_integer() and abs(value) < 2**53:
            return str(int(value))
        case datetime() if value.time() == datetime.min.time():
            return value.date().isoformat()
        case datetime():
            return value.isoformat(" ", "seconds")
        case date():
            return value.isoformat()
        case dict() | list():
            return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _to_csv(rows: Iterable[Iterable[str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in rows:
        writer.writerow(list(row))
    return text.getvalue().encode()
