"""Estimates of a step match measurements, and models that do not fit are refused before they are built."""

from __future__ import annotations

import re
from concurrent.futures import ProcessPoolExecutor
from time import perf_counter
from typing import Any

import pytest
from core.steps import measure_steps
from covering import Case, case_id, covering_array

from qenn_core import limits
from qenn_core.errors import TrainingError
from qenn_core.experiment import ExperimentSpec, choices
from qenn_core.model.cost import estimate_step, evaluation_seconds, max_evaluation_rows
from qenn_core.model.feasibility import largest_circuit, require_feasible, step_fits
from qenn_core.model.network import build_model
from qenn_core.registry import ENCODINGS

NOISY = {"noise.level": 0.02}
PENNYLANE = {"engine.kind": "pennylane"}
# By how much an estimate may be wrong; and by how much computers differ in speed or are slowed down.
FACTOR = 3
SPEED = 3


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"circuit.n_qubits": 12},
        {"circuit.n_qubits": 9, "circuit.n_layers": 10, "training.batch_size": 128},
        {"circuit.n_qubits": 7, **NOISY},
        {"circuit.n_qubits": 5, "encoding.kind": "reuploading", "training.batch_size": 128, **NOISY},
        {"circuit.n_qubits": 6, "encoding.kind": "iqp", **NOISY},
        {"circuit.n_qubits": 8, "engine.gradient": "parameter-shift"},
        {"circuit.n_qubits": 10, **PENNYLANE},
        {"circuit.n_qubits": 4, **NOISY, **PENNYLANE},
    ],
    ids=str,
)
def test_estimate_is_close_to_the_measured_cost(
    processes: ProcessPoolExecutor, changes: dict[str, Any]
) -> None:
    spec = ExperimentSpec().with_(**changes)
    estimate, measured = estimate_step(spec), processes.submit(measure_steps, spec.to_json()).result()
    assert measured.bytes / FACTOR < estimate.bytes < measured.bytes * FACTOR
    assert measured.seconds / FACTOR / SPEED < estimate.seconds < measured.seconds * FACTOR * SPEED


@pytest.mark.parametrize(
    "case",
    covering_array(
        {
            "encoding.kind": ENCODINGS.keys(),
            "noise.level": [0.0, 0.02],
            "circuit.n_layers": [1, limits.MAX_LAYERS],
            "engine.kind": choices("engine.kind"),
        },
        whole=["encoding.kind", "noise.level"],
    ),
    ids=case_id,
)
def test_circuits_up_to_the_largest_one_fit(case: Case) -> None:
    spec = ExperimentSpec().with_(**case)
    largest = largest_circuit(spec)
    for n_qubits in range(1, limits.MAX_QUBITS + 1):
        cost = estimate_step(spec.with_(**{"circuit.n_qubits": n_qubits}))
        assert step_fits(cost) == (n_qubits <= largest), n_qubits


def test_default_settings_allow_the_promised_sizes() -> None:
    assert largest_circuit(ExperimentSpec()) == limits.MAX_QUBITS
    assert largest_circuit(ExperimentSpec().with_(**NOISY)) >= 8


def test_increasing_other_settings_leaves_smaller_circuits() -> None:
    spec = ExperimentSpec().with_(**NOISY)
    for changes in (
        {"circuit.n_layers": 10},
        {"training.batch_size": 1024},
        {"noise.shots": 1000},
        {"encoding.kind": "iqp"},
        {"encoding.kind": "reuploading"},
        {"engine.gradient": "parameter-shift"},
        PENNYLANE,
    ):
        assert largest_circuit(spec.with_(**changes)) < largest_circuit(spec), changes


def test_slow_rows_are_evaluated_in_small_batches() -> None:
    default = ExperimentSpec()
    slow = default.with_(**PENNYLANE, **{"engine.device": "lightning.qubit"})
    assert max_evaluation_rows(slow) < 100 < max_evaluation_rows(default)
    model = build_model(slow, n_inputs=2, n_classes=2)
    assert model.evaluation_batch_size == max_evaluation_rows(slow)
    # The speed of an unknown device is unknown: as many rows as in a training step.
    unknown = slow.model_copy(update={"engine": slow.engine.model_copy(update={"device": "remote.device"})})
    assert max_evaluation_rows(unknown) == slow.training.batch_size


@pytest.mark.parametrize("changes", [{}, {"circuit.n_qubits": 12}, NOISY, PENNYLANE], ids=str)
def test_more_rows_take_longer_to_evaluate(changes: dict[str, Any]) -> None:
    spec = ExperimentSpec().with_(**changes)
    seconds = [evaluation_seconds(spec, rows) for rows in (0, 1, 100, 10_000)]
    assert seconds[0] == 0
    assert 0 < seconds[1] <= seconds[2] < seconds[3]


def test_model_that_does_not_fit_is_refused_before_it_is_built() -> None:
    # One of its states would need 4 GB.
    spec = ExperimentSpec().with_(**{"circuit.n_qubits": 14, "circuit.n_layers": 10, **NOISY})
    start = perf_counter()
    with pytest.raises(TrainingError) as caught:
        build_model(spec, n_inputs=2, n_classes=2)
    assert perf_counter() - start < 1
    error = caught.value
    largest = largest_circuit(spec)
    assert re.fullmatch(
        r"A noisy circuit of 14 qubits would need about [\d,.]+ GB and [\d,.]+ min per step\.", error.what
    )
    assert error.why == "A run may use up to 1 GB, and 2 s per step."
    assert error.remedy == f"Use at most {largest} qubits."
    assert error.place == "circuit.n_qubits"
    build_model(spec.with_(**{"circuit.n_qubits": largest}), n_inputs=2, n_classes=2)


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({"circuit.n_qubits": 10, **NOISY}, "Use at most 9 qubits or fewer layers."),
        (
            {"circuit.n_qubits": 14, "training.batch_size": 256},
            "Use at most 13 qubits, fewer layers or a smaller batch size.",
        ),
        (
            {"circuit.n_qubits": 7, **NOISY, **PENNYLANE},
            "Use at most 6 qubits, a smaller batch size or the compiled engine with exact gradients.",
        ),
        (
            {"circuit.n_qubits": 2, **PENNYLANE, "engine.device": "reference.qubit", "noise.shots": 10}
            | {"training.batch_size": 1024},
            "Use a smaller batch size or the compiled engine with exact gradients.",
        ),
        (
            {"circuit.n_qubits": 14, **PENNYLANE, "engine.device": "reference.qubit"}
            | {"training.batch_size": 1024, "circuit.n_layers": 10},
            "Use fewer qubits, fewer layers and a smaller batch size.",
        ),
    ],
    ids=str,
)
def test_remedy_lists_the_changes_that_are_enough(changes: dict[str, Any], remedy: str) -> None:
    with pytest.raises(TrainingError) as caught:
        require_feasible(ExperimentSpec().with_(**changes))
    assert caught.value.remedy == remedy
