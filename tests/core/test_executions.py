"""The counted circuits of a training are those that the engine runs."""

from __future__ import annotations

import pytest

from qenn_core.data.builtin import load_builtin
from qenn_core.data.preparation import prepare
from qenn_core.experiment import ExperimentSpec
from qenn_core.model.circuit_executions import count_executions
from qenn_core.model.network import build_model
from qenn_core.registry import ENCODINGS
from qenn_core.training.loop import train
from qenn_core.training.records import Finished

SMALL = {
    "data.params": {"n_samples": 40},
    "circuit.n_qubits": 3,
    "circuit.n_layers": 2,
    "training.epochs": 2,
    "engine.gradient": "parameter-shift",
}
ANGLE_ENCODINGS = [entry.key for entry in ENCODINGS if entry.n_angles]


def count_and_run(spec: ExperimentSpec) -> tuple[int | None, int]:
    data = prepare(spec, load_builtin(spec.data))
    model = build_model(spec, data.n_inputs, data.n_classes)
    [*_, last] = train(spec, data, model)
    assert isinstance(last, Finished)
    rows = {name: len(part.labels) for name, part in data.parts.items()}
    return count_executions(spec, rows, last.epochs), model.quantum.executions


@pytest.mark.parametrize(
    ("encoding", "reduction"),
    [*((key, "linear") for key in ANGLE_ENCODINGS), ("angle_y", "pca"), ("iqp", "pca")],
)
def test_count_equals_executions_of_every_angle_encoding(encoding: str, reduction: str) -> None:
    spec = ExperimentSpec().with_(**SMALL, **{"encoding.kind": encoding, "encoding.reduction": reduction})
    counted, executed = count_and_run(spec)
    assert counted == executed


@pytest.mark.parametrize(
    "changes",
    [
        {"circuit.ansatz": "hardware_efficient", "circuit.entanglement": "all"},
        {"circuit.ansatz": "basic_entangler", "noise.level": 0.05},
        {"noise.level": 0.05, "noise.shots": 50},
        {"training.batch_size": 7},
    ],
    ids=str,
)
def test_count_equals_executions_with_other_settings(changes: dict[str, object]) -> None:
    counted, executed = count_and_run(ExperimentSpec().with_(**SMALL | changes))
    assert counted == executed


def test_count_equals_calculation_by_hand() -> None:
    # Two qubits, one layer, three angles per qubit: 6 angles, so 1 + 12 circuits per training row.
    spec = ExperimentSpec().with_(**{"circuit.n_qubits": 2, "circuit.n_layers": 1, "training.epochs": 10})
    rows = {"train": 60, "validation": 20, "test": 20}
    assert count_executions(spec, rows) == 10 * (60 * 13 + 60 + 20) + 100


def test_linear_layer_before_amplitude_encoding_has_no_count() -> None:
    rows = {"train": 60, "validation": 20, "test": 20}
    amplitude = ExperimentSpec().with_(**{"encoding.kind": "amplitude"})
    assert count_executions(amplitude, rows) == count_executions(ExperimentSpec(), rows)
    assert count_executions(amplitude.with_(**{"encoding.reduction": "linear"}), rows) is None
