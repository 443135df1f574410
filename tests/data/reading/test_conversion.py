"""Tables in other formats are read like the same table as CSV."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date, datetime

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from qenn_core import limits
from qenn_core.errors import DataError

NAMES = ["town", "people", "share", "founded", "coast"]
RECORDS = [
    {"town": "Łódź", "people": 655279, "share": 1.75, "founded": date(1423, 7, 29), "coast": False},
    {"town": 'a "quoted", name', "people": None, "share": 0.5, "founded": date(1900, 1, 2), "coast": True},
    {"town": "two\nlines", "people": 12, "share": -3.0, "founded": None, "coast": True},
]
ROWS = [
    ["Łódź", "655279", "1.75", "1423-07-29", "false"],
    ['a "quoted", name', None, "0.5", "1900-01-02", "true"],
    ["two\nlines", "12", "-3", None, "true"],
]


def workbook(**sheets: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def parquet(records: list[dict[str, object]]) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(records), buffer)
    return buffer.getvalue()


def arrow(records: list[dict[str, object]]) -> bytes:
    buffer, table = io.BytesIO(), pa.Table.from_pylist(records)
    with pa.ipc.new_file(buffer, table.schema) as writer:
        writer.write_table(table)
    return buffer.getvalue()


def arrow_stream(records: list[dict[str, object]]) -> bytes:
    buffer, table = io.BytesIO(), pa.Table.from_pylist(records)
    with pa.ipc.new_stream(buffer, table.schema) as writer:
        writer.write_table(table)
    return buffer.getvalue()


def open_document(rows: list[list[str]]) -> bytes:
    cells = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>'
            for cell in row
        )
        + "</table:table-row>"
        for row in rows
    )
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    content = (
        f'<office:document-content {spaces}><office:body><office:spreadsheet><table:table table:name="A">'
        f"{cells}</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        packed.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
        packed.writestr("content.xml", content)
    return buffer.getvalue()


# Workbooks know no dates before 1900.
AS_TEXT = [{**record, "founded": str(record["founded"] or "") or None} for record in RECORDS]
FILES = {
    "workbook": workbook(Towns=[NAMES, *([record[name] for name in NAMES] for record in AS_TEXT)]),
    "parquet": parquet(RECORDS),
    "json lines": "\n".join(map(json.dumps, AS_TEXT)).encode() + b"\n",
    "json array": json.dumps(AS_TEXT, indent=2).encode(),
    "json array in an object": json.dumps({"n": 3, "towns": AS_TEXT, "by": [{"name": "us"}]}).encode(),
    "json of lists": json.dumps([NAMES, *([record[name] for name in NAMES] for record in AS_TEXT)]).encode(),
    "json in UTF-16": json.dumps(AS_TEXT).encode("utf-16"),
    "json of columns": json.dumps(
        {name: {str(k): record[name] for k, record in enumerate(AS_TEXT)} for name in NAMES}
    ).encode(),
    "json of a data frame": json.dumps(
        {
            "columns": NAMES,
            "index": [0, 1, 2],
            "data": [[record[name] for name in NAMES] for record in AS_TEXT],
        }
    ).encode(),
    "json of a map": json.dumps(
        {
            "type": "FeatureCollection",
            "features": [{"type": "Feature", "properties": each} for each in AS_TEXT],
        }
    ).encode(),
    "arrow": arrow(RECORDS),
    "arrow stream": arrow_stream(RECORDS),
}


def test_one_of_several_lists_in_json_can_be_chosen(read):
    rows = [{"x": k, "kind": "ab"[k % 2]} for k in range(9)]
    content = json.dumps({"train": rows, "test": rows[:4], "by": "us"}).encode()
    got = read(content)
    assert len(got.rows) == 9
    assert "2 lists; ‘train’ is used" in got.notes
    assert len(read(content, sheet="test").rows) == 4


def test_many_names_in_json_are_refused_soon(read):
    content = json.dumps([{f"a{k}": k} for k in range(20_000)]).encode()
    with pytest.raises(DataError, match="columns, more than the"):
        read(content)


def test_errors_and_formulas_without_results_are_counted(read):
    rows = [["x", "y", "kind"], *([k, f"=A{k + 2}*2", "ab"[k % 2]] for k in range(6))]
    rows[2][0] = "#REF!"
    got = read(workbook(A=rows))
    assert "7 cells with an error, or with a formula" in got.notes
    assert "error" not in read(workbook(A=[["x", "kind"], [1, "a"], [2, "b"]])).notes


def test_cells_far_away_with_a_space_are_no_columns(read):
    rows = [["x", "kind", *[None] * 900, " "], [1, "a"], [2, "b"]]
    assert read(workbook(A=rows)).names == ["x", "kind"]


@pytest.mark.parametrize("name", FILES)
def test_table_is_read_like_its_csv(name, read):
    got = read(FILES[name])
    assert got.names == NAMES
    assert got.rows == ROWS
    assert got.reading.header == 1
    assert not got.reading.raw.is_text


def test_open_document_is_read(read):
    got = read(open_document([["size", "kind"], ["1,5", "a"], ["2,5", "b"], ["3,25", "a"]]))
    assert (got.names, got.rows[0]) == (["size", "kind"], ["1.5", "a"])


def test_dates_and_times_of_a_workbook_are_written_in_iso_format(read):
    rows = [["day", "at"], [date(2024, 1, 31), datetime(2024, 1, 31, 12, 5)], [date(2024, 2, 1), None]]
    assert read(workbook(A=rows)).rows[0] == ["2024-01-31", "2024-01-31 12:05:00"]


def test_title_and_merged_names_of_a_workbook_are_understood(read):
    rows = [
        ["Harvest"],
        [],
        [None, "2023", None],
        ["tree", "apples", "pears"],
        ["A", 5, 7],
        ["B", 6, 8],
        ["C", 1, 2],
    ]
    got = read(workbook(A=rows))
    assert got.names == ["tree", "2023 apples", "2023 pears"]
    assert got.rows[0] == ["A", "5", "7"]


def test_cells_merged_over_rows_hold_for_each_of_them(read):
    book = openpyxl.load_workbook(
        io.BytesIO(
            workbook(
                A=[
                    [],
                    [None, "group", "x"],
                    *([None, "AB"[k // 3] if k % 3 == 0 else None, k] for k in range(6)),
                ]
            )
        )
    )
    for first in (3, 6):
        book["A"].merge_cells(start_row=first, end_row=first + 2, start_column=2, end_column=2)
    buffer = io.BytesIO()
    book.save(buffer)
    got = read(buffer.getvalue())
    assert [row[0] for row in got.rows] == list("AAABBB")


ARFF = """% a comment
@relation flowers

