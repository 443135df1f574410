"""A packed model says of its test rows what its training said, whatever it was made of."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from qenn_core.analysis.predictions import CorrectCount
from qenn_core.analysis.row_prediction import predict_rows
from qenn_core.data.builtin import load_builtin
from qenn_core.data.table import Table
from qenn_core.errors import DataError, ModelError
from qenn_core.experiment import ExperimentSpec, choices
from qenn_core.registry import DATASETS, ENCODINGS, NOISE_CHANNELS
from tests.analysis.trained import SMALL, Trained, as_texts, trained
from tests.data.tables import csv_spec, measured
from tests.data.test_preparation import mixed


def small(**changes) -> ExperimentSpec:
    return csv_spec().with_(**SMALL | {name.replace("__", "."): value for name, value in changes.items()})


def check(spec: ExperimentSpec, table: Table) -> Trained:
    """Check that a model says of its test rows what its training said."""
    model = trained(spec, table)
    said = predict_rows(model.content, model.rows(as_texts(table.frame)))
    assert tuple(said.predicted_classes) == model.finished.predictions
    assert np.allclose(said.probabilities, model.probabilities, rtol=0, atol=1e-6)
    assert (said.true_classes == model.preparation.data.test.labels).all()
    assert said.count_correct().accuracy == pytest.approx(model.finished.test.accuracy)
    return model


@pytest.mark.parametrize("encoding", ENCODINGS.keys())
def test_every_encoding(encoding):
    check(small(encoding__kind=encoding), mixed())


@pytest.mark.parametrize("reduction", choices("encoding.reduction"))
def test_every_reduction(reduction):
    check(small(encoding__reduction=reduction), mixed())


@pytest.mark.parametrize("source", DATASETS.keys())
def test_every_data_set(source):
    spec = ExperimentSpec().with_(**SMALL | {"data.source": source})
    check(spec, load_builtin(spec.data))


@pytest.mark.parametrize("channel", NOISE_CHANNELS.keys())
def test_every_noise(channel):
    check(small(noise__channel=channel, noise__level=0.05), measured())


@pytest.mark.parametrize(
    "changes",
    [
        {"data__target": "weight", "data__bands": 3},
        {"data__target": "colour"},
        {"data__roles": {"remark": "category", "colour": "ignore", "size": "text"}},
        {"head__hidden": [4], "training__optimizer": "sgd"},
        {"engine__kind": "pennylane"},
        {"engine__gradient": "parameter-shift"},
    ],
    ids=str,
)
def test_further_settings(changes):
    check(small(**changes), mixed())


def test_values_that_only_test_rows_have():
    rows = mixed()
    model = trained(small(), rows)
    test = model.preparation.labeled.rows[model.preparation.split.test]
    rows.frame.loc[rows.frame.index[test[:3]], ["colour", "a"]] = ["ultraviolet", "99"]
    check(small(), rows)


def test_shots_are_drawn_alike_each_time():
    model = trained(small(noise__shots=20), measured())
    rows = model.rows(measured().frame)
    first, again = (predict_rows(model.content, rows).probabilities for _ in range(2))
    assert (first == again).all()
    assert not (first == predict_rows(model.content, rows.iloc[::-1]).probabilities[::-1]).all()


@pytest.fixture(scope="module")
def model() -> Trained:
    return trained(small(), mixed())


def test_each_row_is_told_by_itself_and_in_its_place(model: Trained):
    rows = mixed().frame
    together = predict_rows(model.content, rows).probabilities
    backwards = predict_rows(model.content, rows.iloc[::-1]).probabilities
    assert np.allclose(together, backwards[::-1], atol=1e-6)
    alone = predict_rows(model.content, rows.iloc[[5]])
    assert np.allclose(together[5], alone.probabilities[0], atol=1e-6)
    assert np.allclose(together.sum(axis=1), 1)


def test_rows_of_the_training_are_known_again(model: Trained):
    rows = mixed().frame
    for part, seen in (("train", True), ("validation", True), ("test", False)):
        assert (predict_rows(model.content, model.rows(rows, part)).seen == seen).all()
    said = predict_rows(model.content, rows)
    test = model.finished.test.accuracy
    assert said.count_correct().total == len(rows)
    assert said.count_correct(unseen_only=True).accuracy == pytest.approx(test)


def test_without_the_target_nothing_is_counted(model: Trained):
    said = predict_rows(model.content, mixed().frame.drop(columns="kind"))
    assert said.true_classes is None
    assert said.count_correct() is said.count_correct(unseen_only=True) is None


def test_a_target_of_other_classes_is_told(model: Trained):
    said = predict_rows(model.content, mixed().frame.assign(kind="sideways"))
    assert said.true_classes is None
    assert said.notes[-1] == "No cell in ‘kind’ holds a class that the model knows."


def test_rows_of_unknown_classes_are_not_counted(model: Trained):
    frame = mixed().frame
    frame.loc[:9, "kind"] = "sideways"
    assert predict_rows(model.content, frame).count_correct().total == len(frame) - 10


def test_a_row_of_gaps_is_answered(model: Trained):
    said = predict_rows(model.content, pd.DataFrame({name: [None] for name in mixed().frame}, dtype="str"))
    assert np.isfinite(said.probabilities).all()


def test_a_table_without_rows_is_refused(model: Trained):
    with pytest.raises(DataError, match="no rows"):
        predict_rows(model.content, mixed().frame.iloc[:0])


def test_a_missing_column_is_refused(model: Trained):
    with pytest.raises(DataError, match="no column ‘colour’"):
        predict_rows(model.content, mixed().frame.drop(columns="colour"))


def test_more_rows_than_there_is_time_for_are_refused_with_what_would_do(model: Trained):
    many = pd.concat([mixed().frame] * 10)
    with pytest.raises(ModelError, match="at most 500 rows"):
        predict_rows(model.content, many, seconds=0.0)
    assert len(predict_rows(model.content, many.iloc[:500], seconds=0.0).predicted_classes) == 500


def test_hits_are_a_share():
    assert CorrectCount(3, 4).accuracy == 0.75
