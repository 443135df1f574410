"""A packed model gives the same predictions as the model that was trained."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from qenn_core.analysis.predictions import CorrectCount
from qenn_core.analysis.row_prediction import predict_rows
from qenn_core.data.builtin import load_builtin
from qenn_core.data.labeling import label_table
from qenn_core.data.preparation import prepare_labeled
from qenn_core.data.table import Table
from qenn_core.errors import DataError, ModelError
from qenn_core.experiment import ExperimentSpec, choices
from qenn_core.registry import DATASETS, ENCODINGS, NOISE_CHANNELS
from tests.analysis.trained import SMALL, Trained, as_texts, trained
from tests.data.tables import csv_spec, measured
from tests.data.test_preparation import mixed


def small(**changes) -> ExperimentSpec:
    return csv_spec().with_(**SMALL | {name.replace("__", "."): value for name, value in changes.items()})


def check_against_training(spec: ExperimentSpec, table: Table) -> None:
    """Check that a packed model gives the same predictions for its test rows as its training."""
    model = trained(spec, table)
    predictions = predict_rows(model.content, model.rows(as_texts(table.frame)))
    assert tuple(predictions.predicted_classes) == model.finished.predictions
    assert np.allclose(predictions.probabilities, model.probabilities, rtol=0, atol=1e-6)
    assert (predictions.true_classes == model.preparation.data.test.labels).all()
    assert predictions.count_correct().accuracy == pytest.approx(model.finished.test.accuracy)


def combinations() -> Iterator[tuple[str, str, str, str]]:
    """Yield every data set, with settings such that nearly all pairs of an encoding and a reduction occur."""
    encodings, reductions, channels = ENCODINGS.keys(), choices("encoding.reduction"), NOISE_CHANNELS.keys()
    for number, source in enumerate(DATASETS.keys()):
        cycle = number // len(encodings)
        yield (
            source,
            encodings[number % len(encodings)],
            reductions[(number + cycle) % len(reductions)],
            ("none", *channels)[(number + cycle) % (1 + len(channels))],
        )


def test_combinations_cover_every_setting():
    sources, encodings, reductions, channels = map(set, zip(*combinations(), strict=True))
    assert sources == set(DATASETS.keys())
    assert encodings == set(ENCODINGS.keys())
    assert reductions == set(choices("encoding.reduction"))
    assert channels == {"none", *NOISE_CHANNELS.keys()}


@pytest.mark.parametrize(("source", "encoding", "reduction", "channel"), list(combinations()))
def test_data_sets_and_circuits(source, encoding, reduction, channel):
    settings = {"data.source": source, "encoding.kind": encoding, "encoding.reduction": reduction}
    if channel != "none":
        settings |= {"noise.channel": channel, "noise.level": 0.05}
    spec = ExperimentSpec().with_(**SMALL | settings)
    check_against_training(spec, load_builtin(spec.data))


@pytest.mark.parametrize(
    "changes",
    [
        {"data__target": "weight", "data__bands": 3},
        {"data__target": "colour", "encoding__reduction": "linear"},
        {"data__roles": {"remark": "category", "colour": "ignore", "size": "text"}},
        {"head__hidden": [4], "training__optimizer": "sgd", "encoding__reduction": "kbest"},
        {"engine__kind": "pennylane"},
        {"engine__gradient": "parameter-shift"},
    ],
    ids=str,
)
def test_columns_of_all_kinds(changes):
    check_against_training(small(**changes), mixed())


def test_values_that_occur_only_in_test_rows():
    rows = mixed()
    labeled = label_table(small(), rows)
    test = labeled.rows[prepare_labeled(small(), labeled).split.test]
    rows.frame.loc[rows.frame.index[test[:3]], ["colour", "a"]] = ["ultraviolet", "99"]
    check_against_training(small(), rows)


def test_shots_are_reproducible():
    model = trained(small(noise__shots=20), measured())
    rows = model.rows(measured().frame)
    first, again = (predict_rows(model.content, rows).probabilities for _ in range(2))
    assert (first == again).all()
    assert not (first == predict_rows(model.content, rows.iloc[::-1]).probabilities[::-1]).all()


def test_prediction_of_a_row_does_not_depend_on_other_rows(model: Trained):
    rows = mixed().frame
    together = predict_rows(model.content, rows).probabilities
    backwards = predict_rows(model.content, rows.iloc[::-1]).probabilities
    assert np.allclose(together, backwards[::-1], atol=1e-6)
    alone = predict_rows(model.content, rows.iloc[[5]])
    assert np.allclose(together[5], alone.probabilities[0], atol=1e-6)
    assert np.allclose(together.sum(axis=1), 1)


def test_training_and_validation_rows_are_recognised(model: Trained):
    rows = mixed().frame
    for part, seen in (("train", True), ("validation", True), ("test", False)):
        assert (predict_rows(model.content, model.rows(rows, part)).seen == seen).all()
    predictions = predict_rows(model.content, rows)
    test = model.finished.test.accuracy
    assert predictions.count_correct().total == len(rows)
    assert predictions.count_correct(unseen_only=True).accuracy == pytest.approx(test)


def test_without_target_column_nothing_is_counted(model: Trained):
    predictions = predict_rows(model.content, mixed().frame.drop(columns="kind"))
    assert predictions.true_classes is None
    assert predictions.count_correct() is predictions.count_correct(unseen_only=True) is None


def test_unknown_classes_are_noted(model: Trained):
    predictions = predict_rows(model.content, mixed().frame.assign(kind="sideways"))
    assert predictions.true_classes is None
    assert predictions.notes[-1] == "No cell in ‘kind’ holds a class that the model knows."


def test_rows_of_unknown_classes_are_not_counted(model: Trained):
    frame = mixed().frame
    frame.loc[:9, "kind"] = "sideways"
    assert predict_rows(model.content, frame).count_correct().total == len(frame) - 10


def test_row_of_missing_cells_is_predicted(model: Trained):
    predictions = predict_rows(
        model.content, pd.DataFrame({name: [None] for name in mixed().frame}, dtype="str")
    )
    assert np.isfinite(predictions.probabilities).all()


def test_table_without_rows_is_refused(model: Trained):
    with pytest.raises(DataError, match="no rows"):
        predict_rows(model.content, mixed().frame.iloc[:0])


def test_missing_column_is_refused(model: Trained):
    with pytest.raises(DataError, match="missing 1 column: ‘colour’"):
        predict_rows(model.content, mixed().frame.drop(columns="colour"))


def test_too_many_rows_for_the_time_limit_are_refused(model: Trained):
    many = pd.concat([mixed().frame] * 10)
    with pytest.raises(ModelError, match="at most 500 rows"):
        predict_rows(model.content, many, seconds=0.0)
    assert len(predict_rows(model.content, many.iloc[:500], seconds=0.0).predicted_classes) == 500


def test_accuracy_is_a_share():
    assert CorrectCount(3, 4).accuracy == 0.75
