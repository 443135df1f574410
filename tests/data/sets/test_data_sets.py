"""The contract of every built-in data set, and the properties of each."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from qenn_core import limits
from qenn_core.data.builtin import load_builtin
from qenn_core.errors import DataError
from qenn_core.experiment import DataSpec
from qenn_core.registry import DATASETS

# Kept as in real tables, to show how gaps are prepared.
HAS_GAPS = {"penguins"}
GENERATED = [entry for entry in DATASETS if "seed" in {param.name for param in entry.params}]

every_set = pytest.mark.parametrize("entry", DATASETS, ids=lambda entry: entry.key)
every_generated_set = pytest.mark.parametrize("entry", GENERATED, ids=lambda entry: entry.key)


def frame(entry, **params) -> pd.DataFrame:
    return load_builtin(DataSpec(source=entry.key, params=params)).frame


def range_ends() -> Iterator[object]:
    for entry in DATASETS:
        for param in entry.params:
            for value in param.choices or (param.low, param.high):
                yield pytest.param(entry, param.name, value, id=f"{entry.key}-{param.name}-{value:g}")


def check_contract(entry, table: pd.DataFrame) -> None:
    classes = table[entry.target].value_counts()
    features = table.drop(columns=entry.target)
    assert 2 <= len(classes) <= limits.MAX_CLASSES
    assert classes.min() >= limits.MIN_CLASS_ROWS
    assert features.shape[1] >= 2
    assert table.columns.is_unique
    assert all(isinstance(name, str) and "_" not in name for name in table.columns)
    assert all(isinstance(name, str) for name in table[entry.target])
    if entry.key not in HAS_GAPS:
        assert np.isfinite(features.to_numpy(dtype=float)).all()


@every_set
def test_frames_have_features_classes_and_readable_names(entry):
    check_contract(entry, frame(entry))


@every_set
def test_help_is_a_short_line(entry):
    for text in (entry.help, *(param.help for param in entry.params)):
        assert text
        assert "\n" not in text
        assert text.endswith(".")
        assert len(text) <= 110


@every_set
def test_tables_have_a_target_and_a_name(entry):
    table = load_builtin(DataSpec(source=entry.key))
    assert table.target == entry.target
    assert table.name == entry.label
    assert table.reading is None


@every_set
def test_the_same_settings_give_the_same_frame(entry):
    assert_frame_equal(frame(entry), frame(entry), check_exact=True)


@pytest.mark.parametrize(("entry", "name", "value"), list(range_ends()))
def test_the_contract_holds_at_both_ends_of_every_range(entry, name, value):
    kind = type(entry.param(name).default)
    check_contract(entry, frame(entry, **{name: kind(value)}))


@every_generated_set
def test_another_seed_generates_other_rows(entry):
    assert not frame(entry, seed=1).equals(frame(entry, seed=2))


@every_generated_set
@pytest.mark.parametrize("n_samples", [40, 101])
def test_generated_sets_have_the_requested_number_of_rows(entry, n_samples):
    assert len(frame(entry, n_samples=n_samples)) == n_samples


def test_documented_sets_are_registered():
    assert DATASETS.keys()[0] == "moons"
    assert set(DATASETS.keys()) >= {"iris", "wine", "breast_cancer", "digits", "digits_all", "penguins"}


@pytest.mark.parametrize("n_classes", [2, 3, 4])
def test_blobs_have_the_requested_number_of_classes(n_classes):
    assert frame(DATASETS["blobs"], n_classes=n_classes)["blob"].nunique() == n_classes


def test_the_chosen_digits_are_the_classes():
    assert set(frame(DATASETS["digits"], first=0, second=8)["digit"]) == {"digit 0", "digit 8"}


def test_two_equal_digits_are_an_error():
    with pytest.raises(DataError) as caught:
        frame(DATASETS["digits"], first=5, second=5)
    assert caught.value.place == "data.params.second"


def test_penguins_have_gaps_and_texts():
    penguins = frame(DATASETS["penguins"])
    assert penguins.isna().to_numpy().sum() == 19
    assert set(penguins["island"]) == {"Biscoe", "Dream", "Torgersen"}


def test_shapes_are_exact_without_noise():
    circles = frame(DATASETS["circles"], noise=0.0, factor=0.5)
    radii = np.hypot(circles["x1"], circles["x2"])
    assert np.allclose(radii, circles["ring"].map({"outer": 1.0, "inner": 0.5}))
    xor = frame(DATASETS["xor"], noise=0.0)
    assert ((xor["x1"] * xor["x2"] > 0) == (xor["signs"] == "same")).all()


def test_linearly_separable_points_keep_the_margin():
    points = frame(DATASETS["linearly_separable"], n_features=5, margin=0.1)
    total = points.drop(columns="side").sum(axis=1)
    assert total.abs().min() > 0.5
    assert ((total > 0) == (points["side"] == "above")).all()


def test_the_hidden_manifold_has_its_dimension():
    # Inverting the tanh leaves a linear image of the manifold, shifted by the biases.
    points = frame(DATASETS["hidden_manifold"], n_features=12, manifold_dimension=3)
    flat = np.arctanh(points.drop(columns="output").to_numpy())
    assert np.linalg.matrix_rank(flat - flat.mean(axis=0), tol=1e-6) == 3
    assert points["output"].value_counts().tolist() == [150, 150]


def test_two_curves_differ_by_the_offset():
    # The means over a whole curve differ by the offset, up to the sampling of the curve.
    points = frame(DATASETS["two_curves"], n_samples=2000, noise=0.0, offset=0.3, degree=1)
    means = points.groupby("curve").mean()
    assert np.allclose(means.loc["second"] - means.loc["first"], 0.3, atol=0.03)


def test_hyperplanes_have_their_dimension_and_are_balanced():
    points = frame(DATASETS["hyperplanes"], n_features=12, dimension=4)
    assert np.linalg.matrix_rank(points.drop(columns="parity").to_numpy(), tol=1e-6) == 4
    assert points["parity"].value_counts().tolist() == [150, 150]


def test_bars_are_columns_and_stripes_are_rows():
    images = frame(DATASETS["bars_and_stripes"], side=3, noise=0.0)
    pixels = images.drop(columns="pattern").to_numpy().reshape(-1, 3, 3)
    bars = pixels[images["pattern"] == "bars"]
    stripes = pixels[images["pattern"] == "stripes"]
    assert (bars == bars[:, :1, :]).all()
    assert (stripes == stripes[:, :, :1]).all()


def test_the_global_random_state_is_unchanged():
    before = np.random.get_state()[1].copy()
    for entry in DATASETS:
        frame(entry)
    assert (np.random.get_state()[1] == before).all()
