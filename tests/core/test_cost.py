"""What a step is estimated to take is what it takes, and what does not fit is refused before it is built."""

from __future__ import annotations

import re
from concurrent.futures import ProcessPoolExecutor
from time import perf_counter
from typing import Any

import pytest
from core.steps import measure

from qenn_core import limits
from qenn_core.errors import TrainingError
from qenn_core.experiment import ExperimentSpec, choices
from qenn_core.model.cost import estimate_step, evaluation_seconds, rows_in_time
from qenn_core.model.feasibility import fits, largest_circuit, require_feasible
from qenn_core.model.network import build_model
from qenn_core.registry import ENCODINGS

NOISY = {"noise.level": 0.02}
PENNYLANE = {"engine.kind": "pennylane"}
# How far an estimate may be off; and computers differ in speed, and are busy with other things at times.
FACTOR = 3
SPEED = 3


@pytest.mark.parametrize(
    "changes",
    [
        {"circuit.n_qubits": 13},
        {"circuit.n_qubits": 10, "circuit.n_layers": 10, "training.batch_size": 128},
        {"circuit.n_qubits": 8, **NOISY},
        {"circuit.n_qubits": 6, "encoding.kind": "reuploading", "training.batch_size": 128, **NOISY},
        {"circuit.n_qubits": 7, "encoding.kind": "iqp", **NOISY},
        {"circuit.n_qubits": 9, "engine.gradient": "parameter-shift"},
        {"circuit.n_qubits": 11, **PENNYLANE},
        {"circuit.n_qubits": 5, **NOISY, **PENNYLANE},
    ],
    ids=str,
)
def test_the_estimate_is_about_what_a_step_takes(
    processes: ProcessPoolExecutor, changes: dict[str, Any]
) -> None:
    spec = ExperimentSpec().with_(**changes)
    guessed, found = estimate_step(spec), processes.submit(measure, spec.to_json()).result()
    assert found.bytes / FACTOR < guessed.bytes < found.bytes * FACTOR
    assert found.seconds / FACTOR / SPEED < guessed.seconds < found.seconds * FACTOR * SPEED


@pytest.mark.parametrize("encoding", ENCODINGS.keys())
@pytest.mark.parametrize("level", [0.0, 0.02])
@pytest.mark.parametrize("n_layers", [1, limits.MAX_LAYERS])
@pytest.mark.parametrize("kind", choices("engine.kind"))
def test_what_fits_is_what_is_no_larger_than_the_largest_circuit(
    encoding: str, level: float, n_layers: int, kind: str
) -> None:
    spec = ExperimentSpec().with_(
        **{
            "encoding.kind": encoding,
            "noise.level": level,
            "circuit.n_layers": n_layers,
            "engine.kind": kind,
        }
    )
    most = largest_circuit(spec)
    for n_qubits in range(1, limits.MAX_QUBITS + 1):
        cost = estimate_step(spec.with_(**{"circuit.n_qubits": n_qubits}))
        assert fits(cost) == (n_qubits <= most), n_qubits


def test_the_circuits_of_the_default_settings_are_as_large_as_is_promised() -> None:
    assert largest_circuit(ExperimentSpec()) == limits.MAX_QUBITS
    assert largest_circuit(ExperimentSpec().with_(**NOISY)) >= 8


def test_more_of_anything_leaves_smaller_circuits() -> None:
    few = ExperimentSpec().with_(**NOISY)
    for changes in (
        {"circuit.n_layers": 10},
        {"training.batch_size": 1024},
        {"noise.shots": 1000},
        {"encoding.kind": "iqp"},
        {"encoding.kind": "reuploading"},
        {"engine.gradient": "parameter-shift"},
        PENNYLANE,
    ):
        assert largest_circuit(few.with_(**changes)) < largest_circuit(few), changes


def test_a_stop_waits_for_few_rows_where_these_are_slow() -> None:
    default = ExperimentSpec()
    slow = default.with_(**PENNYLANE, **{"engine.device": "lightning.qubit"})
    assert rows_in_time(slow) < 100 < rows_in_time(default)
    model = build_model(slow, n_inputs=2, n_classes=2)
    assert model.rows_at_once == rows_in_time(slow)
    # Of a device of which only the name is known, as many as a step takes.
    unknown = slow.model_copy(update={"engine": slow.engine.model_copy(update={"device": "remote.device"})})
    assert rows_in_time(unknown) == slow.training.batch_size


@pytest.mark.parametrize("changes", [{}, {"circuit.n_qubits": 12}, NOISY, PENNYLANE], ids=str)
def test_more_rows_take_longer_to_evaluate(changes: dict[str, Any]) -> None:
    spec = ExperimentSpec().with_(**changes)
    none, one, some, many = (evaluation_seconds(spec, rows) for rows in (0, 1, 100, 10_000))
    assert none == 0
    assert 0 < one <= some < many


def test_what_does_not_fit_is_refused_before_it_is_built() -> None:
    # A state of it would take 4 GB.
    spec = ExperimentSpec().with_(**{"circuit.n_qubits": 14, "circuit.n_layers": 10, **NOISY})
    begun = perf_counter()
    with pytest.raises(TrainingError) as caught:
        build_model(spec, n_inputs=2, n_classes=2)
    assert perf_counter() - begun < 1
    error = caught.value
    most = largest_circuit(spec)
    assert re.fullmatch(
        r"A noisy circuit of 14 qubits would need about [\d,.]+ GB and [\d,.]+ min a step\.", error.what
    )
    assert error.why == "A run may take 1 GB and 2 s a step."
    assert error.remedy == f"Use at most {most} qubits."
    assert error.place == "circuit.n_qubits"
    build_model(spec.with_(**{"circuit.n_qubits": most}), n_inputs=2, n_classes=2)


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
def test_the_remedy_names_what_will_do(changes: dict[str, Any], remedy: str) -> None:
    with pytest.raises(TrainingError) as caught:
        require_feasible(ExperimentSpec().with_(**changes))
    assert caught.value.remedy == remedy
