"""Tables that are packed or in JSON, and files that hold no table."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

from benchmarks.corpus.languages import answers
from benchmarks.corpus.sample import Sample
from benchmarks.corpus.tables import Table
from benchmarks.corpus.topics import bikes, energie, loans, patients, seeded, soil, trees, weather
from benchmarks.corpus.truth import Truth
from benchmarks.corpus.writing import Writing, sample


def packed() -> Iterator[Sample]:
    """Yield gzipped files."""
    for topic, how in (
        (weather, Writing(",")),
        (energie, Writing(";", decimal=",", text_encoding="cp1252")),
        (bikes, Writing("\t", line_end="\r\n")),
    ):
        made = sample(f"gzip.{topic.__name__}", seeded(topic, 320, 20, how.decimal), how, extension="csv.gz")
        yield replace(made, content=gzip.compress(made.content, mtime=0))


def json_tables() -> Iterator[Sample]:
    """Yield lists of objects, and objects in lines."""
    gaps = seeded(patients, 321, 14).with_cell(3, "BMI", None).with_cell(8, "sex", None)
    for name, table in (
        ("loans", seeded(loans, 322, 12)),
        ("gaps", gaps),
        ("japanese", answers("japanese", 12, 323)),
    ):
        lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in _records(table))
        yield _json(f"lines-{name}", table, "jsonl", lines)
        yield _json(f"list-{name}", table, "json.txt", json.dumps(_records(table), indent=2))
    table = seeded(soil, 324, 12)
    yield _json("list-in-one-line", table, "json.txt", json.dumps(_records(table), separators=(",", ":")))
    yield _json("list-with-a-mark", table, "json.txt", "\ufeff" + json.dumps(_records(table)))
    sparse = seeded(trees, 325, 12).with_cell(0, "girth", None).with_cell(5, "condition", None)
    lines = "".join(
        json.dumps({name: value for name, value in record.items() if value is not None}) + "\r\n"
        for record in _records(sparse)
    )
    names = [*sparse.names[:3], *sparse.names[4:], "girth"]
    columns = tuple(sparse.columns[sparse.names.index(name)] for name in names)
    yield _json("lines-with-missing-keys", Table(columns), "ndjson", lines)


def no_tables() -> Iterator[Sample]:
    """Yield files that hold no table, or one that only a browser shows."""
    for name, extension, word, text in (
        (
            "json-settings",
            "json.txt",
            "JSON",
            json.dumps({"theme": "dark", "size": 12, "tabs": ["a", "b"]}, indent=2),
        ),
        ("json-map", "json.txt", "JSON", json.dumps(_map())),
        ("json-numbers", "json.txt", "JSON", "[3, 1, 4, 1, 5, 9, 2, 6]"),
        ("html", "html", "web page", _PAGE),
        ("html-after-blanks", "csv", "web page", f"\n\n  {_PAGE.replace('!DOCTYPE html', '!doctype HTML')}"),
        ("html-with-a-mark", "csv", "web page", "\ufeff" + _PAGE),
        ("html-without-type", "csv", "web page", _PAGE.partition("\n")[2]),
        ("html-after-a-comment", "html", "web page", f"<!-- saved on 2023-02-01 -->\n{_PAGE}"),
        ("html-table-as-workbook", "xls", "web page", _PAGE.partition("<p>")[2].partition("</p>\n")[2]),
        ("xml", "xml", "XML", f'<?xml version="1.0"?>\n{_XML}'),
        ("xml-without-declaration", "xml", "XML", _XML),
        (
            "svg",
            "svg",
            "XML",
            '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">\n<path d="M0,0"/>\n</svg>\n',
        ),
    ):
        yield _refused(name, extension, word, text.encode())
    for name, extension, word, content in (
        (
            "pdf",
            "pdf",
            "PDF",
            b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n" + _noise(1),
        ),
        ("png", "png", "image", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + _noise(2)),
        ("jpeg", "jpg", "image", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + _noise(3)),
        ("zip", "zip", "zip", _zip()),
        ("noise", "dat", "text", _noise(4)),
        ("sqlite", "db", "SQLite", b"SQLite format 3\x00\x10\x00" + _noise(5)),
        ("word-document", "docx", "document", _document()),
    ):
        yield _refused(name, extension, word, content)


_PAGE = """<!DOCTYPE html>
<html><head><title>Results, 2023</title></head>
<body>
<h1>Results</h1><p>Team, points; all days</p>
<table>
<tr><th>Team</th><th>Points</th></tr>
<tr><td>Rovers</td><td>41</td></tr>
<tr><td>United</td><td>38</td></tr>
</table>
</body></html>
"""
_XML = """<orders>
  <order id="1" price="4,50"><item>soap</item></order>
  <order id="2" price="9,25"><item>lamp</item></order>
  <order id="3" price="1,75"><item>candle</item></order>
</orders>
"""


def _records(table: Table) -> list[dict[str, str | float | None]]:
    columns = [
        column.cells if column.numbers is None else [_number(value) for value in column.numbers]
        for column in table.columns
    ]
    return [dict(zip(table.names, cells, strict=True)) for cells in zip(*columns, strict=True)]


def _number(value: float | None) -> float | None:
    return int(value) if value is not None and value % 1 == 0 else value


def _json(name: str, table: Table, extension: str, text: str) -> Sample:
    truth = Truth(
        columns=table.names,
        rows=table.rows,
        numbers=table.numbers,
        text_encoding="utf-8",
        header_rows=1,
    )
    return Sample(f"json.{name}", extension, text.encode(), truth)


def _refused(name: str, extension: str, word: str, content: bytes) -> Sample:
    return Sample(f"no-tables.{name}", extension, content, Truth(refused=word))


def _map() -> dict[str, Any]:
    places = (("Ulm", 9.99, 48.4), ("Bonn", 7.1, 50.73), ("Kiel", 10.13, 54.32))
    features = [
        {
            "type": "Feature",
            "properties": {"name": name},
            "geometry": {"type": "Point", "coordinates": [x, y]},
        }
        for name, x, y in places
    ]
    return {"type": "FeatureCollection", "features": features}


def _noise(seed: int) -> bytes:
    return Random(seed).randbytes(900)


def _zip() -> bytes:
    return _archive({"readme.txt": "see data.csv\n", "data.csv": "a,b\n1,2\n"})


def _document() -> bytes:
    return _archive({"[Content_Types].xml": "<Types/>", "word/document.xml": "<document/>"})


def _archive(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), text)
    return buffer.getvalue()
