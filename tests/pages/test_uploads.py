"""Bringing a file: what is read is shown, what is refused leaves everything as it was."""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile

import pytest
from sessions import all_is_well, complaints, link_of, open_app, spec_of, text_of
from streamlit.testing.v1 import AppTest

from qenn_core import limits


def table(rows: int = 60) -> str:
    """Three classes, a text column, gaps; semicolons and decimal commas."""
    lines = ["Größe;Farbe;Art"]
    for row in range(rows):
        size = "" if row % 17 == 3 else f"{row % 3 + row / 100:.2f}".replace(".", ",")
        lines.append(f"{size};{('rot', 'blau', '')[row % 7 % 3]};{('Eiche', 'Buche', 'Linde')[row % 3]}")
    return "\n".join(lines) + "\n"


GOOD = table().encode()


def workbook() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return packed.getvalue()


def upload(app: AppTest, content: bytes, name: str = "trees.csv") -> AppTest:
    # A second file takes the place of the first, as it does in the browser.
    app.file_uploader[0].clear()
    app.file_uploader[0].upload(name, content, "text/csv").run()
    return app


@pytest.fixture
def app() -> AppTest:
    """The Data page with a file in it."""
    app = upload(open_app("data.py", data="csv"), GOOD)
    assert all_is_well(app)
    return app


def test_a_file_is_read_and_shown(app: AppTest) -> None:
    text = text_of(app)
    assert "trees\\.csv" in text
    assert "60 rows · 3 columns" in text
    assert "3 classes" in text
    assert spec_of(app).data.fingerprint == hashlib.sha256(GOOD).hexdigest()
    assert app.selectbox(key="field:data.target").value == "Art"
    assert app.selectbox(key="read:delimiter").value == "automatic"
    assert app.code[0].value.startswith("Größe;Farbe;Art")


def test_the_file_of_the_data_page_is_the_file_of_the_train_page(app: AppTest) -> None:
    app.switch_page("train.py").run()
    assert all_is_well(app)
    assert not app.button[0].disabled
    assert "trees.csv" in text_of(app)


@pytest.mark.parametrize("page", ["train.py", "data.py"])
def test_a_file_can_be_brought_on_either_page(page: str) -> None:
    app = upload(open_app(page, data="csv"), GOOD)
    assert all_is_well(app)
    assert spec_of(app).data.file_name == "trees.csv"
    assert "3 classes" in text_of(app)


def test_settings_survive_a_file() -> None:
    app = upload(open_app("data.py", data="csv", q="3", enc="iqp"), GOOD)
    assert link_of(app)["q"] == "3"
    assert link_of(app)["enc"] == "iqp"


def test_the_target_can_be_chosen(app: AppTest) -> None:
    app.selectbox(key="field:data.target").set_value("Farbe").run()
    assert all_is_well(app)
    assert link_of(app)["target"] == "Farbe"
    assert "2 classes" in text_of(app)


def test_a_wrong_guess_can_be_corrected_and_taken_back(app: AppTest) -> None:
    app.selectbox(key="read:delimiter").set_value(",").run()
    assert not app.exception
    assert link_of(app)["sep"] == ","
    assert list(app.dataframe[0].value.columns) != ["Größe", "Farbe", "Art"]
    app.selectbox(key="read:delimiter").set_value(None).run()
    assert all_is_well(app)
    assert list(app.dataframe[0].value.columns) == ["Größe", "Farbe", "Art"]


REFUSED = {
    "nothing": (b"", "empty"),
    "header only": ("Größe;Farbe;Art\n".encode(), ""),
    "a program": (bytes(range(256)) * 40, "not a text file"),
    "a workbook": (workbook(), "Excel"),
    "a damaged gzip file": (gzip.compress(GOOD)[:-20], "damaged"),
    "too many columns": (",".join(f"c{k}" for k in range(limits.MAX_COLUMNS + 1)).encode() + b"\n1\n", ""),
}


