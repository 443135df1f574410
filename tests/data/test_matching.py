"""Columns are matched by name; missing and unused ones are reported."""

import pytest

from qenn_core.data.matching import match_columns
from qenn_core.errors import DataError


def test_columns_may_be_in_any_order_and_include_the_target():
    assert match_columns(["a", "b"], "kind", ["b", "a"]) == ({"a": "a", "b": "b"}, ())
    assert match_columns(["a"], "kind", ["kind", "a"]).found == {"a": "a", "kind": "kind"}


def test_case_and_spaces_are_ignored_with_a_note():
    found, notes = match_columns(["Petal width", "b"], "Kind", [" petal WIDTH", "b", "kind"])
    assert found == {"Petal width": " petal WIDTH", "b": "b", "Kind": "kind"}
    assert notes == ("Column ‘ petal WIDTH’ was used as ‘Petal width’.", "Column ‘kind’ was used as ‘Kind’.")


def test_the_apostrophe_before_a_formula_is_ignored():
    assert match_columns(["=1+1"], "kind", ["'=1+1"]).found == {"=1+1": "'=1+1"}


def test_exact_names_take_precedence():
    found, notes = match_columns(["a"], "kind", ["A", "a"])
    assert found == {"a": "a"}
    assert notes == ("Ignored 1 column that the model does not use: ‘A’.",)


def test_a_column_is_used_only_once():
    with pytest.raises(DataError, match="missing 1 column: ‘A’"):
        match_columns(["a", "A"], "kind", ["a"])


def test_ambiguous_columns_are_errors():
    with pytest.raises(DataError, match="several columns that could be ‘width’: ‘Width’, ‘WIDTH’") as caught:
        match_columns(["width"], "kind", ["Width", "WIDTH"])
    assert caught.value.remedy


def test_missing_columns_are_errors_with_a_suggestion():
    with pytest.raises(DataError) as caught:
        match_columns(["width", "height", "age"], "kind", ["widht", "age", "note"])
    assert str(caught.value) == (
        "The file is missing 2 columns: ‘width’, ‘height’. The model was trained with them, but the file has "
        "only ‘widht’, ‘age’, ‘note’. Rename columns that are called something else: did you mean ‘widht’ "
        "for ‘width’?"
    )


def test_other_columns_are_ignored():
    assert match_columns(["a"], "kind", ["x", "a", "y"]).notes == (
        "Ignored 2 columns that the model does not use: ‘x’, ‘y’.",
    )
