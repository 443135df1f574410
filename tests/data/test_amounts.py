"""Numbers are read as people write them, and only numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qenn_core.data.amounts import digits_of, parse_amounts
from qenn_core.data.columns import read_columns
from tests.data.tables import table

NAN = float("nan")


@pytest.mark.parametrize(
    ("cells", "values", "unit"),
    [
        (["$16.89", "$1037", "-$5.00", "$-3"], [16.89, 1037, -5, -3], "$"),
        (["£3.50", "£4"], [3.5, 4], "£"),
        (["3.50 €", "1 €"], [3.5, 1], "€"),
        (["5%", "7.5 %", "9"], [5, 7.5, 9], "%"),
        (["12 kg", "170kg"], [12, 170], "kg"),
        (["20 km/h", "5.5 km/h"], [20, 5.5], "km/h"),
        (["21 °C", "−3 °C"], [21, -3], "°C"),
        (["(8.44)", "3"], [-8.44, 3], ""),
        (["12.50-", "3.20"], [-12.5, 3.2], ""),
        (["R$ 12.50", "-R$ 3"], [12.5, -3], "R$"),
        (["kr 12.50", "kr 3"], [12.5, 3], "kr"),
        (["2.0K", "357", "1.5M"], [2000, 357, 1.5e6], ""),
        (["€110.5M", "€565K", "€12"], [110.5e6, 565e3, 12], "€"),
        (["3%", "0.02"], [NAN, 0.02], ""),
        (["1 h", "30", "2 h"], [NAN, 30, NAN], ""),
        (["1½", "2"], [NAN, 2], ""),
        (["12.50-", "120-", "3.20"], [-12.5, -120, 3.2], ""),
        (["8.-", "Fr. 76.-", "Fr. 12.50"], [8, 76, 12.5], "Fr."),
        (["1", "2-", "3+", "(4)"], [1, NAN, NAN, NAN], ""),
        (["300K", "310K", "295"], [300, 310, 295], "K"),
        (["833M", "1.5G", "2.2G"], [NAN, 1.5, 2.2], "G"),
        (["950", "12K", "2.5K"], [950, 12000, 2500], ""),
        (["−3", "+5", ".5", "1e3"], [-3, 5, 0.5, 1000], ""),
        (["12 kg", "3 g", "4 kg"], [12, NAN, 4], "kg"),
        (["10-20", "1.2.3", "126/83", "12 of 20", "x5", "(3", "", None, "٨٠", "１２ kg"], [NAN] * 10, ""),
    ],
)
def test_amounts_are_parsed(cells: list[str], values: list[float], unit: str) -> None:
    got = parse_amounts(pd.Series(cells, dtype="str"))
    np.testing.assert_array_equal(got.values, values)
    assert got.unit == unit


def test_cells_in_another_unit_are_no_numbers() -> None:
    got = parse_amounts(pd.Series(["3 g", "4 kg", "5"], dtype="str"), "kg").values
    np.testing.assert_array_equal(got, [NAN, 4, 5])


@given(st.floats(-1e9, 1e9), st.sampled_from(["kg", "%", "€", "m²", "km/h"]))
def test_unit_does_not_change_the_number(number: float, unit: str) -> None:
    assert parse_amounts(pd.Series([f"{number!r} {unit}"])).values[0] == number


@pytest.mark.parametrize("text", ["$1,037.00", "1 234,5", "1'234.5", "12,34,567", "(8,44)", "3,50 €", "5"])
def test_written_numbers_are_recognized(text: str) -> None:
    assert digits_of(text)


@pytest.mark.parametrize("text", ["", "kg", "10-20", "1.2.3", "192.168.0.1", "5 apples", "(5", "2024-01-31"])
def test_other_texts_are_no_numbers(text: str) -> None:
    assert digits_of(text) is None


def test_column_with_a_unit_is_numeric_with_a_note() -> None:
    weights = [k * 37 % 101 / 4 for k in range(30)]
    rows = table(weight=[f"{weight} kg" for weight in weights], kind=["a", "b"] * 15)
    [column] = read_columns(rows.frame, {}, "kind")
    assert column.role == "numeric"
    assert column.values.tolist() == weights
    assert column.notes == ("Read the numbers in ‘weight’ without their unit, kg.",)


def test_numbers_with_leading_zeros_are_codes() -> None:
    codes = ["01067", "80331", "04109", "50667", "10115"] * 6
    [column] = read_columns(table(postcode=codes, y=["a", "b"] * 15).frame, {}, "y")
    assert column.role == "category"
    assert column.values.tolist() == codes
