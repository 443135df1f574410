"""Names from files, links and users are text on every page: no link, heading, icon or formula."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from google.protobuf.message import Message
from sessions import MAIN, choose_data, open_app
from streamlit.testing.v1 import AppTest

from pages._server.workspace_cookie import COOKIE
from pages._shared.markdown import escape_markdown
from qenn_core import jobs
from qenn_core.workspace import new_key, owner_of
from tests.analysis.trained import SMALL, Trained, trained
from tests.data.tables import csv_spec
from tests.data.test_preparation import mixed
from tests.pages.test_predict import store_model, upload

# What Streamlit would show as something else, each with what must not reach it as it is.
HOSTILE = {
    "see https://evil.example/a": "https://",
    "HTTP://evil.example": "HTTP://",
    "www.evil.example": "www.",
    "mailto:a@evil.example": "@evil",
    "[link](//evil.example)": "[link]",
    "![image](//evil.example)": "![",
    "<b>bold</b>": "<b>",
    "**bold** __bold__": "**bold",
    "~~struck~~ `code`": "~~",
    "a\n===\n# title": "===",
    "$x^2$ $$x$$": "$x",
    ":red[x] :blue-badge[x]": ":red[x",
    ":material/home: :material_home:": "material/home:",
    ":streamlit: :smile: :+1:": ":smile",
    "&lt;b&gt; &#58;": "&lt",
    "a | b -> c": " ->",
    "- item": "- item",
    "1. item": "1. item",
}
# It would reverse the rest of the paragraph.
RIGHT_TO_LEFT = "\u202e"
NAME = " ".join(HOSTILE) + RIGHT_TO_LEFT
FILE_NAME = "https://evil.example/ :smile: :material/home: **bold** a@evil.example $x^2$" + RIGHT_TO_LEFT

# Fields in which text is no Markdown, besides those for identifiers, data and HTML, which the other tests of
# hostile names cover.
PLAIN = {
    "BidiComponent.json",
    "Dataframe.column_order",
    "Dataframe.columns",
    "PlotlyChart.spec",
    "Selectbox.raw_value",
    "Selectbox.options",
    "MultiSelect.options",
    "MultiSelect.default",
    "TextInput.default",
    "TextInput.value",
    "Code.code_text",
    "Html.body",
    "TextInput.placeholder",
}


def texts(message: Message) -> Iterator[tuple[str, str]]:
    """Return the texts of an element, with the names of their fields."""
    for field, value in message.ListFields():
        for part in value if field.is_repeated else [value]:
            if isinstance(part, Message):
                yield from texts(part)
            elif isinstance(part, str):
                yield f"{message.DESCRIPTOR.name}.{field.name}", part


def expect_text_only(app: AppTest, *expected: str) -> None:
    assert not app.exception
    protos = [proto for element in app._tree if isinstance(proto := getattr(element, "proto", None), Message)]
    found = [
        (field, text)
        for proto in protos
        for field, text in texts(proto)
        if field not in PLAIN and not field.endswith("id")
    ]
    for field, text in found:
        assert not [part for part in [*HOSTILE.values(), RIGHT_TO_LEFT] if part in unescaped(text)], field
    for wanted in expected:
        assert any(escape_markdown(wanted) in text for _, text in found)


def unescaped(markdown: str) -> str:
    """Return Markdown without the characters that are escaped."""
    return re.sub(r"\\.", "", markdown)


@pytest.fixture(scope="module")
def hostile_model() -> Trained:
    table = mixed()
    frame = table.frame.rename(columns=lambda name: f"{name} {NAME}")
    return trained(
        csv_spec(data__target=f"kind {NAME}").with_(**SMALL), replace(table, frame=frame, name=NAME)
    )


def hostile_file() -> bytes:
    """Return a CSV file with hostile names of columns and classes."""
    quoted = '"' + NAME.replace('"', '""') + '"'
    rows = [f"{row * 7 % 13},{row * 5 % 11},{quoted if row % 2 else 'plain'}" for row in range(60)]
    return "\n".join([f"x,{quoted},class", *rows]).encode()


@pytest.mark.parametrize(("raw", "part"), HOSTILE.items())
def test_escaped_text_is_one_line_without_what_streamlit_looks_for(raw: str, part: str) -> None:
    escaped = escape_markdown(raw)
    assert part not in unescaped(escaped)
    assert "\n" not in escaped
    assert escaped.replace("\\", "").replace("\u2060", "") == " ".join(raw.split())


@pytest.mark.parametrize(
    "name", ["trees.csv", "Größe in cm", "12:30", "a/b", "x > y", "ratio 1:2", "p-value", "\u200eעברית"]
)
def test_ordinary_names_stay_as_they_are(name: str) -> None:
    assert escape_markdown(name).replace("\\", "") == name


@pytest.mark.parametrize("page", ["train.py", "data.py"])
def test_file_of_a_link(page: str) -> None:
    expect_text_only(open_app(page, data="csv", file=FILE_NAME, sha="0" * 64), FILE_NAME)


def test_values_of_a_link() -> None:
    expect_text_only(open_app(q=NAME, enc=NAME, data=NAME, run=NAME, auto=NAME))


def test_columns_and_classes_of_a_file() -> None:
    app = upload(open_app("data.py", data="csv"), hostile_file(), f"{FILE_NAME}.csv")
    expect_text_only(app, f"{FILE_NAME}.csv")
    app.button(key="choose_data").click().run()
    expect_text_only(app)
    app.run()
    expect_text_only(app.switch_page("train.py").run())
    expect_text_only(choose_data(app, "moons"))
    expect_text_only(app.switch_page("data.py").run())


def test_refused_file() -> None:
    expect_text_only(upload(open_app("train.py"), b"\x00\x01" * 300, f"{FILE_NAME}.csv"))


def test_runs_and_their_models(hostile_model: Trained) -> None:
    key = new_key()
    spec = csv_spec(data__target=f"kind {NAME}").with_(**SMALL)
    store_model(key, NAME[:100], spec, hostile_model.content)
    jobs.service().store.uploads.save(owner_of(key), FILE_NAME, b"a,b\n1,2\n")
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.session_state[COOKIE] = key
    app.run()
    for page in ("runs.py", "data.py", "predict.py"):
        expect_text_only(app.switch_page(page).run())
    expect_text_only(app.radio[0].set_value("One row").run())
    app.radio[0].set_value("A file").run()
    expect_text_only(upload(app, b"a,b\n1,2\n" * 30, f"{FILE_NAME}.csv"))


def test_search_for_a_word() -> None:
    app = open_app("learn.py")
    expect_text_only(app.text_input[0].set_value(NAME).run(), NAME)
