"""Every page opens with every catalogue entry."""

from __future__ import annotations

from html import escape
from itertools import cycle

import pytest
from sessions import has_no_errors, link_of, open_app, text_of

from pages._shared.markdown import escape_markdown
from qenn_core.registry import ANSATZE, DATASETS, ENCODINGS, NOISE_CHANNELS

PAGES = ("train.py", "runs.py", "predict.py", "data.py", "learn.py")


# Every entry of each catalogue at least once; the longest catalogue is that of the encodings.
CIRCUITS = list(zip(ENCODINGS.keys(), cycle(ANSATZE.keys()), cycle(NOISE_CHANNELS.keys()), strict=False))


def test_pages_open_with_the_defaults() -> None:
    app = open_app(auto="")
    for page in PAGES:
        app.switch_page(page).run()
        assert has_no_errors(app), page
        assert link_of(app) == {"auto": ""}, "defaults are not in the link"


def test_circuits_include_every_entry() -> None:
    for entries, catalogue in zip(
        zip(*CIRCUITS, strict=True), (ENCODINGS, ANSATZE, NOISE_CHANNELS), strict=True
    ):
        assert set(entries) == set(catalogue.keys())


@pytest.mark.parametrize(("encoding", "ansatz", "channel"), CIRCUITS)
def test_train_page_shows_every_encoding_ansatz_and_channel(encoding: str, ansatz: str, channel: str) -> None:
    highest = NOISE_CHANNELS[channel].max_level
    app = open_app(
        enc=encoding, ans=ansatz, noise=channel, p=f"{highest:g}", at="layer", ent="all", q="3", view="all"
    )
    assert has_no_errors(app)
    assert ENCODINGS[encoding].label in text_of(app)
    assert app.selectbox(key="field:encoding.kind").value == encoding
    assert app.slider(key="field:noise.level").value == highest


@pytest.mark.parametrize("source", DATASETS.keys())
def test_data_page_shows_every_data_set(source: str) -> None:
    app = open_app("data.py", data=source)
    assert has_no_errors(app)
    assert app.button(key="choose_data").label == f"Data: {escape_markdown(DATASETS[source].label)}"
    assert [heading.value for heading in app.subheader] == [
        "First rows",
        "Rows per class",
        "The data at a glance",
        "The most informative features",
        "Columns",
        "How the data were prepared",
    ]
    assert {f"param:{source}:{param.name}" for param in DATASETS[source].params} <= {
        widget.key for kind in ("number_input", "selectbox") for widget in app.get(kind)
    }


def test_pages_open_for_a_missing_file() -> None:
    app = open_app(data="csv", file="mine.csv", sha="0" * 64, target="kind")
    for page in PAGES:
        assert has_no_errors(app.switch_page(page).run()), page


def test_learn_page_lists_every_catalogue_entry() -> None:
    text = text_of(open_app("learn.py"))
    for registry in (ENCODINGS, ANSATZE, NOISE_CHANNELS):
        for entry in registry:
            assert escape(entry.label) in text
            assert escape(entry.help) in text


def test_learn_page_finds_words() -> None:
    app = open_app("learn.py")
    search = app.text_input[0]
    found = text_of(search.set_value(" cross-ENTROPY ").run())
    assert "<dt>Loss</dt>" in found
    assert "<dt>Epoch</dt>" not in found
    nothing = text_of(search.set_value("*<b>*").run())
    assert "<dt>" not in nothing
    assert r"‘\*\<b\>\*’" in nothing


def test_gallery_has_a_picture_of_every_data_set() -> None:
    app = open_app()
    assert has_no_errors(app.button(key="choose_data").click().run())
    pictures = [url for picture in app.image for url in picture.value]
    assert all(picture.startswith("data:image/svg+xml") for picture in pictures)
    assert len(set(pictures)) == len(pictures) == len(DATASETS)
