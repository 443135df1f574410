"""Columns that tell the class on their own are found, and honest ones are not."""

import numpy as np
import pytest

from qenn_core.data.builtin import load_builtin
from qenn_core.data.table import Table
from qenn_core.experiment import ExperimentSpec
from qenn_core.registry import DATASETS
from tests.data.tables import csv_spec, fit, measured, table

RNG = np.random.default_rng(0)
KINDS = RNG.choice(["p", "q", "r"], 150)
CODES = np.searchsorted(["p", "q", "r"], KINDS)
NOISE = RNG.normal(size=150).round(3)


def advice(spec=None, **columns) -> list[str]:
    rows = table(noise=NOISE, **columns, kind=KINDS)
    return [item.text for item in fit(spec or csv_spec(data__target="kind"), rows).advice]


@pytest.mark.parametrize(
    "column",
    [
        CODES,
        np.array([7, 1, 4])[CODES],  # a code in another order
        np.array(["low", "mid", "high"])[CODES],
        (CODES + RNG.uniform(0, 0.9, 150)).round(3),  # the classes are intervals
        np.array(["2020-01-", "2020-02-", "2021-02-"])[CODES].astype(object) + "15",
    ],
    ids=["code", "shuffled code", "words", "intervals", "dates"],
)
def test_a_column_that_tells_every_class_is_found(column):
    [text] = advice(leak=column)
    assert text.startswith("‘leak’ alone tells the class of all 90 training rows.")


def test_a_probability_that_is_nearly_always_right_is_found_with_its_number():
    rng = np.random.default_rng(1)
    ill = np.arange(600) % 2 == 0
    score = np.where(ill, rng.uniform(0.55, 1, 600), rng.uniform(0, 0.45, 600))
    score[:4] = 1 - score[:4]
    rows = table(score=score.round(4), x=rng.normal(size=600), kind=np.where(ill, "ill", "well"))
    [item] = fit(csv_spec(), rows).advice
    assert "of 360 training rows" in item.text
    assert "all 360" not in item.text
    assert item.action == "Leave out ‘score’"
    assert fit(csv_spec().with_(data=item.data.model_dump()), rows).data.feature_names == ("x",)


def test_gaps_that_occur_in_one_class_only_are_found():
    ended = np.where(CODES == 0, None, RNG.integers(1, 400, 150).astype(object))
    two = np.where(CODES == 0, "stays", "leaves")
    rows = table(noise=NOISE, days=ended, kind=two)
    assert [item.action for item in fit(csv_spec(data__target="kind"), rows).advice] == ["Leave out ‘days’"]


@pytest.mark.parametrize("key", DATASETS.keys())
def test_built_in_data_give_nothing_away(key):
    spec = ExperimentSpec().with_(**{"data.source": key})
    assert fit(spec, load_builtin(spec.data)).advice == ()


def test_honest_columns_are_not_suspected():
    assert (
        advice(
            first=CODES == 0,  # tells one class, but not the others
            close=(CODES + RNG.normal(0, 0.4, 150)).round(3),
            name=[f"n{k}" for k in range(150)],
        )
        == []
    )


def test_few_rows_that_happen_to_be_in_order_are_not_suspected():
    rng = np.random.default_rng(2)
    kinds = ["p"] * 4 + ["q"] * 20
    columns = {f"c{k}": rng.permutation(np.repeat(["a", "b"], [4, 20])) for k in range(200)}
    columns["c0"] = np.repeat(["a", "b"], [4, 20])
    assert (
        fit(csv_spec(data__target="kind"), table(**columns, x=rng.normal(size=24), kind=kinds)).advice == ()
    )


def test_a_column_of_distinct_categories_tells_nothing():
    names = [f"name {k}" for k in range(60)]
    rows = measured(60, name=names)
    assert fit(csv_spec(data__roles={"name": "category"}, data__target="kind"), rows).advice == ()


def test_copies_of_a_row_do_not_make_its_values_telling():
    rng = np.random.default_rng(3)
    once = table(**{f"x{k}": rng.normal(size=24).round(3) for k in range(6)}, coin=["heads", "tails"] * 12)
    often = Table(once.frame.loc[np.repeat(np.arange(24), 10)], "copies")
    assert fit(csv_spec(), often).advice == ()
    patients = once.frame.assign(patient=[f"p{k}" for k in range(24)], age=rng.permutation(np.arange(20, 44)))
    rows = Table(patients.loc[np.repeat(np.arange(24), 10)].assign(x0=rng.normal(size=240)), "visits")
    roles = {"patient": "group", "age": "numeric"}
    assert fit(csv_spec(data__roles=roles, data__target="coin"), rows).advice == ()


def test_a_code_is_found_among_few_different_rows():
    codes, sexes = np.tile([0, 1, 2], 40), RNG.choice(["f", "m"], 120)
    rows = table(code=codes, sex=sexes, kind=np.array(["p", "q", "r"])[codes])
    [item] = fit(csv_spec(data__target="kind"), rows).advice
    assert item.action == "Leave out ‘code’"


@pytest.mark.parametrize(("scale", "offset"), [(1e40, 0.0), (1e-3, 1e9)])
def test_numbers_beyond_single_precision_are_told_apart(scale, offset):
    numbers = offset + scale * (CODES + np.linspace(0.1, 0.9, len(CODES)))
    assert any("‘measured’ alone tells" in text for text in advice(measured=numbers.tolist()))
