"""HTML of the pages, in which text from outside is always escaped."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages._shared import html
from pages._shared.markdown import escape_markdown
from qenn_core.comparison.results import Comparison, ModelResult
from qenn_core.experiment import ExperimentSpec
from qenn_core.metrics import Scores
from qenn_core.model.shape import model_shape
from qenn_core.text import count

HOSTILE = '<img src=x onerror="window.hacked=1">&amp;=1+1 🦊'


class HtmlText(HTMLParser):
    """The tags, attributes and text of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (7, "7"),
        (99, "99"),
        (8_949, "8,900"),
        (267_640, "270,000"),
        (999_999, "1 million"),
        (1_940_000, "1.9 million"),
        (73_200_000, "73 million"),
        (2_460_000_000, "2.5 billion"),
    ],
)
def test_large_numbers_are_rounded_to_two_digits(number: int, text: str) -> None:
    assert html.round_to_two_digits(number) == text


def test_single_shot_is_singular() -> None:
    assert "circuits of 1 shot, by" in html.circuit_runs_sentence(5, shots=1)


def scores(auc: float | None = 0.5) -> Scores:
    return Scores(
        accuracy=0.875, balanced_accuracy=0.8, macro_f1=0.7, roc_auc=auc, confusion=((7, 1), (0, 0))
    )


def model(name: str, *, epochs: int | None = 12, remark: str = "") -> ModelResult:
    return ModelResult(
        name=name,
        kind="quantum",
        train=scores(),
        validation=scores(),
        test=scores(None if epochs is None else 0.5),
        parameters=1234,
        epochs=epochs,
        seconds=1.5,
        predictions=(0, 1),
        remark=remark,
    )


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (12345, "12,345 rows")]
)
def test_noun_agrees_with_its_number(number: int, text: str) -> None:
    assert count(number, "row") == text


def test_irregular_plural() -> None:
    assert count(2, "class", "classes") == "2 classes"


@given(st.text())
def test_any_text_is_escaped_in_tables(text: str) -> None:
    clean = HtmlText(html.text_table(("a",), [("b",)]))
    read = HtmlText(html.text_table((text,), [(text,)]))
    assert read.tags == clean.tags
    assert read.attributes == clean.attributes


def test_names_of_classes_and_data_are_escaped() -> None:
    spec = ExperimentSpec()
    for text in (
        html.pipeline(spec, model_shape(spec, 2, 2), 2, HOSTILE),
        html.confusion_table(model("QENN"), (HOSTILE, "b")),
        html.stages([html.Stage("quantum", HOSTILE, "text")]),
    ):
        read = HtmlText(text)
        assert "img" not in read.tags
        assert "onerror" not in read.attributes
        assert HOSTILE in read.text


def test_models_and_remarks_are_escaped() -> None:
    comparison = Comparison(
        rows=(model(HOSTILE, remark=HOSTILE),), verdicts=(), majority_accuracy=0.5, cautions=()
    )
    read = HtmlText(html.model_table(comparison))
    assert "img" not in read.tags
    assert read.text.count("onerror") == 2


def test_model_table_shows_every_score() -> None:
    rows = (model("QENN"), model("Logistic regression (all features)", epochs=None, remark="A remark."))
    text = HtmlText(
        html.model_table(Comparison(rows=rows, verdicts=(), majority_accuracy=0.5, cautions=()))
    ).text
    for shown in ("QENN", "87.5", "0.70", "0.50", "1,234", "12", "1.50", "all features", "A remark.", "–"):
        assert shown in text


def test_confusion_table_has_one_row_per_class() -> None:
    text = HtmlText(html.confusion_table(model("QENN"), ("left", "right"))).text
    assert text == "true class ↓ / predicted →leftrightleft71right00"


def test_markdown_is_escaped() -> None:
    assert escape_markdown("*a* [b](c) `d` $e$ f: <g>") == r"\*a\* \[b\]\(c\) \`d\` \$e\$ f\: \<g\>"
