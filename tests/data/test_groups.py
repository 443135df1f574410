"""Rows that are equal, as the model sees them, and rows that the user groups stay in one part."""

import numpy as np
import pandas as pd
import pytest

from qenn_core.data.builtin import load_builtin
from qenn_core.data.groups import number_cells, number_rows, unite
from qenn_core.data.preparation import Preparation, prepare
from qenn_core.data.table import Table
from qenn_core.errors import DataError
from qenn_core.experiment import ExperimentSpec
from tests.data.tables import csv_spec, fit, measured, table


def coins(n_rows: int, n_columns: int = 3) -> pd.DataFrame:
    """Return rows of noise with a coin flip each."""
    rng = np.random.default_rng(0)
    noise = {f"x{k}": rng.normal(size=n_rows).round(3) for k in range(n_columns)}
    return pd.DataFrame({**noise, "kind": np.where(np.arange(n_rows) % 2, "heads", "tails")})


def shared_inputs(preparation: Preparation) -> int:
    """Return how many test rows are equal to a training or validation row as inputs of the model."""
    data = preparation.data
    seen = {tuple(row) for part in (data.train, data.validation) for row in part.inputs.round(9)}
    return sum(tuple(row) in seen for row in data.test.inputs.round(9))


def test_repeated_rows_stay_in_one_part():
    frame = coins(24).loc[np.repeat(np.arange(24), 10)]
    preparation = fit(csv_spec(), Table(frame, "coins"))
    assert shared_inputs(preparation) == preparation.data.n_seen == 0
    assert len(np.unique(preparation.data.test_groups)) == len(preparation.data.test_groups) / 10
    assert (
        "216 rows repeat another row, as the model sees them. Equal rows stay in one part, and count "
        "as one when chance is judged." in preparation.data.notes
    )


def test_tables_without_repeated_rows_are_split_as_ever():
    data = prepare(csv_spec(), measured())
    assert data.test_groups is None
    assert not any("repeat" in note for note in data.notes)


@pytest.mark.parametrize(
    ("spec", "rows"),
    [
        # A single feature is selected, in which many rows are equal that differ in others.
        (
            ExperimentSpec().with_(
                **{"data.source": "iris", "encoding.reduction": "kbest", "circuit.n_qubits": 1}
            ),
            None,
        ),
        # Categories that occur once are one category.
        (
            csv_spec(data__roles={"rare": "category"}, data__target="kind"),
            table(rare=[f"r{k}" for k in range(40)] + ["a"] * 20, x=[1, 2, 3] * 20, kind=["p", "q"] * 30),
        ),
    ],
    ids=["selection", "categories"],
)
def test_rows_that_preparation_makes_equal_stay_in_one_part(spec, rows):
    preparation = fit(spec, rows or load_builtin(spec.data))
    assert shared_inputs(preparation) == preparation.data.n_seen == 0
    assert len(np.unique(preparation.data.test_groups)) < len(preparation.data.test_groups)


def test_rows_that_are_only_clipped_alike_are_split_as_ever():
    # Held-out numbers beyond those of the training rows become the same angle as the last of these.
    roles = {"x1": "ignore", "x2": "ignore"}
    fits = [fit(csv_spec(data__roles=roles, seed=seed), Table(coins(60), "coins")) for seed in range(3)]
    assert sum(map(shared_inputs, fits)) > 0
    assert all(preparation.data.n_seen == 0 for preparation in fits)
    assert all(preparation.data.test_groups is None for preparation in fits)


def test_truth_table_is_split_by_rows_and_says_so():
    a, b = np.tile([0, 0, 1, 1], 25), np.tile([0, 1, 0, 1], 25)
    preparation = fit(csv_spec(data__target="xor"), table(a=a, b=b, xor=np.where(a != b, "yes", "no")))
    data = preparation.data
    assert shared_inputs(preparation) == data.n_seen == len(data.test.labels) == 20
    [note] = [note for note in data.notes if "remembers" in note]
    assert note.startswith("Only 4 of 100 rows differ as the model sees them. So 20 of 20 test rows are")


def test_parts_share_no_group_that_the_user_names():
    patients = np.repeat([f"p{k}" for k in range(20)], 6)
    kinds = np.where(np.repeat(np.arange(20), 6) % 3, "well", "ill")
    x = np.random.default_rng(0).normal(size=120).round(3)
    rows = table(patient=patients, x=x, y=-(x**2), kind=kinds)
    preparation = fit(csv_spec(data__roles={"patient": "group"}), rows)
    assert preparation.data.feature_names == ("x", "y")
    parts = [set(patients[part]) for part in preparation.split]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 20
    assert len(np.unique(preparation.data.test_groups)) == len(parts[2])
    notes = preparation.data.notes
    assert "Training, validation and test rows never share a ‘patient’; there are 20 different ones." in notes
    assert "Left out 1 column because it only says which rows belong together: ‘patient’." in notes


