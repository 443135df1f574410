"""Files as people have them: odd quotes, headers and titles. Nothing in them is lost without a word."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from qenn_core.data.column_schema import make_schemas
from qenn_core.data.columns import read_columns
from tests.data.reading.test_detection import File


def lines(*parts: str) -> str:
    return "\n".join(parts) + "\n"


def quoted(delimiter: str, *rows: str) -> str:
    return lines(*(delimiter.join(f'"{cell}"' for cell in row.split("/")) for row in rows))


FILES = {
    "apostrophes that enclose nothing": File(
        lines("name,x,y", *(["'t Hooft,0.8,u", "Bohr,0.5,v", "d'Alembert,0.1,u"] * 8)),
        ["name", "x", "y"],
        ["'t Hooft", "0.8", "u"],
        24,
    ),
    "apostrophes in two of many rows": File(
        lines(
            "name,x,y", *(["Bohr,0.5,v"] * 19), "'t Hooft,0.8,u", *(["Curie,0.1,u"] * 19), "'s Gravesande,1,u"
        ),
        ["name", "x", "y"],
        ["Bohr", "0.5", "v"],
        40,
    ),
    **{
        f"every cell quoted, {delimiter!r}": File(
            quoted(delimiter, "id/a/c", "r1/1/u", "r2/2/v", "r3/3/u"), ["id", "a", "c"], ["r1", "1", "u"], 3
        )
        for delimiter in ";\t|,"
    },
    "every cell quoted, commas inside": File(
        quoted(";", "id/a, in cm/c", "r1, old/1,5/u", "r2, new/2,25/v", "r3/3/u"),
        ["id", "a, in cm", "c"],
        ["r1, old", "1.5", "u"],
        3,
    ),
    "names of columns without cells": File(
        lines("a,b,y,Approve,Reject", "1,0.5,u", "2,0.25,v", "3,0.75,u"),
        ["a", "b", "y", "Approve", "Reject"],
        ["1", "0.5", "u", None, None],
        3,
    ),
    "years as names": File(
        lines("state,2016,2017,kind", "S1,8.4,12.2,a", "S2,7.25,11.5,b", "S3,6.5,13,a"),
        ["state", "2016", "2017", "kind"],
        ["S1", "8.4", "12.2", "a"],
        3,
    ),
    "texts without a header": File(
        lines("red,sweet", "red,sour", "green,sour", "green,sweet", "red,sweet", "red,sour"),
        ["column 1", "column 2"],
        ["red", "sweet"],
        6,
    ),
    "codes without a header": File(
        lines("A1,x", "A2,y", "A3,x", "A4,y", "A5,x"), ["column 1", "column 2"], ["A1", "x"], 5
    ),
    "aligned by spaces without a header": File(
        lines("S1   8.4   12.2  a", "S2   7.2   11.5  b", "S3  16.5   13.0  a"),
        ["column 1", "column 2", "column 3", "column 4"],
        ["S1", "8.4", "12.2", "a"],
        3,
    ),
    "aligned by spaces with a header": File(
        lines("site low  high kind", "S1   8.4   12.2  a", "S2   7.2   11.5  b", "S3  16.5   13.0  a"),
        ["site", "low", "high", "kind"],
        ["S1", "8.4", "12.2", "a"],
        3,
    ),
    "title of two columns": File(
        lines("Summary of spending,", ",", "Label,Amount", "rent,800", "food,300", "fun,50"),
        ["Label", "Amount"],
        ["rent", "800"],
        3,
    ),
    "two header rows": File(
        lines(
            ",Men,,Women,", "Year,low,high,low,high", "2001,1.5,2.5,1,2", "2002,1.25,2.75,1,3", "2003,1,2,1,2"
        ),
        ["Year", "Men low", "Men high", "Women low", "Women high"],
        ["2001", "1.5", "2.5", "1", "2"],
        3,
    ),
    "units below the names": File(
        lines("name,weight,height", ",kg,cm", "Ann,61.5,170", "Bob,75,182", "Cy,80.5,178"),
        ["name", "weight kg", "height cm"],
        ["Ann", "61.5", "170"],
        3,
    ),
    "a stray quote at each line's end": File(
        lines('"a";"b";"c";"', '"x";"1";"2";"', '"y";"3";"4";"', '"z";"5";"6";"'),
        ["a", "b", "c"],
        ["x", "1", "2"],
        3,
    ),
    "row names of R with decimal commas": File(
        lines('"a";"b";"kind"', '"1";1;0,84;"u"', '"2";2;1,25;"v"', '"3";3;0,5;"u"'),
        ["column 1", "a", "b", "kind"],
        ["1", "1", "0.84", "u"],
        3,
    ),
    "carets": File(
        lines("a^b^kind", "1^0.5^u, v", "2^1.5^w", "3^2.5^w"), ["a", "b", "kind"], ["1", "0.5", "u, v"], 3
    ),
    "times in a column": File(
        lines("start;end;day", "12:00;12:30;Mon", "9:15;10:00;Tue", "7:45;9:00;Wed"),
        ["start", "end", "day"],
        ["12:00", "12:30", "Mon"],
        3,
    ),
    "a backslash that escapes nothing": File(
        lines("a,b,n", *["x,y,1"] * 4, 'x,"\\""",2', 'x,"""quoted""",3', *["x,y,4"] * 6),
        ["a", "b", "n"],
        ["x", "y", "1"],
        12,
    ),
    "a backslash beside a number sign": File(
        lines("a,n", *["x,1"] * 6, "'t Hooft,2", "#1,3", '"\\""",4', "x,5"), ["a", "n"], ["x", "1"], 10
    ),
    "decimal commas in a column of texts": File(
        lines("a,b,n", *["x,y,1.125"] * 10, '"1,5","1,5",1.875'), ["a", "b", "n"], ["x", "y", "1.125"], 11
    ),
    "a table in Markdown": File(
        lines("| a | b | kind |", "|---|:---:|---|", "| 1 | 2.5 | x |", "| 2 | 3.5 | y |", "| 3 | 4.5 | x |"),
        ["a", "b", "kind"],
        ["1", "2.5", "x"],
        3,
    ),
    "counted columns": File(
        lines("0,1,2", "5.1,3.5,0", "4.9,3.0,1", "4.7,3.2,0"), ["0", "1", "2"], ["5.1", "3.5", "0"], 3
    ),
    "numbers as names beside a text": File(
        lines("label,0,1,2", "5,0,0,12", "3,0,255,9", "1,7,0,3"),
        ["label", "0", "1", "2"],
        ["5", "0", "0", "12"],
        3,
    ),
    "years as names beside short names": File(
        lines("n,k,2019,2020", "1,2,15,23", "2,2,13,26", "4,1,35,23"),
        ["n", "k", "2019", "2020"],
        ["1", "2", "15", "23"],
        3,
    ),
    "dates as names": File(
        lines("Name,01.01.2023,02.01.2023", "A,3,4", "B,5,6", "C,7,8"),
        ["Name", "01.01.2023", "02.01.2023"],
        ["A", "3", "4"],
        3,
    ),
    "dates as names beside numbers": File(
        lines("Country,Lat,1/22/20,1/23/20", "Chad,15.4,0,1", "Peru,-9.2,0,3", "Oman,21.5,5,6"),
        ["Country", "Lat", "1/22/20", "1/23/20"],
        ["Chad", "15.4", "0", "1"],
        3,
    ),
    "percentages as names": File(
        lines("dose,10%,20%", "1,0.3,0.4", "2,0.2,0.4", "3,0.1,0.2"),
        ["dose", "10%", "20%"],
        ["1", "0.3", "0.4"],
        3,
    ),
    "an index and counted columns": File(
        lines(",0,1", "0,5,3", "1,5,6", "2,6,4"), ["column 1", "0", "1"], ["0", "5", "3"], 3
    ),
    "rows of a letter and counted numbers": File(
        lines("F,1,2", "M,4,5", "F,7,8", "M,3,2"), ["column 1", "column 2", "column 3"], ["F", "1", "2"], 4
    ),
    "names in a comment": File(
        lines("# made by a logger", "# x y kind", "1 2 a", "3 4 b", "5 6 a"),
        ["x", "y", "kind"],
        ["1", "2", "a"],
        3,
    ),
    "names in a comment without a space": File(
        lines("##v=4", "#CHROM\tPOS\tID", "1\t100\trs1", "1\t200\trs2", "2\t150\trs3"),
        ["CHROM", "POS", "ID"],
        ["1", "100", "rs1"],
        3,
    ),
    "a number sign in a name": File(
        lines("# of rooms,price", "3,100", "4,120", "5,130"), ["# of rooms", "price"], ["3", "100"], 3
    ),
    "gaps between columns of spaces": File(
        lines(
            "   x     y  town",
            " 1.0  22.0  New York",
            "-3.5   4.0  Ulm",
            " 1.5        Bad Ems",
            " 7.0   8.0  Ulm",
        ),
        ["x", "y", "town"],
        ["1.0", "22.0", "New York"],
        4,
    ),
    "a row that is not aligned": File(
        lines("name   age", "Ann    31", "Bob    45", "Cy     28", "Maximilian 5"),
        ["name", "age"],
        ["Ann", "31"],
        4,
    ),
    "words that begin at the same place": File(
        lines(
            "Name        Age   Score Group",
            "Group One    21   29.50 a",
            *["Ctl          21   14.00 b"] * 3,
            "Group Two    22   19.00 a",
        ),
        ["Name", "Age", "Score", "Group"],
        ["Group One", "21", "29.50", "a"],
        5,
    ),
    "dashes as wide as the columns": File(
        lines(
            "NAME       ID  KIND",
            "---------- --- ----",
            "Bob 1      12  a",
            "Ann 2      13  b",
            "Cy 3       14  a",
        ),
        ["NAME", "ID", "KIND"],
        ["Bob 1", "12", "a"],
        3,
    ),
    "spaces and tabs between cells": File(
        lines(
            '18.0   8   307.0   12.0   70\t"chevrolet malibu"',
            '15.0   8   350.0   11.5   70\t"buick skylark"',
            '24.0   4   113.0   15.0   70\t"toyota corona"',
        ),
        [f"column {number}" for number in range(1, 7)],
        ["18.0", "8", "307.0", "12.0", "70", "chevrolet malibu"],
        3,
    ),
    "a number sign as a name before a tab": File(
        lines("#\tName\tHP", "1\tBulbasaur\t45", "2\tIvysaur\t60", "3\tVenusaur\t80"),
        ["#", "Name", "HP"],
        ["1", "Bulbasaur", "45"],
        3,
    ),
    "decimals as names far from the values": File(
        lines("wavelength,1100.5,1102.0,kind", "corn0,0.61,0.62,a", "corn1,0.63,0.66,b", "corn2,0.65,0.72,a"),
        ["wavelength", "1100.5", "1102.0", "kind"],
        ["corn0", "0.61", "0.62", "a"],
        3,
    ),
    "years as names above other years": File(
        lines("year;2015;2016", "1990;1000;1001", "1991;1002;1009", "1992;1000;1011"),
        ["year", "2015", "2016"],
        ["1990", "1000", "1001"],
        3,
    ),
    "sorted numbers without names": File(
        lines("1,2.5,x", "2,3.5,y", "3,4.5,x", "4,5.5,y"),
        ["column 1", "column 2", "column 3"],
        ["1", "2.5", "x"],
        4,
    ),
    "thousands that only the column shows": File(
        lines("town;people", "a;769.495", "b;847.253", "c;763.380", "d;95.123", "e;987"),
        ["town", "people"],
        ["a", "769495"],
        5,
    ),
    "an end-of-file mark": File(lines("a,b", "1,x", "2,y", "\x1a"), ["a", "b"], ["1", "x"], 2),
    "thousands with points": File(
        lines("a,b", "1.234,x", "2.345.678,y", "3.456,z"), ["a", "b"], ["1234", "x"], 3
    ),
    "texts of digits as formulas": File(
        lines("id,v", '="001",1', '="002",2', '="010",3'), ["id", "v"], ["001", "1"], 3
    ),
    "the header again in the middle": File(
        lines("a,b", "1,x", "2,y", "a,b", "3,x", "4,y"), ["a", "b"], ["1", "x"], 4
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_messy_file_is_read(name, read):
    expected = FILES[name]
    got = read(expected.text)
    assert got.names == expected.names
    assert got.rows[0] == expected.first
    assert len(got.rows) == expected.n_rows


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        (["$1,037.00", "$16.89", "$5.5"], ["$1037.00", "$16.89", "$5.5"]),
        (["3,50 €", "1.250,75 €", "10 €"], ["3.50 €", "1250.75 €", "10 €"]),
        (["1 234,5", "17,25", "12\u00a0345,0"], ["1234.5", "17.25", "12345.0"]),
        (["1'234.5", "17.25", "12’345.0"], ["1234.5", "17.25", "12345.0"]),
        (["12,34,567", "1,234", "5.5"], ["1234567", "1234", "5.5"]),
        (["(8,44)", "3,5", "-1,25"], ["(8.44)", "3.5", "-1.25"]),
        (["12,5 kg", "1.170,25 kg", "3,5 kg"], ["12.5 kg", "1170.25 kg", "3.5 kg"]),
        (["12,50-", "3,20", "1,00"], ["12.50-", "3.20", "1.00"]),
        (["R$ 1.250,75", "R$ 3,50", "R$ 10,00"], ["R$ 1250.75", "R$ 3.50", "R$ 10.00"]),
        (["1,5", "ca. 150", "2,25"], ["1.5", "ca. 150", "2.25"]),
        (["1,5", "12.03.2026", "-1.250,75"], ["1.5", "12.03.2026", "-1250.75"]),
        (["1,5", "=cmd|' /C calc'!A0", "2,25"], ["1.5", "=cmd|' /C calc'!A0", "2.25"]),
        (["1,5", "nicht bekannt", "2,25"], ["1.5", "nicht bekannt", "2.25"]),
        (["1,5", "1,2,3", "2,25"], ["1.5", "1,2,3", "2.25"]),
        (["1,250.5", "ca. 1,300", "1,275.5"], ["1250.5", "ca. 1,300", "1275.5"]),
        (["10, 20", "a, b", "1,5"], ["10, 20", "a, b", "1,5"]),
        (["01 02 03", "1 2", "3"], ["01 02 03", "1 2", "3"]),
    ],
)
def test_numbers_are_written_with_decimal_points(written, read_as, read):
    got = read(lines("price\tkind", *(f"{cell}\t{'ab'[k % 2]}" for k, cell in enumerate(written))))
    assert [row[0] for row in got.rows] == read_as


