"""Predictions appended to their rows, as a table and as a file."""

from __future__ import annotations

import csv
import io

import numpy as np
import pandas as pd
import pytest

from qenn_core.analysis.predictions import Predictions, to_csv
from qenn_core.data.reading.parsing import parse_table
from qenn_core.data.reading.protocol import ReadOptions
from qenn_core.data.target import NO_CLASS

FRAME = pd.DataFrame(
    {"a": ["1.5", None, "-3"], "=cmd": ["=1+1", "@x", "-y"], "predicted kind": ["+x", "\tx", "ä, ö"]},
    dtype="str",
)


def example(**changes) -> Predictions:
    fields = {
        "target": "kind",
        "class_names": ("down", "=up"),
        "probabilities": np.array([[0.25, 0.75], [2 / 3, 1 / 3], [0.5, 0.5]]),
        "true_classes": None,
        "seen": np.array([True, False, False]),
    }
    return Predictions(**fields | changes)


def rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_predictions_are_appended_to_their_rows():
    table = example().append_to(FRAME.set_axis([7, 7, 2], axis="index"))
    assert list(table.columns) == [
        *FRAME.columns,
        "predicted kind (2)",
        "probability of down",
        "probability of =up",
    ]
    assert table["predicted kind (2)"].tolist() == ["=up", "down", "down"]
    assert table["a"].tolist()[0] == "1.5"


def test_file_has_no_formulas_and_keeps_its_numbers():
    assert rows(to_csv(example().append_to(FRAME))) == [
        ["a", "'=cmd", "predicted kind", "predicted kind (2)", "probability of down", "probability of =up"],
        ["1.5", "'=1+1", "'+x", "'=up", "0.25", "0.75"],
        ["", "'@x", "'\tx", "down", "0.666667", "0.333333"],
        ["-3", "'-y", "ä, ö", "down", "0.5", "0.5"],
    ]


@pytest.mark.parametrize("sign", "=+-@\t\r\n＝＋－＠﹦﹢﹣﹫⁼⁺₌₊")
def test_no_variant_of_a_sign_begins_a_formula(sign):
    frame = pd.DataFrame({f"{sign}name": [f"{sign}1+1", f"1{sign}1", "－5"]})
    assert rows(to_csv(frame)) == [[f"'{sign}name"], [f"'{sign}1+1"], [f"1{sign}1"], ["'－5"]]


def test_file_can_be_read_again(tmp_path):
    table, *_ = parse_table(to_csv(example().append_to(FRAME)), ReadOptions(), tmp_path)
    assert (table.num_rows, table.num_columns) == (3, 6)
    assert table["predicted kind (2)"].to_pylist() == ["'=up", "down", "down"]


@pytest.mark.parametrize(
    ("truth", "all_rows", "unseen_rows"),
    [
        ([1, 0, 1], (2, 3), (1, 2)),
        ([1, NO_CLASS, 0], (2, 2), (1, 1)),
        ([1, NO_CLASS, NO_CLASS], (1, 1), None),
    ],
)
def test_correct_rows_are_counted_in_total_and_among_unseen_rows(truth, all_rows, unseen_rows):
    predictions = example(true_classes=np.array(truth))
    assert predictions.count_correct() == all_rows
    assert predictions.count_correct(unseen_only=True) == unseen_rows
