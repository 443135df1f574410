"""Further rows are read like the training rows, with notes on anything unusual."""

import io

import numpy as np
import pandas as pd
import pytest

from qenn_core.data.column_schema import ColumnSchema, make_schemas
from qenn_core.data.labeling import label_table
from qenn_core.data.target import NO_CLASS, labels_of, make_classes
from tests.data.tables import csv_spec, measured


def schema_of(name: str, cells, **spec) -> ColumnSchema:
    """Return the schema of a column with these cells, all in training rows."""
    rows = measured(len(cells), **{name: cells})
    labeled = label_table(csv_spec(**{"data__target": "kind"} | spec), rows)
    return next(column for column in make_schemas(labeled.used, labeled.rows) if column.name == name)


def read(column: ColumnSchema, *cells) -> tuple[list, tuple[str, ...]]:
    values, notes = column.read(pd.Series(cells, dtype="str"))
    return values.tolist(), notes


def test_numbers_have_a_median_and_a_range():
    column = schema_of("x", [*range(29, 0, -1), None], data__roles={"x": "numeric"})
    assert (column.role, column.typical, column.low, column.high, column.whole) == (
        "numeric",
        "15",
        1,
        29,
        True,
    )
    assert not schema_of("x", np.linspace(0, 1, 30)).whole


def test_unreadable_missing_and_outlying_numbers_are_noted():
    values, notes = read(
        schema_of("x", range(29, -1, -1), data__roles={"x": "numeric"}), "3", "30", "-1", "many", None
    )
    assert values[:3] == [3, 30, -1]
    assert np.isnan(values[3:]).all()
    assert notes == (
        "Treated 1 unreadable cell in ‘x’ as missing (expected a number): ‘many’.",
        "Filled 2 gaps in ‘x’ with the median of the training rows.",
        "Found 2 numbers in ‘x’ outside 0 to 29, the range of the training rows: the model was not trained "
        "there.",
    )


def test_the_words_for_yes_and_no_are_those_of_training():
    column = schema_of("member", ["Yes", "no", "yes"] * 10)
    assert (column.spelling, column.typical) == (("no", "yes"), "yes")
    values, notes = read(column, "YES", "No", "true", None)
    assert values[:2] == [1, 0]
    assert "(expected yes or no): ‘true’" in notes[0]
    assert notes[1] == "Filled 2 gaps in ‘member’ with the more common answer in the training rows."


@pytest.mark.parametrize(
    "cells", [[0.0, 1.0] * 15, [0, 1] * 15, [False, True] * 15, ["0", "1"] * 15], ids=str
)
def test_booleans_of_a_data_frame_are_read_from_its_csv_file(cells):
    rows = measured(30)
    rows.frame.insert(0, "flag", cells)
    labeled = label_table(csv_spec(data__target="kind"), rows)
    [column] = [column for column in make_schemas(labeled.used, labeled.rows) if column.name == "flag"]
    assert column.role == "boolean"
    written = pd.read_csv(io.StringIO(rows.frame.to_csv(index=False)), dtype="str")["flag"]
    values, notes = column.read(written)
    assert values.tolist() == [0, 1] * 15
    assert notes == ()
    assert set(column.read(pd.Series(column.spelling, dtype="str"))[0]) == {0, 1}


def test_the_date_format_is_that_of_training():
    days = pd.date_range("2020-01-13", periods=30).strftime("%d/%m/%Y")
    column = schema_of("day", days)
    assert column.typical == "28/01/2020"
    values, notes = read(column, "03/04/2020", "12/25/2020", None)
    assert values[0] == pd.Timestamp(2020, 4, 3)
    assert "(expected a date): ‘12/25/2020’" in notes[0]
    assert column.format_date(pd.Timestamp(2021, 2, 1).date()) == "01/02/2021"


def test_pairs_are_read_however_few_they_are():
    column = schema_of("pressure", [f"{100 + k % 40}/{60 + k % 7}" for k in range(60)])
    assert (column.role, column.typical) == ("pair", "115/61")
    values, notes = read(column, "126 / 83", "high", None)
    assert values[0] == "126/83"
    assert "(expected two numbers, such as 120/80): ‘high’" in notes[0]
    assert notes[1] == "Filled 2 gaps in ‘pressure’ with the medians of the training rows."


def test_iso_dates_are_written_without_a_time():
    column = schema_of("day", pd.date_range("2020-01-13", periods=30).strftime("%Y-%m-%d"))
    assert column.typical == column.format_date(pd.Timestamp(column.typical).date())


def test_categories_are_sorted_by_frequency_in_training():
    column = schema_of("colour", ["red", "blue", "red", None, "red", "green"] * 5)
    assert column.categories[0] == column.typical == "red"
    assert set(column.categories) == {"red", "blue", "green", "(missing)"}
    assert read(column, "blue", None) == (["blue", "(missing)"], ())
    _, notes = read(column, "purple", "Red")
    assert notes == (
        "Found 2 cells in ‘colour’ with a value that no training row had, so it matches no known category: "
        "‘purple’, ‘Red’.",
    )


def test_missing_categories_are_noted_if_training_had_none():
    _, notes = read(schema_of("colour", ["red", "blue"] * 15), None)
    assert "‘(missing)’" in notes[0]


@pytest.mark.parametrize("bands", [2, 3, 5])
def test_bands_are_those_of_training(bands):
    cells = pd.Series([str(k) for k in range(1, 31)], name="y")
    classes = make_classes(cells, bands)
    assert (labels_of(cells, classes.names, classes.edges) == classes.labels).all()
    assert labels_of(pd.Series(["-99", "99", None, "?"]), classes.names, classes.edges).tolist() == [
        0,
        bands - 1,
        NO_CLASS,
        NO_CLASS,
    ]


@pytest.mark.parametrize("values", [["b", "a", None], ["10", "2", "2.0"], ["1", "x", "2"]])
def test_class_numbers_are_those_of_training(values):
    cells = pd.Series(values * 4, name="y", dtype="str")
    classes = make_classes(cells, 0)
    assert (labels_of(cells, classes.names) == classes.labels).all()
    assert labels_of(pd.Series(["nothing known"]), classes.names).tolist() == [NO_CLASS]


def test_a_band_with_too_few_rows_is_not_a_class():
    # The fourth band has a single row.
    cells = pd.Series([1.0] * 20 + [2.0] * 20 + [3.0] * 20 + [4.0], name="y")
    classes = make_classes(cells, 4)
    assert (labels_of(cells, classes.names, classes.edges) == classes.labels).all()