@pytest.mark.parametrize("decimal", [",", "."])
@pytest.mark.parametrize("odd", ["ca. 150", "12.03.2026", "=cmd|' /C calc'!A0", "nicht bekannt", "150-160"])
def test_an_odd_cell_costs_only_itself(odd, decimal, read):
    def size_in(n_rows: int) -> pd.Series:
        rows = [f"{130 + k % 50}.5;{k % 7}.0;{'ab'[k % 2]}".replace(".", decimal) for k in range(n_rows)]
        got = read(lines("size;weight;kind", *rows, f"{odd};5{decimal}0;a"))
        return pd.DataFrame(got.rows, columns=got.names)["size"]

    cells = size_in(200)
    column, _ = read_columns(pd.DataFrame({"size": cells, "kind": "a", "n": range(201)}), {}, "kind")
    assert (column.role, column.values.isna().sum()) == ("numeric", 1)
    [schema] = make_schemas([column], np.arange(200))
    values, notes = schema.read(size_in(20))
    assert values.dropna().tolist() == [130.5 + k for k in range(20)]
    assert notes[0] == f"Treated 1 unreadable cell in ‘size’ as missing (expected a number): ‘{odd}’."


@pytest.mark.parametrize(
    "cells",
    [
        ["192.168.161.194", "10.20.30.5", "192.168.161.195", "192.168.161.196"],
        ["171 234 567", "0171 234568", "171 234 569", "171 234 570"],
        ["1.10.2", "1.100", "2.4.1", "2.10.3"],
        ["12.03.2026", "13.03.2026", "1.250", "14.03.2026"],
        ["1,2,4", "1,2", "2,3,4", "1,3,4"],
    ],
)
def test_addresses_codes_and_dates_beside_decimal_commas_stay(cells, read):
    got = read(lines("size;code", *(f"{k},5;{cell}" for k, cell in enumerate(cells))))
    assert [row[0] for row in got.rows] == ["0.5", "1.5", "2.5", "3.5"]
    assert [row[1] for row in got.rows] == cells


def test_chosen_header_may_lack_the_name_of_the_row_names(read):
    got = read("a,b,c\nr1,1,2,u\nr2,3,4,v\n", header=1)
    assert got.names == ["column 1", "a", "b", "c"]
    assert got.rows == [["r1", "1", "2", "u"], ["r2", "3", "4", "v"]]


def test_header_rows_can_be_chosen(read):
    text = "a,b\nc,d\ne,f\ng,h\n"
    assert read(text, header=2).names == ["a c", "b d"]
    assert read(text, header=3).rows == [["g", "h"]]
    assert read(text, header=0).names == ["column 1", "column 2"]


def test_quotation_mark_can_be_chosen(read):
    text = "name,x,n\n'a,b',1,u\n'c,d',2,v\n"
    assert read(text).rows[0] == ["a,b", "1", "u"]
    assert read(text.replace("'c,d'", "c"), quote="'").rows[0] == ["a,b", "1", "u"]
    text = 'name,x\n"a,1\nb",2\n'
    assert read(text, quote="").rows == [['"a', "1"], ['b"', "2"]]
