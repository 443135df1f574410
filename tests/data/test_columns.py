"""Roles of columns, and how their cells are parsed."""

import numpy as np
import pandas as pd
import pytest

from qenn_core.data.columns import MISSING_CATEGORY, column_notes, read_columns, split_pairs
from tests.data.tables import table


def parse(cells, role=None, name="c"):
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
        (["1/31/2024 9:05:11", "2/1/2024 10:20:30"], "date"),
        (["2024/03/05 10:11:12 AM GMT+1", "2024/03/06 1:02:03 PM GMT+1"], "date"),
        (["31.01.2024 10:20:05", None], "date"),
        (["17.12.21", "01.02.22"], "date"),
        (["17-Dec-2021", "18-Dec-2021"], "date"),
        (["Dec 2021", "Jan 2022"], "date"),
        (["0730", "1104", "1950"], "text"),
        (["yes", None, "yes", "yes", None], "category"),
        (["1", None, "1", None], "category"),
        (["red", "green", "red", "green"], "category"),
        (["10:30", "11:45", "10:30", "11:45"], "category"),
        (["126/83", "141 / 92", "118,5/76", None], "pair"),
        (["3/2020", "11/2022"], "pair"),
        ([*(f"{120 + k % 9}/80" for k in range(20)), "unknown"], "pair"),
        ([f"2020/{k}" for k in range(1, 31)], "ignore"),
        (["1/2/3", "4/5/6"], "text"),
        ([f"Mr {k}" for k in range(50)], "text"),
        ([None, None], "ignore"),
    ],
)
def test_a_role_is_guessed_from_the_cells(cells, role):
    assert parse(cells).guessed == role
    assert parse(cells).role == role


@pytest.mark.parametrize(
    ("name", "cells", "left_out"),
    [
        ("n", range(1, 31), "only number or identify the rows"),
        ("patient_id", [40, 7, 12, 33], "only number or identify the rows"),
        ("ID", [40, 7, 12, 33, 40, 8], "only number or identify the rows"),
        ("c", ["5", "5", "5"], "the same value"),
        ("c", [None, None], "missing"),
        ("c", [f"note {k}" for k in range(40)], "free text"),
    ],
)
def test_uninformative_columns_are_left_out_with_the_reason(name, cells, left_out):
    assert left_out in parse(cells, name=name).left_out


def test_whole_numbers_that_repeat_are_not_row_numbers():
    assert parse([3, 1, 2, 3], name="patient_id").left_out == ""


def test_a_chosen_role_takes_precedence():
    column = parse(["3", "1", "2", "3"], role="category")
    assert (column.role, column.guessed) == ("category", "numeric")
    assert column.values.tolist() == ["3", "1", "2", "3"]


@pytest.mark.parametrize("role", ["numeric", "boolean", "date"])
def test_a_column_is_left_out_if_no_cell_fits_its_role(role):
    assert "no cell can be read as" in parse(["red", "green"], role=role).left_out


@pytest.mark.parametrize("role", ["ignore", "text"])
def test_a_column_is_left_out_if_the_user_chooses_to(role):
    assert parse(["1", "2"], role=role).left_out == "you chose to"


def test_infinite_and_huge_numbers_count_as_missing():
    column = parse(["1", "2", "inf", "-inf", "1e300"])
    assert np.isnan(column.values[2:]).all()
    assert column.notes == ("Treated 3 infinite or extremely large numbers in ‘c’ as missing.",)


def test_unreadable_cells_count_as_missing_with_a_note():
    column = parse([*range(0, 60, 2), "n.d."])
    assert np.isnan(column.values.iloc[-1])
    assert column.notes == ("Treated 1 unreadable cell in ‘c’ as missing (expected a number): ‘n.d.’.",)


def test_missing_categories_are_a_category():
    assert parse(["red", None, "red", "green", "green"]).values[1] == MISSING_CATEGORY


def test_ambiguous_dates_have_the_day_first():
    assert parse(["03/04/2020", "01/02/2020"]).values[0] == pd.Timestamp(2020, 4, 3)


def test_pairs_are_two_numbers():
    column = parse(["126/83", "118,5 / 76", None])
    assert split_pairs(column.values).fillna(-1).to_numpy().tolist() == [[126, 83], [118.5, 76], [-1, -1]]
    assert column.notes == ("Read each cell of ‘c’ as two numbers.",)


def test_it_is_noted_that_days_might_be_months():
    assert parse(["03/04/2020", "01/02/2020"]).notes == (
        "Dates such as 03/04/2020 in ‘c’ were read with the day first.",
    )
    assert parse(["03/04/2020", "31/01/2020"]).notes == ()


def test_any_unambiguous_date_determines_the_format():
    assert parse(["03/04/2020", "01/31/2020"]).values[0] == pd.Timestamp(2020, 3, 4)


def test_a_duplicate_column_is_left_out_however_it_is_written():
    frame = pd.DataFrame({"a": ["1", "2", "3.5"], "b": ["1.0", "2.0", "3.50"], "y": "x"}).astype("str")
    first, second = read_columns(frame, {}, "y")
    assert (first.left_out, second.left_out) == ("", "another column holds the same values")


def test_names_with_markup_formulas_and_emoji_are_plain_names():
    names = ["<script>alert(1)</script>", "=SUM(A1)", "🌡️", "a__b", "x'y"]
    frame = pd.DataFrame({name: [k, 7, 3 * k + 1] for k, name in enumerate(names)} | {"y": "x"}).astype("str")
    assert [column.name for column in read_columns(frame, {}, "y")] == names


def test_columns_left_out_for_one_reason_share_a_note():
    frame = pd.DataFrame({f"c{k}": ["0", "0"] for k in range(8)} | {"y": ["p", "q"]}).astype("str")
    assert column_notes(read_columns(frame, {}, "y")) == (
        "Left out 8 columns because every cell holds the same value: "
        "‘c0’, ‘c1’, ‘c2’, ‘c3’, ‘c4’ and 3 more.",
    )


def test_years_are_kept_if_there_is_nothing_else_to_learn_from():
    years, kinds = [str(year) for year in range(1980, 2020)], ["a", "b"] * 20
    [column] = read_columns(table(year=years, kind=kinds).frame, {}, "kind")
    assert (column.role, column.left_out) == ("numeric", "")
    size = [str(k * 37 % 101 / 4) for k in range(40)]
    [column, _] = read_columns(table(year=years, size=size, kind=kinds).frame, {}, "kind")
    assert column.left_out
    [column] = read_columns(table(n=[str(k) for k in range(40)], kind=kinds).frame, {}, "kind")
    assert column.left_out, "row numbers are no years"
