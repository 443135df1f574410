"""Workbooks of Excel and OpenDocument, and Parquet files."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from benchmarks.corpus.sample import Sample
from benchmarks.corpus.spreadsheets import Cell, Row, Sheet, row, rows_of, to_ods, to_xlsx
from benchmarks.corpus.tables import Column, Style, Table, grid, numbers
from benchmarks.corpus.topics import (
    bikes,
    boutique,
    cars,
    football,
    loans,
    patients,
    seeded,
    soil,
    survey,
    trees,
    weather,
    wine,
)
from benchmarks.corpus.truth import Truth

_COVER = Sheet((row("Annual report"), row(), row("Contents", "see the next sheet"), row("Author", "Kaya")))
_INVOICE = grid(
    """
article  | price | pieces | total | express
lamp     | 24.5  | 2      | 49    | yes
chair    | 80    | 6      | 480   | no
table    | 310   | 1      | 310   | no
shelf    | 65.25 | 3      | 195.75| yes
mirror   | 41    | 2      | 82    | no
carpet   | 129   | 1      | 129   | yes
""",
    ["price", "pieces", "total"],
)
_MEMBERS = grid(
    """
name   | joined     | age | postcode
Ana    | 2019-03-14 | 34  | 01067
Bo     | 2020-11-02 | 41  | 04103
Chloé  | 2018-07-30 | 29  | 09111
Dev    | 2021-01-19 | 52  | 06108
Eun    | 2022-05-05 | 38  | 03042
Fay    | 2017-12-24 | 47  | 01099
""",
    ["age"],
)
_VOTES = grid(
    """
