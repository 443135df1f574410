"""Uploading a file: valid files are read and shown; after a refused one, nothing is trained by accident."""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile

import openpyxl
import pytest
from sessions import choose_data, errors_of, has_no_errors, link_of, open_app, spec_of, text_of
from streamlit.testing.v1 import AppTest

from pages._shared import upload_memory
from qenn_core import limits


def table(rows: int = 60) -> str:
    """Return a CSV file with three classes, a text column, gaps, semicolons and decimal commas."""
    lines = ["Größe;Farbe;Art"]
    for row in range(rows):
        size = "" if row % 17 == 3 else f"{row % 3 + row / 100:.2f}".replace(".", ",")
        lines.append(f"{size};{('rot', 'blau', '')[row % 7 % 3]};{('Eiche', 'Buche', 'Linde')[row % 3]}")
    return "\n".join(lines) + "\n"


VALID = table().encode()


def broken_workbook() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return packed.getvalue()


def upload(app: AppTest, content: bytes, name: str = "trees.csv") -> AppTest:
    app.file_uploader[0].upload(name, content, "text/csv").run()
    return app


def is_reading_open(app: AppTest) -> bool:
    [reading] = [item for item in app.expander if item.label == "How the file was read"]
    return bool(reading.proto.expanded)


@pytest.fixture
def app() -> AppTest:
    """The Data page with an uploaded file."""
    app = upload(open_app("data.py", data="csv"), VALID)
    assert has_no_errors(app)
    return app


def test_file_is_read_and_shown(app: AppTest) -> None:
    text = text_of(app)
    assert "trees\\.csv" in text
    assert "60 rows · 3 columns" in text
    assert "3 classes" in text
    assert spec_of(app).data.fingerprint == hashlib.sha256(VALID).hexdigest()
    assert app.selectbox(key="field:data.target").value == "Art"
    assert app.selectbox(key="read:delimiter").value == "automatic"
    assert app.code[0].value.startswith("Größe;Farbe;Art")


def test_file_uploaded_on_the_data_page_is_used_on_the_train_page(app: AppTest) -> None:
    app.switch_page("train.py").run()
    assert has_no_errors(app)
    assert not app.button[0].disabled
    assert "trees.csv" in text_of(app)


@pytest.mark.parametrize("page", ["train.py", "data.py"])
def test_file_can_be_uploaded_on_either_page(page: str) -> None:
    app = upload(open_app(page, data="csv"), VALID)
    assert has_no_errors(app)
    assert spec_of(app).data.file_name == "trees.csv"
    assert "3 classes" in text_of(app)


def test_upload_keeps_the_other_settings() -> None:
    app = upload(open_app("data.py", data="csv", q="3", enc="iqp"), VALID)
    assert link_of(app)["q"] == "3"
    assert link_of(app)["enc"] == "iqp"


def test_target_can_be_chosen(app: AppTest) -> None:
    app.selectbox(key="field:data.target").set_value("Farbe").run()
    assert has_no_errors(app)
    assert link_of(app)["target"] == "Farbe"
    assert "2 classes" in text_of(app)


def test_guess_can_be_corrected_and_restored(app: AppTest) -> None:
    assert not is_reading_open(app)
    app.selectbox(key="read:delimiter").set_value(",").run()
    assert not app.exception
    assert is_reading_open(app), "for further corrections"
    assert link_of(app)["sep"] == ","
    assert list(app.dataframe[0].value.columns) != ["Größe", "Farbe", "Art"]
    app.selectbox(key="read:delimiter").set_value(None).run()
    assert has_no_errors(app)
    assert list(app.dataframe[0].value.columns) == ["Größe", "Farbe", "Art"]


REFUSED = {
    "nothing": (b"", "empty"),
    "header only": ("Größe;Farbe;Art\n".encode(), ""),
    "a program": (bytes(range(256)) * 40, "not a text file"),
    "a broken workbook": (broken_workbook(), "workbook cannot be read"),
    "a damaged gzip file": (gzip.compress(VALID)[:-20], "damaged"),
    "too many columns": (",".join(f"c{k}" for k in range(limits.MAX_COLUMNS + 1)).encode() + b"\n1\n", ""),
}


def test_after_a_refused_file_nothing_is_in_use_and_the_last_data_are_one_click_away(app: AppTest) -> None:
    before = spec_of(app)
    for kind, (content, message) in REFUSED.items():
        upload(app, content, "other.csv")
        assert message in errors_of(app), kind
        assert len(errors_of(app)) > 40, "what, why and remedy"
        assert link_of(app) == {"data": "csv"}, kind
    app.switch_page("train.py").run()
    assert app.button[0].disabled
    assert len(app.error) == 1, "still at the upload button"
    [back] = [button for button in app.button if button.label.startswith("Go back to")]
    back.click().run()
    assert has_no_errors(app)
    assert spec_of(app) == before
    assert not app.button[0].disabled


