"""Further rows are read as the training's were, and what is odd about them is said."""

import io

import numpy as np
import pandas as pd
import pytest

from qenn_core.data.column_schema import ColumnSchema, know
from qenn_core.data.labeling import label_table
from qenn_core.data.target import NO_CLASS, classes_of, labels_of
from tests.data.tables import csv_spec, measured


def known(name: str, cells, **spec) -> ColumnSchema:
    """Return what is remembered of a column with these cells, one a training row."""
    rows = measured(len(cells), **{name: cells})
    labeled = label_table(csv_spec(data__target="kind", **spec), rows)
    return next(column for column in know(labeled.used, labeled.rows) if column.name == name)


def read(column: ColumnSchema, *cells) -> tuple[list, tuple[str, ...]]:
    values, notes = column.read(pd.Series(cells, dtype="str"))
    return values.tolist(), notes


def test_a_number_is_remembered_by_its_middle_and_its_range():
    column = known("x", [*range(29, 0, -1), None])
    assert (column.role, column.typical, column.low, column.high, column.whole) == (
        "numeric",
        "15",
        1,
        29,
        True,
    )
    assert not known("x", np.linspace(0, 1, 30)).whole


def test_numbers_that_are_none_or_missing_or_far_off_are_told():
    values, notes = read(known("x", range(29, -1, -1)), "3", "30", "-1", "many", None)
    assert values[:3] == [3, 30, -1]
    assert np.isnan(values[3:]).all()
    assert notes == (
        "1 cell in ‘x’ counted as missing, not being a number: ‘many’.",
        "2 gaps in ‘x’ filled with the median of the training rows.",
        "2 numbers in ‘x’ outside of 0 to 29, where the training rows lay: the model has learnt nothing "
        "there.",
    )


def test_yes_and_no_keep_their_words():
    column = known("member", ["Yes", "no", "yes"] * 10)
    assert (column.spelling, column.typical) == (("no", "yes"), "yes")
    values, notes = read(column, "YES", "No", "true", None)
    assert values[:2] == [1, 0]
    assert "not being yes or no: ‘true’" in notes[0]
    assert notes[1] == "2 gaps in ‘member’ filled with the commoner answer of the training rows."


@pytest.mark.parametrize(
    "cells", [[0.0, 1.0] * 15, [0, 1] * 15, [False, True] * 15, ["0", "1"] * 15], ids=str
)
def test_yes_and_no_of_a_table_in_memory_are_known_from_a_file(cells):
    rows = measured(30)
    rows.frame.insert(0, "flag", cells)
    labeled = label_table(csv_spec(data__target="kind"), rows)
    [column] = [column for column in know(labeled.used, labeled.rows) if column.name == "flag"]
    assert column.role == "boolean"
    written = pd.read_csv(io.StringIO(rows.frame.to_csv(index=False)), dtype="str")["flag"]
    values, notes = column.read(written)
    assert values.tolist() == [0, 1] * 15
    assert notes == ()
    assert set(column.read(pd.Series(column.spelling, dtype="str"))[0]) == {0, 1}


def test_a_date_keeps_its_format_though_the_new_ones_would_suggest_another():
    days = pd.date_range("2020-01-13", periods=30).strftime("%d/%m/%Y")
    column = known("day", days)
    assert column.typical == "28/01/2020"
    values, notes = read(column, "03/04/2020", "12/25/2020", None)
    assert values[0] == pd.Timestamp(2020, 4, 3)
    assert "not being a date: ‘12/25/2020’" in notes[0]
    assert column.of_date(pd.Timestamp(2021, 2, 1).date()) == "01/02/2021"


def test_an_iso_date_is_written_as_a_day():
    column = known("day", pd.date_range("2020-01-13", periods=30).strftime("%Y-%m-%d"))
    assert column.typical == column.of_date(pd.Timestamp(column.typical).date())


def test_categories_of_training_are_known_the_commonest_first():
    column = known("colour", ["red", "blue", "red", None, "red", "green"] * 5)
    assert column.categories[0] == column.typical == "red"
    assert set(column.categories) == {"red", "blue", "green", "(missing)"}
    assert read(column, "blue", None) == (["blue", "(missing)"], ())
    _, notes = read(column, "purple", "Red")
    assert notes == (
        "2 cells in ‘colour’ with a value that no training row had, taken for none of the known ones: "
        "‘purple’, ‘Red’.",
    )


def test_a_gap_among_categories_that_had_none_is_told():
    _, notes = read(known("colour", ["red", "blue"] * 15), None)
    assert "‘(missing)’" in notes[0]


@pytest.mark.parametrize("bands", [2, 3, 5])
def test_numbers_fall_into_the_bands_of_training(bands):
    cells = pd.Series([str(k) for k in range(1, 31)], name="y")
    classes = classes_of(cells, bands)
    assert (labels_of(cells, classes.names, classes.edges) == classes.labels).all()
    assert labels_of(pd.Series(["-99", "99", None, "?"]), classes.names, classes.edges).tolist() == [
        0,
        bands - 1,
        NO_CLASS,
        NO_CLASS,
    ]


@pytest.mark.parametrize("values", [["b", "a", None], ["10", "2", "2.0"], ["1", "x", "2"]])
def test_further_targets_get_the_numbers_of_their_classes(values):
    cells = pd.Series(values * 4, name="y", dtype="str")
    classes = classes_of(cells, 0)
    assert (labels_of(cells, classes.names) == classes.labels).all()
    assert labels_of(pd.Series(["nothing known"]), classes.names).tolist() == [NO_CLASS]


def test_a_band_with_too_few_rows_is_no_class():
    # Four bands were asked for; a quarter of the rows share the highest value but one.
    cells = pd.Series([1.0] * 20 + [2.0] * 20 + [3.0] * 20 + [4.0], name="y")
    classes = classes_of(cells, 4)
    assert (labels_of(cells, classes.names, classes.edges) == classes.labels).all()
