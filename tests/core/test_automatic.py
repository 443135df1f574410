"""Automatic settings: qubits and reduction follow the features, epochs and patience the rows."""

from __future__ import annotations

from typing import Any

import pytest

from qenn_core.experiment import ExperimentSpec
from qenn_core.model.automatic import (
    AUTOMATIC_FIELDS,
    choose_circuit,
    choose_training,
    max_automatic_qubits,
    read_fields,
    write_fields,
)
from qenn_core.model.feasibility import largest_circuit, require_feasible
from qenn_core.model.run_cost import MachineSpeed, Workload, estimate_run
from qenn_core.registry import ENCODINGS


def spec_of(**changes: Any) -> ExperimentSpec:
    return ExperimentSpec().with_(**{name.replace("__", "."): value for name, value in changes.items()})


def circuit_for(
    spec: ExperimentSpec, n_features: int, fields: Any = AUTOMATIC_FIELDS, n_classes: int = 2
) -> tuple[int, str]:
    chosen = choose_circuit(
        spec,
        fields,
        n_features=n_features,
        n_classes=n_classes,
        max_qubits=max_automatic_qubits(spec),
    )
    return chosen.circuit.n_qubits, chosen.encoding.reduction


def training_for(spec: ExperimentSpec, n_rows: int, fields: Any = AUTOMATIC_FIELDS) -> tuple[int, int]:
    rows = {"train": n_rows, "validation": n_rows // 3, "test": n_rows // 3}
    chosen = choose_training(spec, fields, Workload(rows, 4, 2))
    return chosen.training.epochs, chosen.training.patience


@pytest.mark.parametrize(
    ("n_features", "circuit"),
    [
        (1, (4, "pca")),
        (3, (4, "pca")),
        (4, (4, "linear")),
        (5, (5, "linear")),
        (6, (6, "linear")),
        (500, (6, "linear")),
    ],
)
@pytest.mark.parametrize("encoding", ENCODINGS.keys())
def test_a_few_features_are_encoded_as_they_are(
    encoding: str, n_features: int, circuit: tuple[int, str]
) -> None:
    assert circuit_for(spec_of(encoding__kind=encoding), n_features) == circuit


def test_many_classes_get_more_qubits() -> None:
    assert [circuit_for(ExperimentSpec(), 60, n_classes=n)[0] for n in (2, 6, 7, 10)] == [6, 6, 7, 8]


def test_circuit_that_is_too_small_for_a_few_features_gets_a_linear_layer() -> None:
    spec = spec_of(circuit__n_qubits=2)
    assert circuit_for(spec, 2, ("encoding.reduction",)) == (2, "pca")
    assert circuit_for(spec, 3, ("encoding.reduction",)) == (2, "linear")


def test_sums_over_many_features_are_learnt_more_slowly() -> None:
    spec, workload = ExperimentSpec(), Workload({"train": 100, "validation": 30, "test": 30}, 60, 2)
    direct = choose_training(spec, AUTOMATIC_FIELDS, workload)
    linear = choose_training(spec.with_(**{"encoding.reduction": "linear"}), AUTOMATIC_FIELDS, workload)
    assert linear.training.learning_rate < direct.training.learning_rate == spec.training.learning_rate


def test_only_the_given_fields_are_chosen() -> None:
    spec = spec_of(circuit__n_qubits=5, encoding__reduction="kbest", training__epochs=7, training__patience=3)
    assert circuit_for(spec, 10, ()) == (5, "kbest")
    assert circuit_for(spec, 10, ("encoding.reduction",)) == (5, "linear")
    assert circuit_for(spec, 10, ("circuit.n_qubits",)) == (6, "kbest")
    assert training_for(spec, 100, ()) == (7, 3)
    assert training_for(spec, 100, ("training.patience",))[0] == 7
    assert training_for(spec, 100, ("training.epochs",))[1] == 3


def test_few_rows_are_repeated_more_often() -> None:
    epochs, patience = zip(
        *(training_for(ExperimentSpec(), n) for n in (30, 100, 300, 1000, 12_000)), strict=True
    )
    assert list(epochs) == sorted(epochs, reverse=True)
    assert epochs[0] > epochs[2] > epochs[-1]
    assert all(0 < wait < most for wait, most in zip(patience, epochs, strict=True))


@pytest.mark.parametrize(
    "changes",
    [
        {"noise__level": 0.05},
        {"noise__level": 0.05, "encoding__kind": "iqp", "circuit__n_layers": 10},
        {"engine__kind": "pennylane", "noise__level": 0.02},
        {"engine__kind": "pennylane", "training__batch_size": 1024},
        {"engine__gradient": "parameter-shift"},
    ],
    ids=str,
)
def test_expensive_circuits_are_smaller(changes: dict[str, Any]) -> None:
    spec = spec_of(**changes)
    n_qubits, _ = circuit_for(spec, 60, n_classes=10)
    assert 1 <= n_qubits < circuit_for(ExperimentSpec(), 60, n_classes=10)[0]
    assert n_qubits <= largest_circuit(spec)
    require_feasible(spec.with_(**{"circuit.n_qubits": n_qubits}))


def test_training_many_rows_takes_seconds_rather_than_minutes() -> None:
    workload = Workload({"train": 12_000, "validation": 4_000, "test": 4_000}, 30, 2)
    spec = ExperimentSpec().with_(**{"circuit.n_qubits": 8, "encoding.reduction": "linear"})
    chosen = choose_training(spec, AUTOMATIC_FIELDS, workload)
    assert estimate_run(chosen, workload, MachineSpeed()).seconds < 45


def test_fields_in_a_link() -> None:
    assert read_fields(write_fields(AUTOMATIC_FIELDS)) == AUTOMATIC_FIELDS
    assert write_fields(("circuit.n_qubits", "training.epochs")) == "q.ep"
    assert read_fields("q.ep") == ("circuit.n_qubits", "training.epochs")
    assert read_fields("") == ()
    assert read_fields("q.anything") == ("circuit.n_qubits",), "as a later version may write"