@pytest.mark.parametrize(("content", "says"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_is_refused_leaves_the_last_one(app: AppTest, content: bytes, says: str) -> None:
    before = spec_of(app)
    upload(app, content, "other.csv")
    assert says in complaints(app)
    assert len(complaints(app)) > 40, "what, why and what to do"
    assert spec_of(app) == before
    assert app.selectbox(key="field:data.target").value == "Art"
    app.switch_page("train.py").run()
    assert not app.button[0].disabled, "the last file can still be trained on"


def test_a_file_that_is_refused_leaves_a_built_in_data_set_within_reach() -> None:
    app = upload(open_app("data.py", data="csv"), b"\x00\x01\x02" * 300)
    assert "not a text file" in complaints(app)
    app.selectbox(key="field:data.source").set_value("iris").run()
    assert all_is_well(app)
    assert "150 rows" in text_of(app)


def test_a_complaint_goes_with_the_next_good_file(app: AppTest) -> None:
    upload(app, b"", "other.csv")
    upload(app, table(90).encode())
    assert all_is_well(app)
    assert "90 rows" in text_of(app)


def test_too_many_rows_are_sampled_on_the_users_word(app: AppTest) -> None:
    rows = limits.MAX_ROWS + 1000
    large = "x,kind\n" + "\n".join(f"{row % 97},{'ab'[row % 2]}" for row in range(rows)) + "\n"
    upload(app, large.encode(), "large.csv")
    assert f"{rows:,} rows" in complaints(app)
    assert spec_of(app).data.file_name == "trees.csv"
    [offer] = [button for button in app.button if "random sample" in button.label]
    offer.click().run()
    assert all_is_well(app)
    assert spec_of(app).data.sample_rows == limits.MAX_ROWS
    assert f"{limits.MAX_ROWS:,} rows" in text_of(app)
    assert not [button for button in app.button if "random sample" in button.label]


def test_going_to_a_built_in_data_set_and_back_keeps_the_file(app: AppTest) -> None:
    app.selectbox(key="field:data.source").set_value("iris").run()
    assert "file" not in link_of(app)
    app.selectbox(key="field:data.source").set_value("csv").run()
    assert all_is_well(app)
    assert "60 rows" in text_of(app)


def test_a_link_to_a_file_names_it_and_takes_only_its_settings_for_it() -> None:
    link = {
        "data": "csv",
        "file": "trees.csv",
        "sha": hashlib.sha256(GOOD).hexdigest(),
        "target": "Farbe",
        "q": "3",
    }
    app = open_app("data.py", **link)
    assert "trees\\.csv" in app.info[0].value
    assert "upload" in app.info[0].value
    upload(app, GOOD, "renamed.csv")
    assert all_is_well(app)
    assert not app.info
    assert link_of(app) == link | {"file": "renamed.csv"}, "it is the same file, whatever its name"


def test_another_file_than_the_links_starts_with_guesses_of_its_own() -> None:
    app = open_app("data.py", data="csv", file="trees.csv", sha="0" * 64, target="Farbe", q="3")
    upload(app, GOOD)
    assert all_is_well(app)
    assert app.selectbox(key="field:data.target").value == "Art"
    assert spec_of(app).circuit.n_qubits == 3


def test_a_file_of_one_class_is_shown_with_the_reason_and_another_target_helps() -> None:
    rows = "\n".join(f"{row * 7 % 13},{'ab'[row % 2]},same" for row in range(40))
    app = upload(open_app("data.py", data="csv"), f"x,kind,class\n{rows}\n".encode())
    app.selectbox(key="field:data.target").set_value("class").run()
    assert "one class only" in complaints(app)
    assert app.dataframe, "the table is still there to look at"
    app.switch_page("train.py").run()
    assert "one class only" in complaints(app)
    assert app.button[0].disabled
    app.switch_page("data.py").run()
    app.selectbox(key="field:data.target").set_value("kind").run()
    assert all_is_well(app)
