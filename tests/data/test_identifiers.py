"""Numbers that identify rows are left out; numbers that measure something are not."""

import numpy as np
import pandas as pd
import pytest

from qenn_core.data.builtin import load_builtin
from qenn_core.data.columns import read_columns
from qenn_core.experiment import ExperimentSpec
from qenn_core.registry import DATASETS
from tests.data.tables import csv_spec, fit, table

RNG = np.random.default_rng(0)
LABELS = np.arange(300) % 2


def role_of(name: str, cells, labels=LABELS) -> str:
    frame = pd.DataFrame({name: pd.Series(list(cells)).astype("str"), "target": "x"})
    (column,) = read_columns(frame, {}, "target", labels)
    return column.role


def distinct(low: int, high: int, n_rows: int = 300) -> np.ndarray:
    return RNG.choice(np.arange(low, high), n_rows, replace=False)


IDENTIFIERS = {
    "CustomerId": distinct(15_565_701, 15_815_690),
    "StudentID": distinct(1000, 10_000),
    "CLIENTNUM": distinct(708_082_083, 708_282_083) * 1,
    "EmployeeNumber": np.sort(distinct(1, 500)),
    "MRN": distinct(1_000_000, 9_999_999),
    "Sample code number": np.concatenate([distinct(61_634, 1_400_000, 280), np.repeat(1_182_404, 20)]),
    "patient_id": distinct(1, 5000),
    # Without a name that says so:
    "Matrikel": distinct(100, 450),
    "Kunde": np.sort(distinct(100, 600)),
    "ref": distinct(1_000_000, 9_000_000),
}
MEASUREMENTS = {
    "income": RNG.lognormal(10.5, 0.5, 300).round(),
    "price": RNG.normal(300_000, 60_000, 300).round(-2),
    "population": RNG.lognormal(10, 1.5, 300).round(),
    "pixel sum": RNG.normal(25_000, 1500, 300).round(),
    "year": RNG.integers(1990, 2025, 300),
    "age": RNG.integers(18, 90, 300),
    "balance": RNG.integers(0, 30_000, 300),
    "Number of visits": distinct(0, 5000),
    "steps per day": RNG.integers(2000, 16_000, 300),
    "amount paid": RNG.lognormal(8, 1, 300).round(),
    "amount_paid": 20_000 + 30_000 * LABELS + RNG.permutation(20_000)[:300],
    "Reynolds number": 2000 + 3000 * LABELS + RNG.permutation(3000)[:300],
    # Evenly spread and without repeats, but related to the classes:
    "distance": LABELS * 4_000_000 + distinct(1_000_000, 5_000_000),
    "dose": LABELS * 200 + distinct(100, 420),
}


@pytest.mark.parametrize("name", IDENTIFIERS)
def test_identifiers_are_left_out(name):
    assert role_of(name, IDENTIFIERS[name]) == "ignore"


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_measurements_are_used(name):
    assert role_of(name, MEASUREMENTS[name].astype(int)) == "numeric"


@pytest.mark.parametrize("key", DATASETS.keys())
def test_every_column_of_the_built_in_data_is_used(key):
    spec = ExperimentSpec().with_(**{"data.source": key})
    kept = [column for column in fit(spec, load_builtin(spec.data)).labeled.columns if column.left_out]
    assert all("same value" in column.left_out for column in kept)


def test_the_user_can_use_an_identifier():
    rows = table(CustomerId=IDENTIFIERS["CustomerId"], x=RNG.normal(size=300), kind=["p", "q"] * 150)
    assert fit(csv_spec(), rows).data.feature_names == ("x",)
    assert "CustomerId" in fit(csv_spec(data__roles={"CustomerId": "numeric"}), rows).data.feature_names
