"""Numbers that stand for missing values are noticed, and can be counted as missing."""

from dataclasses import replace

import pytest

from qenn_core.data.columns import read_columns
from qenn_core.data.gap_codes import find_gap_codes
from qenn_core.data.labeling import label_table
from qenn_core.data.raw_text import RawText
from qenn_core.data.table import Reading
from tests.data.tables import csv_spec, table


def codes(*cells: str) -> list[tuple[str, int]]:
    frame = table(depth=cells, kind=["a", "b"] * (len(cells) // 2)).frame
    return [(code.cell, code.n_cells) for code in find_gap_codes(read_columns(frame, {}, "kind"))]


def texts_of_advice(**columns) -> list[str]:
    rows = table(**columns, kind=["a", "b"] * (len(columns["depth"]) // 2))
    rows = replace(rows, reading=Reading("utf-8", ",", ".", '"', 1, 0, 0, RawText(())))
    return [advice.text for advice in label_table(csv_spec(data__target="kind"), rows).advice]


MEASURED = ("1.5", "2.5", "8", "3.1", "-4", "0.2")


@pytest.mark.parametrize("code", ["-999", "-99", "9999", "99.0", "-9999.00", "−999", "9999.9", "99.99"])
def test_repeated_nines_far_from_all_others_are_codes(code):
    assert codes(*MEASURED, code, code) == [(code, 2)]


@pytest.mark.parametrize(
    "cells",
    [
        (*MEASURED, "-999", "7"),  # once
        (*MEASURED, "500", "500"),
        ("80", "99", "99", "95", "60", "71"),  # near the others
        ("-999", "-999", "-999", "5", "5", "5"),  # nothing to be far from
    ],
)
def test_other_numbers_are_no_codes(cells):
    assert codes(*cells) == []


def test_codes_at_both_ends_are_found():
    assert codes(*MEASURED, "-999", "-999", "999", "999") == [("-999", 2), ("999", 2)]


@pytest.mark.parametrize("code", ["-1", "-200", "-9.0"])
def test_the_only_negative_number_is_a_code_if_it_repeats(code):
    assert codes("3", "0.5", "7.25", "1.5", code, code) == [(code, 2)]
    assert codes("3", "0.5", "7.25", "1.5", code, "-2", code, "-2") == []


def test_words_among_numbers_are_codes():
    assert codes(*map(str, range(20, 40, 2)), *map(str, range(5, 9)), "unknown", "unknown") == [
        ("unknown", 2)
    ]
    assert codes(*(f"word {k}" for k in range(10))) == []


def test_words_count_as_missing_as_they_are_written_in_the_file():
    rows = table(
        depth=[*map(str, range(30)), "n.v.", "n.v."],
        x=["1", "2", "4"] * 10 + ["1", "2"],
        kind=["a", "b"] * 16,
    )
    rows = replace(rows, reading=Reading("utf-8", ";", ",", '"', 1, 0, 0, RawText(())))
    [advice] = label_table(csv_spec(data__target="kind"), rows).advice
    assert advice.data.gaps == ("n.v.",)


def test_advice_says_what_else_would_be_missing():
    depth, scores = (
        [*(str(k % 7) for k in range(30)), "99", "99"],
        [*(str(80 + k % 20) for k in range(30)), "99", "98"],
    )
    [text] = texts_of_advice(depth=depth, score=scores)
    assert text.startswith("2 cells of ‘depth’ are ‘99’, far from all other numbers there.")
    assert text.endswith("Then it is also missing in ‘score’.")
