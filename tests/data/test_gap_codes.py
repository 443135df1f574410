"""Numbers that stand for missing values are noticed, and can be counted as missing."""

import pytest

from qenn_core.data.columns import read_columns
from qenn_core.data.gap_codes import find_gap_codes
from tests.data.tables import table


def codes(*cells: str) -> list[tuple[str, int]]:
    frame = table(depth=cells, kind=["a", "b"] * (len(cells) // 2)).frame
    return [(code.cell, code.n_cells) for code in find_gap_codes(read_columns(frame, {}, "kind"))]


MEASURED = ("1.5", "2.5", "8", "3.1", "-4", "0.2")


@pytest.mark.parametrize("code", ["-999", "-99", "9999", "99.0", "-9999.00", "−999"])
def test_repeated_nines_far_from_all_others_are_codes(code):
    assert codes(*MEASURED, code, code) == [(code, 2)]


@pytest.mark.parametrize(
    "cells",
    [
        (*MEASURED, "-999", "7"),  # once
        (*MEASURED, "-500", "-500"),
        ("80", "99", "99", "95", "60", "71"),  # near the others
        ("-999", "-999", "-999", "5", "5", "5"),  # nothing to be far from
    ],
)
def test_other_numbers_are_no_codes(cells):
    assert codes(*cells) == []


def test_codes_at_both_ends_are_found():
    assert codes(*MEASURED, "-999", "-999", "999", "999") == [("-999", 2), ("999", 2)]
