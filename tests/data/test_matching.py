"""Columns are found by their names, and what is missing or foreign is named."""

import pytest

from qenn_core.data.matching import match_columns
from qenn_core.errors import DataError


def test_columns_are_found_in_any_order_and_the_target_may_be_there():
    assert match_columns(["a", "b"], "kind", ["b", "a"]) == ({"a": "a", "b": "b"}, ())
    assert match_columns(["a"], "kind", ["kind", "a"]).found == {"a": "a", "kind": "kind"}


def test_capitals_and_spaces_do_not_matter_and_are_told():
    found, notes = match_columns(["Petal width", "b"], "Kind", [" petal WIDTH", "b", "kind"])
    assert found == {"Petal width": " petal WIDTH", "b": "b", "Kind": "kind"}
    assert notes == ("‘ petal WIDTH’ was taken for ‘Petal width’.", "‘kind’ was taken for ‘Kind’.")


def test_a_name_that_was_kept_from_being_a_formula_is_known_again():
    assert match_columns(["=1+1"], "kind", ["'=1+1"]).found == {"=1+1": "'=1+1"}


def test_an_exact_name_goes_before_one_that_is_alike():
    found, notes = match_columns(["a"], "kind", ["A", "a"])
    assert found == {"a": "a"}
    assert notes == ("1 column is none that the model learnt from: ‘A’.",)


def test_a_column_is_taken_once():
    with pytest.raises(DataError, match="no column ‘A’"):
        match_columns(["a", "A"], "kind", ["a"])


def test_several_that_may_be_meant_are_named():
    with pytest.raises(DataError, match="several columns that may be ‘width’: ‘Width’, ‘WIDTH’") as caught:
        match_columns(["width"], "kind", ["Width", "WIDTH"])
    assert caught.value.remedy


def test_missing_columns_are_named_with_what_is_there_and_a_guess():
    with pytest.raises(DataError) as caught:
        match_columns(["width", "height", "age"], "kind", ["widht", "age", "note"])
    assert str(caught.value) == (
        "The file has no columns ‘width’, ‘height’. The model was trained on them. The file has ‘widht’, "
        "‘age’, ‘note’. Rename what has another name. Did you mean ‘widht’ for "
        "‘width’?"
    )


def test_foreign_columns_are_left_alone():
    assert match_columns(["a"], "kind", ["x", "a", "y"]).notes == (
        "2 columns are none that the model learnt from: ‘x’, ‘y’.",
    )