def test_rows_without_a_group_stand_for_themselves():
    patients = [None, None, *np.repeat(list("abcdefgh"), 5)]
    x = np.random.default_rng(0).normal(size=42).round(3)
    rows = table(patient=patients, x=x, y=x**2, kind=["ill", "well"] * 21)
    preparation = fit(csv_spec(data__roles={"patient": "group"}), rows)
    assert "2 rows without a ‘patient’ stand for themselves." in preparation.data.notes


def test_too_few_groups_are_an_error_that_names_the_class():
    rows = measured(60, school=["north", "south"] * 30)
    with pytest.raises(DataError, match="class ‘down’ has only 2 values of it") as caught:
        prepare(csv_spec(data__roles={"school": "group"}, data__target="kind"), rows)
    assert caught.value.place == "data.roles"


def test_only_one_column_can_group():
    rows = measured(60, school=["n", "s", "e"] * 20, room=["1", "2", "3", "4"] * 15)
    with pytest.raises(DataError, match="2 columns have the role ‘group’: ‘school’, ‘room’") as caught:
        prepare(csv_spec(data__roles={"school": "group", "room": "group"}), rows)
    assert caught.value.remedy


def test_zero_and_minus_zero_and_gaps_are_equal_to_themselves():
    frame = pd.DataFrame({"a": [0.0, -0.0, np.nan, np.nan], "b": ["x", "x", "y", "y"]})
    assert number_rows(frame).tolist() == [0, 0, 1, 1]


def test_missing_cells_are_groups_of_their_own():
    assert number_cells(pd.Series(["a", None, "a", None])).tolist() == [0, 1, 0, 2]


def test_united_groups_divide_no_group():
    united = unite(np.array([0, 0, 1, 2, 3, 4]), np.array([0, 1, 1, 2, 3, 3]))
    assert united[0] == united[1] == united[2]
    assert united[4] == united[5]
    assert len(set(united)) == 3


def patients(name) -> Table:
    """Return ten rows of each of 40 patients, close to each other, whose class is a coin flip per patient."""
    rng = np.random.default_rng(0)
    number = np.repeat(np.arange(40), 10)
    features = (rng.normal(size=(40, 2))[number] + rng.normal(0, 0.05, (400, 2))).round(3)
    kinds = np.array(["ill", "well"])[rng.permutation(40) % 2][number]
    return table(patient=[name(k) for k in number], a=features[:, 0], b=features[:, 1], kind=kinds)


@pytest.mark.parametrize("name", [lambda k: f"P{k:03}", lambda k: 1000 + 7 * k], ids=["text", "number"])
def test_one_click_keeps_rows_together_that_share_a_name(name):
    rows = patients(name)
    [advice] = fit(csv_spec(data__target="kind"), rows).advice
    assert advice.action == "Keep rows of the same ‘patient’ together"
    followed = fit(csv_spec().with_(data=advice.data.model_dump()), rows)
    assert followed.advice == ()
    assert len(np.unique(followed.data.test_groups)) == 8


def test_texts_that_rarely_repeat_or_were_left_out_by_the_user_are_no_groups():
    remarks = [f"remark {k // 2 if k < 40 else k}" for k in range(150)]
    rows = table(x=np.linspace(0, 1, 150) ** 2, remark=remarks, kind=["p", "q"] * 75)
    assert fit(csv_spec(data__target="kind"), rows).advice == ()
    spec = csv_spec(data__target="kind", data__roles={"patient": "ignore"})
    assert fit(spec, patients(lambda k: f"P{k:03}")).advice == ()


def test_rows_in_the_order_of_time_get_a_caution():
    rng = np.random.default_rng(0)
    days = pd.date_range("2024-01-01", periods=400).strftime("%Y-%m-%d")
    walk = rng.normal(0, 0.1, (400, 2)).cumsum(axis=0).round(3)
    blocks = np.array(["calm", "storm"])[np.repeat(rng.permutation(10) % 2, 40)]

    def cautions(kinds) -> tuple[str, ...]:
        rows = table(day=days, a=walk[:, 0], b=walk[:, 1], kind=kinds)
        return fit(csv_spec(data__target="kind"), rows).data.cautions

    [caution] = cautions(blocks)
    assert caution.startswith("In the order of ‘day’, 9")
    assert cautions(rng.permutation(blocks)) == ()


def test_dates_of_one_class_only_have_no_order_to_tell():
    days = [f"2024-03-{k % 28 + 1:02}" if k % 2 else None for k in range(60)]
    rows = table(ended=days, x=np.linspace(0, 1, 60) ** 2, kind=["stays", "leaves"] * 30)
    for roles in ({}, {"ended": "date"}):
        assert fit(csv_spec(data__target="kind", data__roles=roles), rows).data.cautions == ()
    rows = table(empty=[None] * 60, x=np.linspace(0, 1, 60) ** 2, kind=["stays", "leaves"] * 30)
    assert fit(csv_spec(data__target="kind", data__roles={"empty": "date"}), rows).data.cautions == ()
