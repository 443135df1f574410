"""The rules make the files of the corpus, and the truth of each file fits it."""

from __future__ import annotations

import pytest

from benchmarks.corpus import Sample, Truth, load_samples
from benchmarks.corpus.making import PACKED, RULES, make_samples

STORED = {sample.name: sample for sample in load_samples()}
TEXTS = [sample for sample in STORED.values() if sample.is_text]


def test_rules_make_the_files() -> None:
    made = {sample.name: sample for sample in make_samples(rule for rule in RULES if rule not in PACKED)}
    assert {name: sample for name, sample in STORED.items() if sample.kind not in ("gzip", "parquet")} == made


def test_corpus_is_large_and_its_files_are_small() -> None:
    assert len(STORED) >= 500
    assert max(len(sample.content) for sample in STORED.values()) < 15_000


@pytest.mark.parametrize("sample", TEXTS, ids=lambda sample: sample.name)
def test_file_shows_what_the_truth_says(sample: Sample) -> None:
    truth = sample.truth
    errors = "replace" if "broken" in sample.name else "strict"
    text = sample.content.decode(truth.text_encoding or "", errors)
    shown = text.replace("\r\n", "\n").translate(dict.fromkeys(map(ord, "\"'\\"), ""))
    for row in truth.rows:
        for cell in filter(None, row):
            assert cell.translate(dict.fromkeys(map(ord, "\"'\\"), "")) in shown
    assert truth.delimiter is not None
    assert truth.delimiter in text
    assert all(line in text for line in truth.left_out)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"columns": ("a", "b"), "rows": (("1", "2"), ("3",)), "header_rows": 1}, "widths"),
        ({"columns": ("a", "b"), "rows": (("1", "2"),) * 2}, "header"),
        ({"rows": (("1", ""),) * 2}, "trimmed"),
        ({"rows": (("1", "2"),) * 2, "numbers": {2: (1.0, 1.0)}}, "numbers"),
        ({"rows": (("1", "2"),) * 2, "numbers": {0: (1.0,)}}, "1 numbers in 2 rows"),
        ({"rows": (("1", "2"),) * 2, "units": {0: "kg"}}, "units"),
        ({"rows": (("1", "2"),)}, "two rows"),
        ({"rows": (("1", "2"),) * 2, "refused": "JSON"}, "refused"),
    ],
)
def test_inconsistent_truth_is_an_error(fields: dict[str, object], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Truth.model_validate(fields)
