"""The layout of typical files is detected without any settings."""

from __future__ import annotations

from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class File:
    text: str
    names: list[str]
    first: list[str | None]
    n_rows: int
    delimiter: str = ","
    decimal: str = "."
    header: bool = True
    skip_rows: int = 0


FILES = {
    "plain": File(
        "length,width,kind\n1.5,2.5,a\n2.5,3.5,b\n4.5,1.5,a\n",
        ["length", "width", "kind"],
        ["1.5", "2.5", "a"],
        3,
    ),
    "european": File(
        "länge;breite;sorte\n1,5;2,25;a\n2,5;3,5;b\n1.234,5;1,5;a\n",
        ["länge", "breite", "sorte"],
        ["1.5", "2.25", "a"],
        3,
        delimiter=";",
        decimal=",",
    ),
    "european with three digits only": File(
        "id;price\n1;1,250\n2;2,500\n3;10,125\n",
        ["id", "price"],
        ["1", "1.250"],
        3,
        delimiter=";",
        decimal=",",
    ),
    "addresses and telephone numbers beside decimal points": File(
        "ip,phone,weight\n192.168.161.194,555.123.456,8.123\n10.100.100.100,725.153.530,3.450\n",
        ["ip", "phone", "weight"],
        ["192.168.161.194", "555.123.456", "8.123"],
        2,
    ),
    "semicolons with decimal points": File(
        "id;weight;note\n1;70.5;well, yes\n2;81.25;no\n3;64.0;so, so\n",
        ["id", "weight", "note"],
        ["1", "70.5", "well, yes"],
        3,
        delimiter=";",
    ),
    "tabs": File(
        "gene\texpression\tclass\nBRCA1\t2.31\ttumour\nTP53\t0.12\tnormal\nMYC\t4.5\ttumour\n",
        ["gene", "expression", "class"],
        ["BRCA1", "2.31", "tumour"],
        3,
        delimiter="\t",
    ),
    "tabs with decimal commas": File(
        "Zeit\tSpannung\n0,1\t2,31\n0,2\t2,44\n0,3\t2,5\n",
        ["Zeit", "Spannung"],
        ["0.1", "2.31"],
        3,
        delimiter="\t",
        decimal=",",
    ),
    "pipes": File(
        "name|city|age\nAnn|Paris, France|31\nBob|Rome, Italy|45\nCy|Bonn, Germany|28\n",
        ["name", "city", "age"],
        ["Ann", "Paris, France", "31"],
        3,
        delimiter="|",
    ),
    "aligned by spaces": File(
        "  5.1   3.5   1.4  \n  4.9   3.0   1.4  \n  4.7   3.2   1.3  \n",
        ["column 1", "column 2", "column 3"],
        ["5.1", "3.5", "1.4"],
        3,
        delimiter=" ",
        header=False,
    ),
    "numbers without a header": File(
        "5.1,3.5,0\n4.9,3.0,0\n6.2,2.9,1\n",
        ["column 1", "column 2", "column 3"],
        ["5.1", "3.5", "0"],
        3,
        header=False,
    ),
    "numbers and a class without a header": File(
        "5.1,3.5,Iris-setosa\n4.9,3.0,Iris-setosa\n6.2,2.9,Iris-versicolor\n",
        ["column 1", "column 2", "column 3"],
        ["5.1", "3.5", "Iris-setosa"],
        3,
        header=False,
    ),
    "decimal commas without a header": File(
        "1,5;2,5;3,25\n2,5;3,5;4,75\n0,5;1,5;2,25\n",
        ["column 1", "column 2", "column 3"],
        ["1.5", "2.5", "3.25"],
        3,
        delimiter=";",
        decimal=",",
        header=False,
    ),
    "text only": File(
        "colour,taste,fruit\nred,sweet,apple\nyellow,sour,lemon\ngreen,sour,lime\n",
        ["colour", "taste", "fruit"],
        ["red", "sweet", "apple"],
        3,
    ),
    "dates and times": File(
        "when,degrees,alarm\n2024-01-31 12:00,20.5,no\n2024-02-01 12:00,21.5,yes\n2024-02-02 12:00,9,no\n",
        ["when", "degrees", "alarm"],
        ["2024-01-31 12:00", "20.5", "no"],
        3,
    ),
    "dates of a day-first country": File(
        "Datum;Wert\n31.01.2024;1,5\n01.02.2024;2,5\n02.02.2024;3,5\n",
        ["Datum", "Wert"],
        ["31.01.2024", "1.5"],
        3,
        delimiter=";",
        decimal=",",
    ),
    "everything quoted": File(
        '"id","name","score"\n"1","Ann","3.5"\n"2","Bob","4.5"\n"3","Cy","2.5"\n',
        ["id", "name", "score"],
        ["1", "Ann", "3.5"],
        3,
    ),
    "single quotes": File(
        "id,place,kind\n1,'Bonn, Germany',a\n2,'Rome, Italy',b\n3,'Lyon, France',a\n",
        ["id", "place", "kind"],
        ["1", "Bonn, Germany", "a"],
        3,
    ),
    "quotes escaped by a backslash": File(
        'id,said\n1,"he said \\"no\\", twice"\n2,"she said \\"yes\\""\n3,"nothing"\n',
        ["id", "said"],
        ["1", 'he said "no", twice'],
        3,
    ),
    "doubled quotes": File(
        'id,said\n1,"he said ""no"", twice"\n2,"she said ""yes"""\n3,"nothing"\n',
        ["id", "said"],
        ["1", 'he said "no", twice'],
        3,
    ),
    "newlines in cells": File(
        'id,review,stars\n1,"good,\nvery good",5\n2,"bad",1\n3,"so\n\nso",3\n',
        ["id", "review", "stars"],
        ["1", "good,\nvery good", "5"],
        3,
    ),
    "inches and feet": File(
        'part\tsize\nscrew\t5" long\nnut\t3\'\nbolt\t7" wide\n',
        ["part", "size"],
        ["screw", '5" long'],
        3,
        delimiter="\t",
    ),
    "title above": File(
        "Weather report\nStation 12, Bonn\n\nday,rain,sun\n1,0.5,3\n2,1.5,2\n3,0,9\n4,0,8\n",
        ["day", "rain", "sun"],
        ["1", "0.5", "3"],
        4,
        skip_rows=3,
    ),
    "title padded with delimiters above": File(
        "Messreihe;;\nTag;Wert;Art\n1;2,5;a\n2;3,5;b\n3;4,5;a\n",
        ["Tag", "Wert", "Art"],
        ["1", "2.5", "a"],
        3,
        delimiter=";",
        decimal=",",
        skip_rows=1,
    ),
    "footnotes below": File(
        "region;sales;class\nNorth;10;a\nSouth;20;b\nEast;15;a\n\nSource: own survey\n* estimated\n",
        ["region", "sales", "class"],
        ["North", "10", "a"],
        3,
        delimiter=";",
    ),
    "comments": File(
        "# made by a logger\n# version 2\ntime,value\n1,2.5\n2,3.5\n3,4.5\n",
        ["time", "value"],
        ["1", "2.5"],
        3,
        skip_rows=2,
    ),
    "number sign as a column name": File(
        "#,name,age\n1,Ann,31\n2,Bob,45\n3,Cy,28\n", ["#", "name", "age"], ["1", "Ann", "31"], 3
    ),
    "separator line of a spreadsheet": File(
        "sep=;\na;b;c\n1;x, y;3\n2;z;4\n", ["a", "b", "c"], ["1", "x, y", "3"], 2, delimiter=";", skip_rows=1
    ),
    "row numbers without a name": File(
        '"mpg","cyl","kind"\n"Mazda",21,6,"a"\n"Datsun",22.8,4,"b"\n"Hornet",21.4,6,"a"\n',
        ["column 1", "mpg", "cyl", "kind"],
        ["Mazda", "21", "6", "a"],
        3,
    ),
    "delimiter at each line's end": File(
        "a,b,c,\n1,2,3,\n4,5,6,\n7,8,9,\n", ["a", "b", "c"], ["1", "2", "3"], 3
    ),
    "thousands": File(
        'town,people\nBonn,"331,885"\nKöln,"1,073,096"\nUlm,"126,405"\n',
        ["town", "people"],
        ["Bonn", "331885"],
        3,
    ),
    "missing values in many spellings": File(
        "a,b,c\n1,NA,x\nn/a,2,y\n3,4,?\n,6,z\n", ["a", "b", "c"], ["1", None, "x"], 4
    ),
    "old line ends": File("a,b,c\r1,2,x\r3,4,y\r", ["a", "b", "c"], ["1", "2", "x"], 2),
    "windows line ends": File("a,b,c\r\n1,2,x\r\n3,4,y\r\n", ["a", "b", "c"], ["1", "2", "x"], 2),
    "space after the delimiter": File(
        'a, b, c\n1, "x, y", 3\n4, "z", 6\n7, "w", 9\n', ["a", "b", "c"], ["1", "x, y", "3"], 3
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_the_layout_is_detected(name, read):
    expected = FILES[name]
    got = read(expected.text)
    assert got.names == expected.names
    assert got.rows[0] == expected.first
    assert len(got.rows) == got.reading.n_rows == expected.n_rows
    assert (got.reading.delimiter, got.reading.decimal) == (expected.delimiter, expected.decimal)
    assert (got.reading.header, got.reading.skip_rows) == (expected.header, expected.skip_rows)
