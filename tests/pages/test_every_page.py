"""Every page opens with every catalogue entry."""

from __future__ import annotations

from html import escape

import pytest
from sessions import has_no_errors, link_of, open_app, text_of

from qenn_core.registry import ANSATZE, DATASETS, ENCODINGS, NOISE_CHANNELS

PAGES = ("train.py", "runs.py", "predict.py", "data.py", "learn.py")


@pytest.mark.parametrize("page", PAGES)
def test_page_opens_with_the_defaults(page: str) -> None:
    app = open_app(page)
    assert has_no_errors(app)
    assert link_of(app) == {}, "defaults are not in the link"


@pytest.mark.parametrize("encoding", ENCODINGS.keys())
def test_train_page_shows_every_encoding(encoding: str) -> None:
    app = open_app(enc=encoding)
    assert has_no_errors(app)
    assert ENCODINGS[encoding].label in text_of(app)
    assert app.selectbox(key="field:encoding.kind").value == encoding


@pytest.mark.parametrize("ansatz", ANSATZE.keys())
def test_train_page_shows_every_ansatz_with_noise(ansatz: str) -> None:
    assert has_no_errors(open_app(ans=ansatz, p="0.02", ent="all", q="3"))


@pytest.mark.parametrize("channel", NOISE_CHANNELS.keys())
def test_train_page_shows_every_noise_channel_at_its_highest_level(channel: str) -> None:
    highest = NOISE_CHANNELS[channel].max_level
    app = open_app(noise=channel, p=f"{highest:g}", at="layer")
    assert has_no_errors(app)
    assert app.slider(key="field:noise.level").value == highest


@pytest.mark.parametrize("source", DATASETS.keys())
def test_data_page_shows_every_data_set(source: str) -> None:
    app = open_app("data.py", data=source)
    assert has_no_errors(app)
    assert app.selectbox(key="field:data.source").value == source
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


@pytest.mark.parametrize("page", PAGES)
def test_page_opens_for_a_missing_file(page: str) -> None:
    assert has_no_errors(open_app(page, data="csv", file="mine.csv", sha="0" * 64, target="kind"))


def test_learn_page_lists_every_catalogue_entry() -> None:
    text = text_of(open_app("learn.py"))
    for registry in (ENCODINGS, ANSATZE, NOISE_CHANNELS):
        for entry in registry:
            assert escape(entry.label) in text
            assert escape(entry.help) in text
