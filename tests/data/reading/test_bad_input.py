"""Bad files are refused, or repaired with a note."""

from __future__ import annotations

import gzip
import io
import random
import zipfile

import pytest

from qenn_core import limits
from qenn_core.errors import DataError

TABLE = "name,size,kind\nÄnne,1.5,a\nJörg,2.5,b\nZoë,3.5,a\nRené,4.5,b\n"
ROWS = [["Änne", "1.5", "a"], ["Jörg", "2.5", "b"], ["Zoë", "3.5", "a"], ["René", "4.5", "b"]]


def archive(*members: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for member in members:
            packed.writestr(member, "<xml/>")
    return buffer.getvalue()


REFUSED = {
    "blank lines only": (b"\n \n\n", "no rows", "upload"),
    "header only": (b"a,b,c\n", "has a header, but no rows", "data.header"),
    "one column": (b"age\n1\n2\n3\n", "only one column", "data.delimiter"),
    "empty workbook": (
        archive("[Content_Types].xml", "xl/workbook.xml"),
        "workbook cannot be read",
        "upload",
    ),
    "old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "workbook cannot be read", "upload"),
    "open document": (archive("mimetype", "content.xml"), "workbook cannot be read", "upload"),
    "zip": (archive("data.csv"), "zip archive", "upload"),
    "cut zip": (archive("data.csv")[:30], "zip archive", "upload"),
    "pdf": (b"%PDF-1.7\n1 0 obj\n", "PDF", "upload"),
    "image": (b"\x89PNG\r\n\x1a\n" + bytes(50), "image", "upload"),
    "cut parquet": (b"PAR1\x15\x04\x15", "Parquet file is damaged", "upload"),
    "xml": (b'<?xml version="1.0"?>\n<rows><row a="1"/></rows>\n', "XML document", "upload"),
    "json object": (b'{"rows": 3,\n "data": [1, 2]}\n', "JSON document", "upload"),
    "damaged json lines": (b'{"a":1}\n{"a":2}\n{"a":', "JSON is damaged", "upload"),
    "part of a web page": (b"<table><tr><td>a</td></tr></table>", "web page", "upload"),
    "json numbers": (b"[1, 2, 3]", "JSON document", "upload"),
    "web page": (b"\n<!DOCTYPE html>\n<html><body>a,b</body></html>", "web page", "upload"),
    "broken workbook in gzip": (gzip.compress(archive("xl/workbook.xml")), "workbook cannot", "upload"),
    "empty gzip": (gzip.compress(b""), "empty", "upload"),
    "cut gzip": (gzip.compress(TABLE.encode() * 9)[:-9], "damaged", "upload"),
    "broken gzip": (b"\x1f\x8b\x08\x00" + bytes(range(60)), "damaged", "upload"),
    "nul bytes": (b"a,b\n1,\x00\x00\x002\n3,4\n\x07\x00", "not a text file", "upload"),
    "random bytes": (random.Random(0).randbytes(100_000), "not a text file", "upload"),
    "random bytes without nul": (
        random.Random(1).randbytes(100_000).replace(b"\x00", b""),
        "not a text file",
        "upload",
    ),
    "one line of ten megabytes": (b"1," * 5_000_000, "line of more than 1 MB", "upload"),
    "ten thousand columns": (
        b"\n".join([b",".join(b"c%d" % i for i in range(10_000)), b",".join([b"1"] * 10_000)]),
        "10,000 columns",
        "upload",
    ),
    "a few columns too many": (
        b"\n".join([b",".join(b"c%d" % i for i in range(501)), *[b",".join([b"1"] * 501)] * 3]),
        "501 columns",
        "upload",
    ),
    "open quote": (b'"a","b"\n' + b'"1","2"\n' * 2000 + b'"5,6\n' + b"7,8\n" * 9, "line 2,002", "upload"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_unusable_files_are_refused_with_reason_and_remedy(name, read):
    content, what, place = REFUSED[name]
    with pytest.raises(DataError, match=what) as caught:
        read(content)
    assert caught.value.place == place
    assert caught.value.why
    assert caught.value.remedy


def test_a_gzip_bomb_is_not_unpacked_beyond_the_limit(read, monkeypatch):
    monkeypatch.setattr(limits, "MAX_DECOMPRESSED_BYTES", 2**20)
    with pytest.raises(DataError, match="Unpacked, the file is larger than 1 MB"):
        read(gzip.compress(b"1,2\n" * 2**20))


@pytest.mark.parametrize(
    ("codec", "detected"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("latin-1", "cp1252"),
        ("cp1252", "cp1252"),
    ],
)
def test_text_encodings_are_detected(codec, detected, read):
    got = read(TABLE.encode(codec))
    assert got.names == ["name", "size", "kind"]
    assert got.rows == ROWS
    assert got.reading.text_encoding == detected


@pytest.mark.parametrize(
    ("codec", "text"),
    [
        ("cp1252", "item;price\n“apple”;5 €\npear – ripe;7 €\nplum’s;8 €\n"),
        ("cp1251", "имя;город\nИван;Москва\nПётр;Казань\n"),
        ("koi8-r", "имя;город\nИван;Москва\nПётр;Казань\n"),
        ("cp1253", "όνομα,πόλη\nΓιώργος,Αθήνα\nΜαρία,Πάτρα\n"),
        ("cp932", "名前,都市\n太郎,東京\n花子,大阪\n"),
        ("gb18030", "姓名,城市\n张伟,北京\n王芳,上海\n"),
        ("cp949", "이름,도시\n민준,서울\n서연,부산\n"),
    ],
)
def test_encodings_of_other_scripts_are_detected(codec, text, read):
    got = read(text.encode(codec))
    delimiter = ";" if ";" in text else ","
    assert [got.names, *got.rows] == [line.split(delimiter) for line in text.splitlines()]


def test_a_single_accent_far_down_is_enough(read):
    text = "name,size\n" + "Ann,1\n" * 50_000 + "Zoë,2\n"
    got = read(text.encode("cp1252"), sample_rows=20, target="name")
    assert got.reading.text_encoding == "cp1252"
    assert read(text.encode(), sample_rows=20).reading.text_encoding == "utf-8"


def test_undecodable_lines_are_counted(read):
    content = b"name,size\n" + "Zoë,1\n".encode() * 30 + b"Zo\xeb,2\n"
    got = read(content)
    assert got.reading.text_encoding == "utf-8"
    assert got.rows[-1] == ["Zo�", "2"]
    assert "Found 1 line with characters that are not valid utf-8" in got.notes


def test_gzip_is_unpacked(read):
    assert read(gzip.compress(TABLE.encode())).rows == ROWS


def test_ragged_rows_are_filled_or_left_out(read):
    got = read("a,b,c\n1,2,3\n4,5\n6,7,8,9\n1,2,3\n1,2,3,\n,,\n4,5,6\n")
    assert got.rows == [["1", "2", "3"], ["4", "5", None], ["1", "2", "3"], ["1", "2", "3"], ["4", "5", "6"]]
    assert "Filled 1 row that had fewer than 3 cells" in got.notes
    assert "Left out 1 row with more than 3 cells" in got.notes
    assert "Left out 1 row without any content" in got.notes


def test_footnotes_are_left_out_with_a_note(read):
    got = read("a,b,c\n1,2,3\n4,5,6\nTotal,,\nSource: me\n")
    assert len(got.rows) == 2
    assert "Left out 2 footnotes at the end" in got.notes
    assert "‘Total’" in got.notes


def test_a_last_row_with_a_missing_value_is_not_a_footnote(read):
    assert read("a,b\n1,2\n3,4\n5,\n").rows[-1] == ["5", None]


def test_repeated_and_missing_names_become_unique(read):
    got = read("age,age,,age (2),age\n1,2,3,4,x\n5,6,7,8,y\n")
    assert got.names == ["age", "age (2)", "column 3", "age (2) (2)", "age (3)"]
    assert "several columns named ‘age’; column 2 is now ‘age (2)’" in got.notes
    assert "Column 3 has no name; it is now ‘column 3’" in got.notes


def test_many_changed_names_give_few_notes(read):
    got = read(
        ",".join(["x"] * 50) + "\n" + ",".join("1" * 50) + "\n" + ",".join("2" * 50) + "\n", header=True
    )
    assert len(set(got.names)) == 50
    assert "44 more column names" in got.notes
    assert len(got.reading.notes) < 10


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "=HYPERLINK(1)", "🐧 age", "+cmd|' /C calc'!A0"]
)
def test_names_that_look_like_code_are_unchanged(name, read):
    assert read(f"{name};b\n1;x\n2;y\n").names == [name, "b"]


def test_names_are_shortened_and_on_one_line(read):
    got = read(f'"{"long " * 50}","two\nlines"\n1,x\n2,y\n')
    assert len(got.names[0]) <= 80
    assert got.names[1] == "two lines"


def test_infinite_values_stay_text(read):
    assert read("a,b\ninf,x\n-inf,y\n1,z\n").rows[0][0] == "inf"


def test_missing_values_are_counted(read):
    got = read("a,b,c\nNA,1,x\nna,2,\n3,None,?\n4,5,z\n")
    assert [row.count(None) for row in got.rows] == [1, 2, 2, 0]
    assert "Cells with the text ‘NA’, ‘na’, ‘None’, ‘?’ count as missing (4 cells)" in got.notes


GAPS = "a,b\nNone,x\nnone,y\nmild,-\nn. e.,\n"


def test_words_for_gaps_are_reported_and_kept_apart(read):
    got = read(GAPS)
    assert [row[0] for row in got.rows] == [None, None, "mild", "n. e."]
    assert got.gap_words == {"a": ["None", "none", None, None], "b": [None, None, "-", None]}
    assert got.reading.gap_words == ("None", "-")


def test_words_for_gaps_can_be_chosen(read):
    got = read(GAPS, gaps=("N. E.",))
    assert [row[0] for row in got.rows] == ["None", "none", "mild", None]
    assert got.rows[3][1] is None, "empty cells are always gaps"
    assert got.gap_words == {}
    assert set(got.reading.gap_words) == {"None", "-", "n. e."}
    assert "Cells with the text ‘n. e.’ count as missing (1 cell)" in got.notes


def test_there_may_be_no_words_for_gaps(read):
    assert [row[0] for row in read(GAPS, gaps=()).rows] == ["None", "none", "mild", "n. e."]


def test_the_first_lines_are_shortened(read):
    got = read("a,b\n" + f"{'x' * 500},1\n" * 20)
    assert got.reading.raw.lines[0] == "a,b"
    assert len(got.reading.raw.lines) == 10
    assert max(map(len, got.reading.raw.lines)) == 200


CHOSEN_OPTIONS = {
    "text_encoding": (
        "ąęłż,1\nx,2\n".encode("cp1250"),
        {"text_encoding": "cp1250", "header": True},
        ["ąęłż", "1"],
    ),
    "delimiter": (b"a;b,c;d\n1;2,3;4\n5;6,7;8\n", {"delimiter": ","}, ["a;b", "c;d"]),
    "header there": (b"1,2\n3,4\n5,6\n", {"header": True}, ["1", "2"]),
    "no header": (b"a,b\n1,2\n3,4\n", {"header": False}, ["column 1", "column 2"]),
    "skip_rows": (b"a,b\nunit,unit\nx,y\n1,2\n3,4\n", {"skip_rows": 2}, ["x", "y"]),
    "nothing skipped": (b"Title\na,b\n1,2\n3,4\n", {"skip_rows": 0, "header": True}, ["column 1", "Title"]),
    "tab": (b"a\tb c\n1\t2 3\n", {"delimiter": "\t"}, ["a", "b c"]),
}


@pytest.mark.parametrize("name", CHOSEN_OPTIONS)
def test_chosen_options_take_precedence(name, read):
    content, options, names = CHOSEN_OPTIONS[name]
    got = read(content, **options)
    for option, value in options.items():
        assert getattr(got.reading, option) == value
    assert got.names == names


def test_the_decimal_sign_can_be_chosen(read):
    text = "a;b\n1,250;x\n2,500;y\n"
    assert read(text).rows[0][0] == "1.250"
    assert read(text, decimal=".").rows[0][0] == "1250"
    assert "1,250 were read as 1.250 in ‘a’" in read(text).notes


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({"text_encoding": "klingon"}, "data.text_encoding"),
        ({"text_encoding": "zip"}, "data.text_encoding"),
        ({"text_encoding": "undefined"}, "data.text_encoding"),
        ({"delimiter": "\n"}, "data.delimiter"),
        ({"delimiter": '"'}, "data.delimiter"),
        ({"delimiter": "~"}, "data.delimiter"),
        ({"skip_rows": 99}, "data.skip_rows"),
    ],
)
def test_invalid_options_are_errors_at_their_control(options, place, read):
    with pytest.raises(DataError) as caught:
        read(TABLE, **options)
    assert caught.value.place == place