district | voted | share | counted
Harbour  | 812   | 0.64  | TRUE
Centre   | 1204  | 0.71  | TRUE
North    | 655   | 0.58  | FALSE
Riverside| 930   | 0.66  | TRUE
Hill     | 401   | 0.49  | FALSE
Airport  | 77    | 0.35  | TRUE
""",
    ["voted", "share"],
)


def excel() -> Iterator[Sample]:
    """Yield workbooks of Excel."""
    table = seeded(patients, 290, 18)
    yield _excel("one-sheet", table, {"Sheet1": Sheet(rows_of(table))}, "Sheet1")
    table = seeded(survey, 291, 20)
    yield _excel("texts", table, {"Answers": Sheet(rows_of(table))}, "Answers")
    table = seeded(cars, 292, 16)
    yield _excel(
        "cover-page-first", table, {"Cover": _COVER, "Data 2023": Sheet(rows_of(table))}, "Data 2023"
    )
    table = seeded(soil, 293, 15)
    lists = Sheet([row("forest"), row("pasture"), row("arable")], hidden=True)
    yield _excel("hidden-sheet", table, {"Lists": lists, "Plots": Sheet(rows_of(table))}, "Plots")
    table = seeded(trees, 294, 14)
    titled = Sheet([row("Street trees"), row("as of May"), row(), *rows_of(table)])
    yield _excel(
        "title-above", table, {"Trees": titled}, "Trees", skip_rows=3, left_out=("Street trees", "as of May")
    )
    table = seeded(football, 295, 15)
    away = Sheet([row(), row(), *([Cell(), *cells] for cells in rows_of(table))])
    yield _excel("begins-in-b3", table, {"League": away}, "League", skip_rows=2)
    table = seeded(wine, 296, 16)
    noted = Sheet([*rows_of(table), row(), row("Source: own measurements")])
    yield _excel("footnote", table, {"Wines": noted}, "Wines", left_out=("Source: own measurements",))
    table = seeded(boutique, 297, 14)
    split = [[*cells[:2], Cell(), *cells[2:]] for cells in rows_of(table)]
    yield _excel("empty-column", table, {"Feuille1": Sheet(split)}, "Feuille1")


def excel_headers() -> Iterator[Sample]:
    """Yield workbooks with merged cells in the header."""
    names = ("plot", "2021 pH", "2021 clay", "2022 pH", "2022 clay", "use")
    table = _two_visits().renamed(*names)
    low = row("plot", "pH", "clay", "pH", "clay", "use")
    top = row(None, 2021, None, 2022, None, None)
    body = rows_of(table, header=False)
    yield _excel(
        "merged-years", table, {"Soil": Sheet([top, low, *body], ("B1:C1", "D1:E1"))}, "Soil", header_rows=2
    )
    names = ("Plot", "First visit pH", "First visit clay", "Second visit pH", "Second visit clay", "Use")
    table = _two_visits().renamed(*names)
    top = row("Plot", "First visit", None, "Second visit", None, "Use")
    low = row(None, "pH", "clay", "pH", "clay", None)
    merged = ("A1:A2", "B1:C1", "D1:E1", "F1:F2")
    yield _excel("merged-both-ways", table, {"Soil": Sheet([top, low, *body], merged)}, "Soil", header_rows=2)
    table = seeded(trees, 298, 12)
    titled = Sheet([row("Street trees of the town"), *rows_of(table)], ("A1:F1",))
    yield _excel(
        "merged-title", table, {"T": titled}, "T", skip_rows=1, left_out=("Street trees of the town",)
    )


def excel_cells() -> Iterator[Sample]:
    """Yield workbooks with formulas, dates, percentages, booleans, amounts and errors."""
    rows = rows_of(_INVOICE)
    computed = [
        [*cells[:3], Cell(cells[3].value, formula=f"B{number}*C{number}"), cells[4]]
        for number, cells in enumerate(rows[1:], 2)
    ]
    yield _excel("formulas", _INVOICE, {"Invoice": Sheet([rows[0], *computed])}, "Invoice")
    dated = [
        [cells[0], Cell(date.fromisoformat(str(cells[1].value)), "date"), *cells[2:]]
        for cells in rows_of(_MEMBERS, header=False)
    ]
    yield _excel("dates-and-codes", _MEMBERS, {"Members": Sheet([row(*_MEMBERS.names), *dated])}, "Members")
    yield _excel("percent-and-booleans", _VOTES, {"Votes": Sheet(_votes())}, "Votes")
    money = _INVOICE.renamed("article", "price", "pieces", "total", "express")
    styled = [[cells[0], Cell(cells[1].value, "dollars"), *cells[2:]] for cells in rows[1:]]
    price = numbers("price", money.columns[1].numbers or (), Style(2, group=",", before="$"))
    shown = Table((money.columns[0], price, *money.columns[2:]))
    yield _excel("dollars", shown, {"Prices": Sheet([rows[0], *styled])}, "Prices")
    failed = _INVOICE.with_cell(2, "total", "#DIV/0!").with_cell(4, "price", "#N/A")
    wrong = [list(cells) for cells in rows]
    wrong[3][3], wrong[5][1] = Cell("#DIV/0!", formula="B4/0"), Cell("#N/A")
    yield _excel("errors", failed, {"Invoice": Sheet(wrong)}, "Invoice")
    table = seeded(weather, 299, 15)
    as_text = [row(*cells) for cells in (table.names, *table.rows)]
    yield _excel("numbers-as-text", table, {"Weather": Sheet(as_text)}, "Weather")
    comma = seeded(weather, 300, 15, ",")
    as_text = [row(*cells) for cells in (comma.names, *comma.rows)]
    yield _excel("numbers-as-text-decimal-comma", comma, {"Wetter": Sheet(as_text)}, "Wetter", decimal=",")
    holed = (
        seeded(loans, 301, 16)
        .with_cell(3, "income", None)
        .with_cell(9, "region", None)
        .with_cell(12, "rate", None)
    )
    yield _excel("empty-cells", holed, {"Loans": Sheet(rows_of(holed))}, "Loans")


def open_document() -> Iterator[Sample]:
    """Yield workbooks of OpenDocument."""
    table = seeded(bikes, 302, 15)
    yield _open("one-sheet", table, {"Tabelle1": Sheet(rows_of(table))}, "Tabelle1")
    table = seeded(soil, 303, 14)
    yield _open("cover-page-first", table, {"Cover": _COVER, "Soil": Sheet(rows_of(table))}, "Soil")
    table = seeded(cars, 304, 14)
    titled = Sheet([row("Used cars"), row(), *rows_of(table)])
    yield _open("title-above", table, {"Cars": titled}, "Cars", skip_rows=2, left_out=("Used cars",))
    yield _open("percent-and-booleans", _VOTES, {"Votes": Sheet(_votes())}, "Votes")


def parquet() -> Iterator[Sample]:
    """Yield Parquet files."""
    for topic, seed in ((wine, 305), (trees, 306), (loans, 307)):
        yield _parquet(topic.__name__, seeded(topic, seed, 16))
    yield _parquet("gaps", seeded(patients, 308, 14).with_cell(2, "sex", None).with_cell(5, "BMI", None))


def _excel(name: str, table: Table, sheets: Mapping[str, Sheet], sheet: str, **truth: Any) -> Sample:
    return Sample(f"workbooks.excel-{name}", "xlsx", to_xlsx(sheets), _truth(table, sheet=sheet, **truth))


def _open(name: str, table: Table, sheets: Mapping[str, Sheet], sheet: str, **truth: Any) -> Sample:
    return Sample(f"workbooks.open-{name}", "ods", to_ods(sheets), _truth(table, sheet=sheet, **truth))


def _parquet(name: str, table: Table) -> Sample:
    import pyarrow as pa
    import pyarrow.parquet as pq

    stored = pa.table(
        {
            column.name: pa.array(column.cells if column.numbers is None else column.numbers)
            for column in table.columns
        }
    )
    buffer = io.BytesIO()
    pq.write_table(stored, buffer)
    return Sample(f"parquet.{name}", "parquet", buffer.getvalue(), _truth(table))


def _truth(table: Table, **changes: Any) -> Truth:
    fields: dict[str, Any] = {
        "columns": table.names,
        "rows": table.rows,
        "numbers": table.numbers,
        "units": table.units,
        "header_rows": 1,
    }
    return Truth(**fields | changes)


def _votes() -> Sequence[Row]:
    names, *rows = rows_of(_VOTES)
    return [
        names,
        *(
            [cells[0], cells[1], Cell(cells[2].value, "percent"), Cell(cells[3].value == "TRUE")]
            for cells in rows
        ),
    ]


def _two_visits() -> Table:
    first, second = seeded(soil, 309, 13), seeded(soil, 310, 13)
    columns: tuple[Column, ...] = (*first.columns[:3], *second.columns[1:3], first.columns[4])
    return Table(columns)
