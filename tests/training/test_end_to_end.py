"""From a built-in data set to the verdict, with the default settings and with other data."""

import numpy as np
import pytest

from qenn_core.analysis.decision_map import compute_decision_map, map_points
from qenn_core.comparison.baselines import fit_baselines
from qenn_core.comparison.compare import compare_models, quantum_result
from qenn_core.data.builtin import load_builtin
from qenn_core.data.preparation import prepare
from qenn_core.experiment import ExperimentSpec
from qenn_core.model.network import build_model
from qenn_core.training.loop import train


def run(spec):
    data = prepare(spec, load_builtin(spec.data))
    model = build_model(spec, data.n_inputs, data.n_classes)
    started, *epochs, finished = train(spec, data, model)
    baselines = fit_baselines(data, spec.seed)
    return data, model, epochs, finished, compare_models(quantum_result(started, finished), baselines, data)


def test_default_settings_classify_the_moons_in_seconds():
    data, model, epochs, finished, comparison = run(ExperimentSpec())
    assert finished.test.accuracy > 0.9
    assert epochs[-1].train_loss < 0.5 * epochs[0].train_loss
    assert finished.seconds < 30, "the default settings should take less than five"
    assert [row.name for row in comparison.rows] == ["QENN", "Logistic regression"]
    assert comparison.rows[0].test == finished.test
    assert comparison.verdicts[0].points == pytest.approx(
        100 * (finished.test.accuracy - comparison.rows[1].test.accuracy)
    )
    found = compute_decision_map(model, data, 20)
    assert found is not None
    assert {winner for row in found.winner for winner in row} == {0, 1}
    correct = [
        found.winner[np.abs(np.subtract(found.y, point.y)).argmin()][
            np.abs(np.subtract(found.x, point.x)).argmin()
        ]
        == point.label
        for point in map_points(data)
    ]
    assert np.mean(correct) > 0.85


@pytest.mark.parametrize("reduction", ["pca", "kbest", "linear"])
def test_more_features_than_qubits_and_three_classes(reduction):
    spec = ExperimentSpec().with_(
        **{
            "data.source": "wine",
            "encoding.reduction": reduction,
            "training.epochs": 5,
            "circuit.n_layers": 1,
            "circuit.n_qubits": 3,
        }
    )
    data, model, _, finished, comparison = run(spec)
    assert np.shape(finished.test.confusion) == (3, 3)
    assert sum(map(sum, finished.test.confusion)) == len(data.test.labels)
    assert len(comparison.verdicts) == (1 if reduction == "linear" else 2)
    assert compute_decision_map(model, data, 5).exact is False


def test_amplitudes_are_learnt_as_well_as_angles() -> None:
    accuracies = {}
    for encoding in ("angle_y", "amplitude"):
        spec = ExperimentSpec().with_(**{"data.source": "iris", "encoding.kind": encoding})
        *_, finished = train(spec, prepare(spec, load_builtin(spec.data)))
        accuracies[encoding] = finished.test.accuracy
    # Without the sign of the rows, it was a half.
    assert accuracies["amplitude"] >= accuracies["angle_y"] - 0.05
    assert accuracies["amplitude"] > 0.85