def test_nothing_of_the_last_data_is_in_sight_while_a_file_is_asked_for() -> None:
    app = open_app(ep="1")
    app.button[0].click().run()
    upload(app, b"\x00\x01\x02" * 300)
    assert "not a text file" in errors_of(app)
    text = text_of(app)
    assert "Upload your own data" in text
    assert "Takes about" not in text, "no estimate"
    assert "Variational circuit" not in text, "no pipeline"
    assert "The circuit<" not in text
    assert link_of(app) == {"data": "csv", "ep": "1"}, "and no run"
    assert app.button[0].disabled


def test_refused_text_can_be_read_in_another_way() -> None:
    app = upload(open_app("data.py"), b"x/kind\n" + b"1/a\n2/b\n" * 30)
    assert "only one column" in errors_of(app)
    assert app.code[0].value.startswith("x/kind")
    app.selectbox(key="read:header").set_value(1).run()
    assert "only one column" in errors_of(app)
    assert app.selectbox(key="read:header").value == 1, "what was chosen stays chosen"
    app.selectbox(key="read:header").set_value("automatic").run()
    upload(app, VALID)
    app.selectbox(key="read:delimiter").set_value("|").run()
    assert "only one column" in errors_of(app)
    app.selectbox(key="read:delimiter").set_value("automatic").run()
    assert has_no_errors(app), "the error goes with its cause"
    assert spec_of(app).data.file_name == "trees.csv"


def test_another_sheet_of_a_workbook_can_be_chosen() -> None:
    book = openpyxl.Workbook()
    for name, kinds in (("Trees", "ab"), ("Birds", "cde")):
        sheet = book.create_sheet(name)
        sheet.append(["size", "kind"])
        for row in range(40 + len(kinds)):
            sheet.append([row * 37 % 101 / 8, kinds[row % len(kinds)]])
    content = io.BytesIO()
    book.save(content)
    app = upload(open_app("data.py"), content.getvalue(), "book.xlsx")
    assert has_no_errors(app)
    assert "43 rows" in text_of(app)
    assert app.selectbox(key="read:sheet").options[0] == "automatic: Birds"
    app.selectbox(key="read:sheet").set_value("Trees").run()
    assert has_no_errors(app)
    assert "42 rows" in text_of(app)
    assert link_of(app)["sheet"] == "Trees"
    assert not [box for box in app.selectbox if box.key == "read:delimiter"], "cells need no delimiter"


def test_built_in_data_set_can_be_chosen_after_a_refused_file() -> None:
    app = upload(open_app("data.py", data="csv"), b"\x00\x01\x02" * 300)
    assert "not a text file" in errors_of(app)
    choose_data(app, "iris")
    assert has_no_errors(app)
    assert "150 rows" in text_of(app)


def test_error_is_cleared_by_the_next_valid_file(app: AppTest) -> None:
    upload(app, b"", "other.csv")
    upload(app, table(90).encode())
    assert has_no_errors(app)
    assert "90 rows" in text_of(app)


def test_too_many_rows_are_sampled_on_request(app: AppTest) -> None:
    rows = limits.MAX_ROWS + 1000
    large = "x,kind\n" + "\n".join(f"{row % 97},{'ab'[row % 2]}" for row in range(rows)) + "\n"
    upload(app, large.encode(), "large.csv")
    assert f"{rows:,} rows" in errors_of(app)
    assert not spec_of(app).data.file_name
    [offer] = [button for button in app.button if "random sample" in button.label]
    offer.click().run()
    assert has_no_errors(app)
    assert spec_of(app).data.sample_rows == limits.MAX_ROWS
    assert f"{limits.MAX_ROWS:,} rows" in text_of(app)
    assert not [button for button in app.button if "random sample" in button.label]


def test_file_is_kept_while_a_built_in_data_set_is_used(app: AppTest) -> None:
    choose_data(app, "iris")
    assert "file" not in link_of(app)
    choose_data(app, hashlib.sha256(VALID).hexdigest())
    assert has_no_errors(app)
    assert "60 rows" in text_of(app)


def test_link_to_a_file_asks_for_it_and_applies_its_settings_to_it() -> None:
    link = {
        "data": "csv",
        "file": "trees.csv",
        "sha": hashlib.sha256(VALID).hexdigest(),
        "target": "Farbe",
        "q": "3",
    }
    app = open_app("data.py", **link)
    assert "trees\\.csv" in app.info[0].value
    assert "upload" in app.info[0].value
    upload(app, VALID, "renamed.csv")
    assert has_no_errors(app)
    assert not app.info
    assert link_of(app) == link | {"file": "renamed.csv"}, "it is the same file, whatever its name"


def test_other_file_than_the_one_of_the_link_starts_with_new_guesses() -> None:
    app = open_app("data.py", data="csv", file="trees.csv", sha="0" * 64, target="Farbe", q="3")
    upload(app, VALID)
    assert has_no_errors(app)
    assert app.selectbox(key="field:data.target").value == "Art"
    assert spec_of(app).circuit.n_qubits == 3


