"""The benchmark of readers sees what is read wrong, and counts what is read right."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest

from benchmarks.corpus import Sample, Truth, load_samples
from benchmarks.document import DOCUMENT, insert
from benchmarks.readers import OURS
from benchmarks.reading import CORRECTED, SECTION, failures, judge_all, judge_one, report, settings
from benchmarks.scoring import STEPS, ReadTable, Verdict, judge
from qenn_core.data import ReadOptions

TRUTH = Truth(
    columns=("day", "price", "", "kind", "kind"),
    rows=(("03.02.2023", "$1,037.00", "x", "yes", "09:15"), ("04.02.2023", "(8.44)", None, "no", "10:00")),
    numbers={1: (1037.0, -8.44)},
    units={1: "$"},
    delimiter=",",
    text_encoding="utf-8",
    header_rows=1,
)
NAMES = ["day", "price", "column 3", "kind", "kind_1"]
ROWS: list[list[Any]] = [
    ["03.02.2023", "$1037.00", "x", "yes", "09:15"],
    ["04.02.2023", "(8.44)", "n/a", "no", "10:00"],
]
NUMBERS = {1: [1037.0, -8.44]}


def changed(row: int, column: int, cell: object) -> list[list[Any]]:
    return [[cell if (k, n) == (row, column) else old for n, old in enumerate(r)] for k, r in enumerate(ROWS)]


@pytest.mark.parametrize(
    "got",
    [
        ReadTable(NAMES, ROWS, NUMBERS),
        ReadTable([*NAMES, "Unnamed: 5"], [[*row, None] for row in ROWS], NUMBERS),
        ReadTable(["day", "price", "Unnamed: 2", "kind", "kind.1"], changed(0, 1, "$1,037.00")),
        ReadTable(NAMES, changed(0, 3, True), NUMBERS),
        ReadTable(NAMES, changed(1, 0, date(2023, 2, 4)), NUMBERS),
        ReadTable(NAMES, changed(1, 4, time(10)), NUMBERS),
    ],
)
def test_right_table(got: ReadTable) -> None:
    truth = TRUTH if got.numbers else TRUTH.model_copy(update={"rows": tuple(map(tuple, got.rows))})
    assert judge(truth, got) == Verdict(len(STEPS))


@pytest.mark.parametrize(
    ("got", "step"),
    [
        (ReadTable(NAMES[:4], [row[:4] for row in ROWS], NUMBERS), "columns"),
        (ReadTable([*NAMES, "note"], [[*row, None] for row in ROWS], NUMBERS), "columns"),
        (ReadTable(NAMES, ROWS[:1], NUMBERS), "rows"),
        (ReadTable(NAMES, changed(0, 2, "y"), NUMBERS), "cells"),
        (ReadTable(NAMES, changed(1, 3, None), NUMBERS), "cells"),
        (ReadTable(NAMES, changed(0, 1, "$103"), {1: [103.0, -8.44]}), "cells"),
        (ReadTable(["date", *NAMES[1:]], ROWS, NUMBERS), "names"),
        (ReadTable(NAMES, changed(0, 1, "$1,037.00"), {1: [float("nan"), -8.44]}), "numbers"),
    ],
)
def test_first_wrong_step(got: ReadTable, step: str) -> None:
    verdict = judge(TRUTH, got)
    assert STEPS[verdict.n_steps] == step
    assert verdict.difference


def test_surplus_needs_a_note() -> None:
    truth = TRUTH.model_copy(update={"surplus": (2,)})
    assert judge(truth, ReadTable(NAMES, ROWS, NUMBERS, ["Left out 1 row."])).difference == ""
    assert "note" in judge(truth, ReadTable(NAMES, ROWS, NUMBERS, ["Left out 12 rows."])).difference


def test_dialect_as_settings_of_our_reader() -> None:
    truth = TRUTH.model_copy(update={"delimiter": ";", "decimal": ",", "header_rows": 1, "skip_rows": 2})
    chosen = settings(truth)
    assert (chosen["delimiter"], chosen["decimal"], chosen["skip_rows"]) == (";", ",", 2)
    assert ReadOptions(**chosen).header == 1


def test_files_are_read_and_counted() -> None:
    samples = [
        sample for sample in load_samples() if sample.name.startswith(("plain.cars-", "no-tables.pdf"))
    ]
    ours = judge_all(OURS, samples)
    wrong = {name: Verdict(1, "3 rows instead of 4") for name in ours}
    text = report(samples, {OURS: wrong, CORRECTED: ours})
    assert "| plain | 2 | 0 | 2 |" in text
    assert "| no tables | 1 | 0 | 1 |" in text
    assert f"| {CORRECTED} | 100.0% | 100.0% |" in text
    assert f"| {OURS} | 100.0% | 0.0% |" in text
    assert failures({OURS: wrong, CORRECTED: ours}).count("3 rows instead of 4 (can be corrected)") == 3
    assert text in insert(DOCUMENT.read_text(encoding="utf-8"), text, SECTION)


# A title above the third column could be the name of a group.
AMBIGUOUS = {"padded-titles.in-the-third-column"}


@pytest.mark.parametrize("sample", load_samples(), ids=lambda sample: sample.name)
def test_messy_file_is_read_right(sample: Sample) -> None:
    verdict = judge_one(CORRECTED if sample.name in AMBIGUOUS else OURS, sample)
    assert verdict.difference == ""