def test_commas_that_divide_numbers_too_are_refused(read):
    text = "width,time,winner\n2,71,10,2,blue\n3,14,9,8,red\n1,41,12,0,blue\n"
    with pytest.raises(DataError, match="3 names, but the rows have 5 cells") as caught:
        read(text)
    assert caught.value.place == "data.skip_rows"
    assert read(text, skip_rows=1).rows[0] == ["2", "71", "10", "2", "blue"]
    assert read(text.replace(",7", ".7").replace(",1", ".1")).rows, "other decimals"


def test_invisible_characters_are_removed_and_counted(read):
    text = "name,x\n" + "".join(f"r{n},{n}\n" for n in range(20))
    got = read(text.replace("r3", "r\x003").replace("r4", "\x0cr4") + "\x1a")
    assert got.rows == read(text).rows
    assert "Removed 3 invisible characters" in got.notes
    copied = read(text.replace("r3", "r3\u200b").replace("r4", "\u2060r4"))
    assert copied.rows == read(text).rows
    assert "Removed 2 invisible characters" in copied.notes
    assert read(text.encode("utf-16")).rows == read(text).rows
    assert "Removed" not in read(text + "\x00" * 500).notes, "padding is no part of the table"
    hidden = text.replace(",", "\x01")
    assert read(hidden, delimiter="\x01").rows == read(text).rows
