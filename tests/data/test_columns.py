"""What a column is taken for, and what happens to its cells."""

import numpy as np
import pandas as pd
import pytest

from qenn_core.data.columns import MISSING_CATEGORY, notes_on, read_columns


def read(cells, role=None, name="c"):
    frame = pd.DataFrame({name: pd.Series(list(cells)).astype("str"), "target": "x"})
    (column,) = read_columns(frame, {name: role} if role else {}, "target")
    return column


@pytest.mark.parametrize(
    ("cells", "role"),
    [
        (["1.5", "2", "-3e4", None], "numeric"),
        (["1", "2", "2", "inf"], "numeric"),
        ([*map(str, range(0, 40, 2)), "unknown"], "numeric"),
        (["yes", "No", "YES", None], "boolean"),
        (["True", "false", "true"], "boolean"),
        (["0", "1", "1", "0"], "boolean"),
        (["2024-01-31", "2024-02-01"], "date"),
        (["31.01.2024", "01.02.2024"], "date"),
        (["01/31/2024", "02/01/2024"], "date"),
        (["2024-01-31 10:20", "2024-02-01T11:00:05"], "date"),
        (["red", "green", "red", "green"], "category"),
        (["10:30", "11:45", "10:30", "11:45"], "category"),
        ([f"Mr {k}" for k in range(50)], "text"),
        ([None, None], "ignore"),
    ],
)
def test_a_role_is_guessed_from_the_cells(cells, role):
    assert read(cells).guessed == role
    assert read(cells).role == role


@pytest.mark.parametrize(
    ("name", "cells", "left_out"),
    [
        ("n", range(1, 31), "only number the rows"),
        ("patient_id", [40, 7, 12, 33], "only number the rows"),
        ("ID", [40, 7, 12, 33, 40, 8], "only number the rows"),
        ("c", ["5", "5", "5"], "the same value"),
        ("c", [None, None], "missing"),
        ("c", [f"note {k}" for k in range(40)], "free text"),
    ],
)
def test_a_column_that_says_nothing_is_left_out_with_the_reason(name, cells, left_out):
    assert left_out in read(cells, name=name).left_out


def test_whole_numbers_that_repeat_are_not_row_numbers():
    assert read([3, 1, 2, 3], name="patient_id").left_out == ""


def test_the_users_role_outranks_the_guess():
    column = read(["3", "1", "2", "3"], role="category")
    assert (column.role, column.guessed) == ("category", "numeric")
    assert column.values.tolist() == ["3", "1", "2", "3"]


@pytest.mark.parametrize("role", ["numeric", "boolean", "date"])
def test_a_role_that_no_cell_fits_leaves_the_column_out(role):
    assert "no cell reads as" in read(["red", "green"], role=role).left_out


@pytest.mark.parametrize("role", ["ignore", "text"])
def test_a_column_is_ignored_on_the_users_word(role):
    assert read(["1", "2"], role=role).left_out == "you chose so"


def test_infinite_and_boundless_numbers_count_as_missing():
    column = read(["1", "2", "inf", "-inf", "1e300"])
    assert np.isnan(column.values[2:]).all()
    assert column.notes == ("3 infinite values in ‘c’ counted as missing.",)


def test_cells_that_are_no_numbers_count_as_missing_and_are_named():
    column = read([*range(0, 60, 2), "n.d."])
    assert np.isnan(column.values.iloc[-1])
    assert column.notes == ("1 cell in ‘c’ counted as missing, not being a number: ‘n.d.’.",)


def test_missing_categories_are_a_category():
    assert read(["red", None, "red", "green", "green"]).values[1] == MISSING_CATEGORY


def test_an_unclear_date_is_read_with_the_day_first():
    assert read(["03/04/2020", "01/02/2020"]).values[0] == pd.Timestamp(2020, 4, 3)


def test_all_cells_decide_whether_the_month_comes_first():
    assert read(["03/04/2020", "01/31/2020"]).values[0] == pd.Timestamp(2020, 3, 4)


def test_a_repeated_column_is_left_out_however_it_is_written():
    frame = pd.DataFrame({"a": ["1", "2", "3.5"], "b": ["1.0", "2.0", "3.50"], "y": "x"}).astype("str")
    first, second = read_columns(frame, {}, "y")
    assert (first.left_out, second.left_out) == ("", "another column holds the same")


def test_names_with_markup_formulas_and_emoji_are_plain_names():
    names = ["<script>alert(1)</script>", "=SUM(A1)", "🌡️", "a__b", "x'y"]
    frame = pd.DataFrame({name: [k, 7, 3 * k + 1] for k, name in enumerate(names)} | {"y": "x"}).astype("str")
    assert [column.name for column in read_columns(frame, {}, "y")] == names


def test_what_is_left_out_is_said_once_for_each_reason():
    frame = pd.DataFrame({f"c{k}": ["0", "0"] for k in range(8)} | {"y": ["p", "q"]}).astype("str")
    assert notes_on(read_columns(frame, {}, "y")) == (
        "8 columns left out, since every cell holds the same value: ‘c0’, ‘c1’, ‘c2’, ‘c3’, ‘c4’ and 3 more.",
    )
