"""Workbooks of Excel and OpenDocument, written without a library so that they never change by a byte."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from xml.sax.saxutils import escape

from benchmarks.corpus.tables import Table

# The number formats of Excel, in the order of their styles.
_FORMATS = {"general": 0, "date": 164, "percent": 9, "two places": 2, "dollars": 165}
_FIRST_DAY = date(1899, 12, 30)
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_OPEN = "urn:oasis:names:tc:opendocument:xmlns"
_OPEN_SHEET = "application/vnd.oasis.opendocument.spreadsheet"


@dataclass(frozen=True)
class Cell:
    """A cell of a sheet: its value, its format, and the formula whose result the value is."""

    value: str | float | bool | date | None = None
    form: str = "general"
    formula: str = ""


Row = Sequence[Cell]


@dataclass(frozen=True)
class Sheet:
    """A sheet: its rows from the top left cell, its merged ranges, and whether it is hidden."""

    rows: Sequence[Row]
    merged: tuple[str, ...] = ()
    hidden: bool = False


def row(*values: str | float | bool | date | None) -> Row:
    """Return cells of values."""
    return [Cell(value, "date" if isinstance(value, date) else "general") for value in values]


def rows_of(table: Table, *, header: bool = True) -> list[Row]:
    """Return the rows of a table, with numbers as such."""
    columns: list[tuple[str | float | None, ...]] = [
        column.cells if column.numbers is None else column.numbers for column in table.columns
    ]
    names = [row(*table.names)] if header else []
    return names + [row(*cells) for cells in zip(*columns, strict=True)]


def to_xlsx(sheets: Mapping[str, Sheet]) -> bytes:
    """Return a workbook of Excel."""
    numbers = range(1, len(sheets) + 1)
    parts = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_EXCEL}.worksheet+xml"/>'
        for n in numbers
    )
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}"{_state(sheet)} r:id="rId{n}"/>'
        for n, (name, sheet) in zip(numbers, sheets.items(), strict=True)
    )
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{_RELATED}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    files = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_EXCEL}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_EXCEL}.styles+xml"/>{parts}</Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_RELATED}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATED}">'
        f"<sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{related}'
        f'<Relationship Id="rId{len(sheets) + 1}" Type="{_RELATED}/styles" Target="styles.xml"/>'
        "</Relationships>",
        "xl/styles.xml": _styles(),
    }
    for n, sheet in zip(numbers, sheets.values(), strict=True):
        files[f"xl/worksheets/sheet{n}.xml"] = _excel_sheet(sheet)
    return _packed({name: _HEAD + text for name, text in files.items()})


def to_ods(sheets: Mapping[str, Sheet]) -> bytes:
    """Return a workbook of OpenDocument."""
    tables = "".join(
        f'<table:table table:name="{escape(name)}">{"".join(map(_open_row, sheet.rows))}</table:table>'
        for name, sheet in sheets.items()
    )
    spaces = " ".join(f'xmlns:{name}="{_OPEN}:{name}:1.0"' for name in ("office", "table", "text"))
    return _packed(
        {
            "mimetype": _OPEN_SHEET,
            "META-INF/manifest.xml": f'{_HEAD}<manifest:manifest xmlns:manifest="{_OPEN}:manifest:1.0" '
            'manifest:version="1.2">'
            f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_OPEN_SHEET}"/>'
            '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
            "</manifest:manifest>",
            "content.xml": f'{_HEAD}<office:document-content {spaces} office:version="1.2"><office:body>'
            f"<office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>",
        }
    )


def _state(sheet: Sheet) -> str:
    return ' state="hidden"' if sheet.hidden else ""


def _styles() -> str:
    formats = "".join(f'<xf numFmtId="{number}" applyNumberFormat="1"/>' for number in _FORMATS.values())
    return (
        f'<styleSheet xmlns="{_MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
        '<numFmt numFmtId="165" formatCode="&quot;$&quot;#,##0.00"/></numFmts>'
        '<fonts><font/></fonts><fills><fill><patternFill patternType="none"/></fill></fills>'
        "<borders><border/></borders>"
        f"<cellStyleXfs><xf/></cellStyleXfs><cellXfs>{formats}</cellXfs></styleSheet>"
    )


def _excel_sheet(sheet: Sheet) -> str:
    rows = "".join(
        f'<row r="{number}">{"".join(_excel_cells(number, cells))}</row>'
        for number, cells in enumerate(sheet.rows, 1)
        if any(cell.value is not None for cell in cells)
    )
    ranges = "".join(f'<mergeCell ref="{name}"/>' for name in sheet.merged)
    merged = f"<mergeCells>{ranges}</mergeCells>" if ranges else ""
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData>{merged}</worksheet>'


def _excel_cells(number: int, cells: Row) -> Iterator[str]:
    for position, cell in enumerate(cells):
        place = f'r="{chr(ord("A") + position)}{number}" s="{list(_FORMATS).index(cell.form)}"'
        formula = f"<f>{escape(cell.formula)}</f>" if cell.formula else ""
        match cell.value:
            case None:
                continue
            case bool():
                yield f'<c {place} t="b">{formula}<v>{int(cell.value)}</v></c>'
            case date():
                yield f"<c {place}>{formula}<v>{(cell.value - _FIRST_DAY).days}</v></c>"
            case str() if cell.value.startswith("#"):
                yield f'<c {place} t="e">{formula}<v>{cell.value}</v></c>'
            case str() if formula:
                yield f'<c {place} t="str">{formula}<v>{escape(cell.value)}</v></c>'
            case str():
                yield f'<c {place} t="inlineStr"><is><t>{escape(cell.value)}</t></is></c>'
            case _:
                yield f"<c {place}>{formula}<v>{cell.value!r}</v></c>"


def _open_row(cells: Row) -> str:
    return f"<table:table-row>{''.join(map(_open_cell, cells))}</table:table-row>"


def _open_cell(cell: Cell) -> str:
    match cell.value:
        case None:
            return "<table:table-cell/>"
        case bool():
            kind, shown = f'boolean" office:boolean-value="{str(cell.value).lower()}', str(cell.value).upper()
        case date():
            kind, shown = f'date" office:date-value="{cell.value.isoformat()}', cell.value.isoformat()
        case str():
            kind, shown = "string", escape(cell.value)
        case _ if cell.form == "percent":
            kind, shown = f'percentage" office:value="{cell.value!r}', f"{cell.value:.0%}"
        case _:
            kind, shown = f'float" office:value="{cell.value!r}', f"{cell.value:g}"
    return f'<table:table-cell office:value-type="{kind}"><text:p>{shown}</text:p></table:table-cell>'


def _packed(files: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), text)
    return buffer.getvalue()
