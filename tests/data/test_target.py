"""Choice of the column to predict, and its values as classes."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from qenn_core.data.table import Table
from qenn_core.data.target import (
    NO_CLASS,
    REST,
    choose_target,
    known_cells,
    labels_of,
    make_classes,
    target_cells,
)
from qenn_core.errors import DataError
from tests.data.tables import table


def cells(values) -> pd.Series:
    return pd.Series(list(values), name="t").astype("str")


@pytest.mark.parametrize(
    ("columns", "target", "reason"),
    [
        ({"species": "aabb", "x": "1234", "sex": "mfmf"}, "species", "name"),
        ({"Target Class": "aabb", "x": "0101"}, "Target Class", "name"),
        ({"smoking_status": "aabb", "x": "1234", "stroke": "0101"}, "stroke", "last column with few"),
        ({"Klasse": "aabb", "x": "1234", "colour": "rgrg"}, "Klasse", "name"),
        ({"class": "aabb", "x": "1234", "ring class": "rgrg"}, "class", "name"),
        ({"colour": "aabb", "x": [*map(str, range(11)), "4"]}, "colour", "last column with few"),
        ({"a": range(20), "outcome": range(20), "z": range(20)}, "outcome", "name"),
        ({"a": range(20), "b": range(20)}, "b", "last column"),
        ({"kind": "ab" * 15, "once": "1" + "0" * 29}, "kind", "last column with few"),
        ({"kind": "ab" * 15, "gaps": [*"aabb" * 3, *[None] * 18]}, "kind", "last column with few"),
        ({"kind": "ab" * 15, "class": [*"cdefg", *"h" * 25]}, "kind", "last column with few"),
    ],
)
def test_the_target_is_guessed_with_a_reason(columns, target, reason):
    columns = {name: list(values) for name, values in columns.items()}
    rows = max(map(len, columns.values()))
    name, why = choose_target(table(**{n: (v * rows)[:rows] for n, v in columns.items()}), None)
    assert name == target
    assert reason in why


def test_the_users_choice_takes_precedence_over_that_of_the_data_set():
    known = replace(table(a=["1"], b=["2"]), target="a")
    assert choose_target(known, None)[0] == "a"
    assert choose_target(known, "b") == ("b", "you chose it")


def test_an_unknown_target_is_an_error_that_lists_the_columns():
    with pytest.raises(DataError, match=r"no column ‘colour’.*‘a’") as caught:
        choose_target(table(a=["1"]), "colour")
    assert caught.value.place == "data.target"


def test_texts_become_classes_in_alphabetical_order():
    classes = make_classes(cells(["b", "a", None] * 4), 0)
    assert classes.names == ("a", "b")
    assert classes.labels[:3].tolist() == [1, 0, NO_CLASS]
    assert classes.notes == ("Left out 4 rows without a value in ‘t’.",)


def test_numbers_become_classes_in_numerical_order():
    classes = make_classes(cells(["10", "2", "2.0", "10.0"] * 3), 0)
    assert classes.names == ("2", "10")
    assert classes.labels[:4].tolist() == [1, 0, 0, 1]


def test_numbers_with_a_unit_keep_it_in_their_names():
    assert make_classes(cells(["10K", "5K", "10K", "5K"] * 3), 0).names == ("5K", "10K")
    assert make_classes(cells(["1.0", "2", "1", "2"] * 3), 0).names == ("1", "2")


def test_numbers_with_leading_zeros_are_names():
    classes = make_classes(cells(["010", "002", "001"] * 4), 0)
    assert classes.names == ("001", "002", "010")


def test_case_is_ignored_on_request():
    values = cells(["yes", "Yes", "YES", "yes", "no", "NO", "no", "no"] * 3)
    assert make_classes(values, 0).names == ("NO", "YES", "Yes", "no", "yes")
    classes = make_classes(values, 0, ignore_case=True)
    assert classes.names == ("no", "yes")
    assert classes.labels[:8].tolist() == [1, 1, 1, 1, 0, 0, 0, 0]
    assert classes.notes == (
        "Treated ‘no’, ‘NO’ in ‘t’ as one class.",
        "Treated ‘yes’, ‘YES’, ‘Yes’ in ‘t’ as one class.",
    )


def with_gap_words(**columns) -> Table:
    """Return a table as it is read from a file in which "None", "NA" and "-" count as gaps."""
    whole = table(**columns).frame
    words = whole.where(whole.isin(["None", "NA", "-"]))
    return Table(frame=whole.mask(whole.isin(["None", "NA", "-"])), name="a test", gap_words=words)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["None", "mild", "severe"] * 9, {"None": 9}),
        (["+", "-"] * 9, {"-": 9}),
        (["NA", "EU", "EU", "AS", "AS"] * 9, {}),  # rarer than every other class
        (["NA", "EU", "EU"] * 9, {"NA": 9}),  # there would be only one class without it
        (["NA", "None"] * 9, {"NA": 9, "None": 9}),
        (["NA", "EU", "AS", "EU", "AF"] * 9, {"NA": 9}),
        (["1", "0", "NA"] * 9, {}),  # a gap in numbers
    ],
)
def test_a_gap_word_as_frequent_as_a_class_is_one(values, words):
    rows = with_gap_words(t=values)
    found, class_words = target_cells(rows, "t")
    assert class_words == words
    assert found.nunique() == len(set(values)) - (not words)
    n_gap_words = len(set(values) & {"None", "NA", "-"})
    assert rows.frame["t"].nunique() == len(set(values)) - n_gap_words, "features keep their gaps"


def test_a_target_with_a_gap_word_as_class_is_guessed():
    rows = with_gap_words(x=range(18), sign=["+", "-"] * 9)
    assert choose_target(rows, None)[0] == "sign"


def test_rows_to_predict_keep_gap_words_that_are_classes():
    rows = with_gap_words(t=["None", "mild", "NA"] * 9, x=["None", "1", "2"] * 9)
    known = known_cells(rows, "t", ("None", "mild"))
    assert known["t"].tolist()[:2] == ["None", "mild"]
    assert known["t"].isna().sum() == known["x"].isna().sum() == 9
    assert known_cells(rows, "absent", ("None",)) is rows.frame


@pytest.mark.parametrize(
    ("cell", "names", "label"),
    [
        ("1", ("001", "002"), 0),
        ("001", ("1", "2"), 0),
        ("YES", ("no", "yes"), 1),
        ("Aa", ("AA", "Aa", "aa"), 1),
        ("aA", ("AA", "Aa", "aa"), NO_CLASS),
        (None, ("nan", "x"), NO_CLASS),
        ("other", ("001", "x"), NO_CLASS),
    ],
)
def test_further_cells_match_classes_in_other_spellings(cell, names, label):
    assert labels_of(cells([cell]), names).tolist() == [label]


def test_an_infinite_target_counts_as_missing():
    classes = make_classes(cells(["1", "2", "inf"] * 4), 0)
    assert classes.names == ("1", "2")
    assert (classes.labels == NO_CLASS).sum() == 4


def test_rare_classes_are_left_out_with_a_note():
    classes = make_classes(cells(["a"] * 9 + ["odd"] + ["b"] * 9 + ["rare"] * 2), 0)
    assert classes.names == ("a", "b")
    assert classes.labels.tolist() == [0] * 9 + [NO_CLASS] + [1] * 9 + [NO_CLASS] * 2
    assert classes.notes == ("Left out 3 rows of classes with fewer than 3 rows: ‘odd’, ‘rare’.",)


@pytest.mark.parametrize(
    ("values", "bands", "what", "place"),
    [
        (["a"] * 30, 0, "only one class, ‘a’", "data.target"),
        ([None] * 30, 0, "no values", "data.target"),
        (["a"] * 29 + ["b"], 0, "fewer than two of them", "data.target"),
        ([f"name {k}" for k in range(30)], 0, "fewer than two of them", "data.target"),
        ([f"name {k % 11}" for k in range(44)], 0, "11 classes, more than the 10", "data.combine_rare"),
        (range(30), 0, "30 different numbers", "data.bands"),
        (["a", "b"] * 15, 2, "cannot be divided into bands", "data.bands"),
        (["5"] * 30, 3, "only one class", "data.target"),
    ],
)
def test_a_target_without_usable_classes_is_an_error_with_a_remedy(values, bands, what, place):
    with pytest.raises(DataError, match=what) as caught:
        make_classes(cells(values), bands)
    assert caught.value.why
    assert caught.value.remedy
    assert caught.value.place == place


def test_values_that_are_combined_although_others_are_as_rare_are_told():
    classes = make_classes(cells([f"town {k % 13:02}" for k in range(130)]), 0, combine_rare=True)
    assert any("others are as rare" in note for note in classes.notes)


def test_values_beyond_the_nine_most_frequent_are_combined():
    names = [name for k, name in enumerate("abcdefghijklm") for _ in range(20 - k)]
    values = cells([*names, None])
    classes = make_classes(values, 0, combine_rare=True)
    assert sorted(classes.names) == sorted([*"abcdefghi", REST])
    assert [classes.names[label] for label in classes.labels[:-1]] == [
        name if name in "abcdefghi" else REST for name in names
    ]
    assert classes.labels[-1] == NO_CLASS
    assert any("4 rarest values" in note and "‘m’." in note for note in classes.notes)
    further = cells(["a", "m", "never seen", None])
    assert labels_of(further, classes.names, combine_rare=True).tolist() == [
        classes.names.index("a"),
        classes.names.index(REST),
        classes.names.index(REST),
        NO_CLASS,
    ]
    assert labels_of(further, classes.names)[2] == NO_CLASS


def test_few_values_are_not_combined():
    values = cells(["a", "b", "c"] * 10)
    assert make_classes(values, 0, combine_rare=True).names == ("a", "b", "c")


def test_two_bands_are_low_and_high_at_the_median():
    classes = make_classes(cells(range(1, 31)), 2)
    assert classes.names == ("low (≤ 15)", "high (> 15)")
    assert classes.labels.tolist() == [0] * 15 + [1] * 15


@pytest.mark.parametrize("bands", [2, 3, 4, 10])
def test_bands_are_of_equal_size_and_in_order(bands):
    values = np.random.default_rng(0).normal(size=bands * 20)
    classes = make_classes(cells(values), bands)
    assert np.bincount(classes.labels).tolist() == [20] * bands
    assert (np.diff(classes.labels[np.argsort(values)]) >= 0).all()
    assert len(set(classes.names)) == bands


def test_bands_that_ties_make_impossible_are_merged_with_a_note():
    classes = make_classes(cells([0] * 60 + list(range(1, 21))), 4)
    assert len(classes.names) == 2
    assert "too many rows share the same value" in classes.notes[-1]