def test_file_with_one_class_is_shown_with_an_error_until_the_target_changes() -> None:
    rows = "\n".join(f"{row * 7 % 13},{'ab'[row % 2]},same" for row in range(40))
    app = upload(open_app("data.py", data="csv"), f"x,kind,class\n{rows}\n".encode())
    app.selectbox(key="field:data.target").set_value("class").run()
    assert "only one class" in errors_of(app)
    assert app.dataframe, "the table is still there to look at"
    app.switch_page("train.py").run()
    assert "only one class" in errors_of(app)
    assert app.button[0].disabled
    app.switch_page("data.py").run()
    app.selectbox(key="field:data.target").set_value("kind").run()
    assert errors_of(app) == ""


def test_rare_classes_are_combined_by_a_click() -> None:
    lines = [f"{row * 37 % 101 / 8},town {row % 13:02}" for row in range(130)]
    app = upload(open_app("data.py", data="csv"), "\n".join(["x,town", *lines]).encode())
    app.selectbox(key="field:data.target").select("town").run()
    assert "13 classes, more than the 10 allowed" in app.info[0].value
    [button] = [button for button in app.button if button.label == "Keep 9 classes and combine the others"]
    button.click().run()
    assert errors_of(app) == ""
    assert "10 classes" in text_of(app)
    assert "all others" in text_of(app)
    app.checkbox(key="field:data.combine_rare").uncheck().run()
    assert "13 classes, more than the 10 allowed" in app.info[0].value


def test_advice_is_followed_by_a_click() -> None:
    levels = [("None", "mild", "Mild", "severe")[row % 4] for row in range(120)]
    codes = [
        ("None", "mild", "severe").index(level if level == "None" else level.lower()) for level in levels
    ]
    lines = [
        f"{row * 37 % 101 / 8},{code},{level}"
        for row, (code, level) in enumerate(zip(codes, levels, strict=True))
    ]
    app = upload(open_app("data.py", data="csv"), "\n".join(["x,code,level", *lines]).encode())
    assert "4 classes" in text_of(app)
    assert "First rows" in text_of(app)

    def follow(label: str) -> None:
        [button] = [button for button in app.button if button.label == label]
        button.click().run()
        assert errors_of(app) == ""

    follow("Ignore upper and lower case")
    assert "3 classes" in text_of(app)
    app.switch_page("train.py").run()
    assert "code’ alone tells the class of all 72 training rows" in text_of(app).replace("\\", "")
    follow("Leave out ‘code’")
    assert dict(spec_of(app).data.roles) == {"code": "ignore"}
    follow("Leave out rows with ‘None’")
    assert link_of(app)["gaps"] == '["None"]'
    app.switch_page("data.py").run()
    assert "2 classes" in text_of(app)
    assert app.multiselect(key="read:gaps").value == ["None"]
    app.multiselect(key="read:gaps").set_value([]).run()
    assert errors_of(app) == ""
    assert "3 classes" in text_of(app)


def test_codes_of_missing_values_can_be_counted_as_missing() -> None:
    lines = [
        f"{-999 if row % 9 == 4 else row * 37 % 101 / 8},{('yes', 'no', 'None')[row % 7 % 3]}"
        for row in range(90)
    ]
    app = upload(open_app("data.py", data="csv"), "\n".join(["depth,kind", *lines]).encode())
    assert "3 classes" in text_of(app)
    assert "10 cells of ‘depth’ are ‘-999’" in text_of(app).replace("\\", "")
    [button] = [button for button in app.button if button.label == r"Count \-999 as missing"]
    button.click().run()
    assert errors_of(app) == ""
    assert spec_of(app).data.gaps == ("-999",)
    assert "3 classes" in text_of(app), "None is still one"
    assert "far from all other numbers" not in text_of(app)


def test_group_column_keeps_rows_together() -> None:
    lines = [f"{row * 37 % 101 / 8},school {row // 6},{'ab'[row % 7 % 2]}" for row in range(120)]
    app = upload(open_app("data.py", data="csv"), "\n".join(["x,school,kind", *lines]).encode())
    grouped = spec_of(app).with_(**{"data.roles": {"school": "group"}})
    app.session_state["spec"] = grouped.to_json()
    app.run()
    assert errors_of(app) == ""
    assert "rows never share a ‘school’; there are 20 different ones" in text_of(app).replace("\\", "")


def test_files_in_memory_are_those_that_the_session_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    released: list[str] = []
    monkeypatch.setattr(upload_memory, "release", released.append)
    app = upload(open_app("data.py", data="csv"), VALID)
    assert len(released) == 1, "it is stored"
    refused = upload(app, table(limits.MAX_ROWS + 1).encode(), "large.csv")
    assert len(released) == 1, "it may be used in part"
    [button] = [button for button in refused.button if "random sample" in button.label]
    button.click().run()
    app.run()
    assert len(released) == 2