@ATTRIBUTE 'sepal length' NUMERIC
@attribute width real
@attribute kind {'Iris setosa',other}

@data
5.1,3.5,'Iris setosa'
% another
4.9,?,other,{5}
4.7,3.2,"Iris setosa"
"""


def test_arff_is_read(read):
    got = read(ARFF)
    assert got.names == ["sepal length", "width", "kind"]
    assert got.rows == [["5.1", "3.5", "Iris setosa"], ["4.9", None, "other"], ["4.7", "3.2", "Iris setosa"]]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (workbook(A=[["a", "b"], [1, 2]])[:-200], "damaged workbook"),
        (b"ARROW1\x00\x00" + bytes(range(100)), "Arrow file is damaged"),
        (
            json.dumps({"features": [{"a": {"x": 1}}, {"a": {"x": 2}}]}).encode(),
            "JSON document, but not a table",
        ),
    ],
)
def test_damaged_or_nested_content_is_named(content, what, read):
    with pytest.raises(DataError, match=what):
        read(content)


def test_largest_sheet_is_used_until_another_is_chosen(read):
    content = workbook(
        Cover=[["Made by us"], ["for you"]],
        Data=[["x", "kind"], *([number, "ab"[number % 2]] for number in range(30))],
        More=[["x", "kind"], [1, "c"], [2, "d"]],
    )
    got = read(content)
    assert len(got.rows) == 30
    assert got.reading.sheet == "Data"
    assert got.reading.raw.sheets == ("Cover", "Data", "More")
    assert "3 sheets; ‘Data’ is used" in got.notes
    assert read(content, sheet="More").rows == [["1", "c"], ["2", "d"]]
    with pytest.raises(DataError, match="only one column") as caught:
        read(content, sheet="Cover")
    assert caught.value.raw.sheets == ("Cover", "Data", "More"), "another can be chosen"
    with pytest.raises(DataError, match="no sheet ‘Other’"):
        read(content, sheet="Other")


def test_workbook_without_cells_is_refused(read):
    with pytest.raises(DataError, match="no sheet with a table"):
        read(workbook(A=[], B=[]))


@pytest.mark.parametrize("name", ["workbook", "parquet"])
def test_formats_are_not_unpacked_beyond_the_limit(name, read, monkeypatch):
    monkeypatch.setattr(limits, "MAX_DECOMPRESSED_BYTES", 100)
    with pytest.raises(DataError, match="Unpacked"):
        read(FILES[name])


def test_text_that_begins_like_json_is_text(read):
    got = read("[size],{kind}\n1,a\n2,b\n3,a\n")
    assert got.names == ["[size]", "{kind}"]
