"""What a run is estimated to take is what it takes; what takes too long is refused, with what would do."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest
from core.steps import measure_run
from hypothesis import given, settings
from hypothesis import strategies as st

from qenn_core import limits
from qenn_core.experiment import ExperimentSpec, choices
from qenn_core.model.cost import estimate_step
from qenn_core.model.feasibility import (
    InfeasibleError,
    fits,
    nearest_feasible,
    require_feasible,
    require_feasible_run,
)
from qenn_core.model.run_cost import MachineSpeed, Workload, estimate_run

NOISY = {"noise.level": 0.02}
PENNYLANE = {"engine.kind": "pennylane"}
MANY = {"data.params": {"n_samples": 2000}}
SMALL_WORKLOAD = Workload({"train": 180, "validation": 60, "test": 60}, 2, 2, 2)
LARGE_WORKLOAD = Workload({"train": 12_000, "validation": 4_000, "test": 4_000}, 30, 8, 3)
FACTOR = 2.5


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"training.batch_size": 1, "training.epochs": 5},
        {"circuit.n_qubits": 12, "training.epochs": 4},
        {"noise.shots": 100, "circuit.n_qubits": 8},
        {**MANY, **NOISY, "circuit.n_qubits": 7, "training.epochs": 3},
        {"engine.gradient": "parameter-shift", "noise.shots": 100},
        {**PENNYLANE, "circuit.n_qubits": 3, "training.epochs": 5},
        {**PENNYLANE, **NOISY, "circuit.n_qubits": 2, "circuit.n_layers": 1, "training.epochs": 3},
    ],
    ids=str,
)
def test_the_estimate_is_about_what_a_run_takes(
    process: ProcessPoolExecutor, changes: dict[str, Any]
) -> None:
    spec = ExperimentSpec().with_(**{"training.patience": 0, **changes})
    found, workload, speed = process.submit(measure_run, spec.to_json()).result()
    guessed = estimate_run(spec, workload, speed)
    assert found.seconds / FACTOR < guessed.seconds < found.seconds * FACTOR


def test_the_estimate_is_about_the_memory_that_a_run_takes(processes: ProcessPoolExecutor) -> None:
    spec = ExperimentSpec().with_(**{"circuit.n_qubits": 14, "circuit.n_layers": 2, "training.epochs": 1})
    found, workload, speed = processes.submit(measure_run, spec.to_json()).result()
    guessed = estimate_run(spec, workload, speed)
    assert found.bytes / FACTOR < guessed.bytes < found.bytes * FACTOR


def test_more_of_anything_takes_longer() -> None:
    def seconds(
        workload: Workload = SMALL_WORKLOAD,
        speed: MachineSpeed = MachineSpeed(),  # noqa: B008
        **changes: Any,
    ) -> float:
        return estimate_run(ExperimentSpec().with_(**changes), workload, speed).seconds

    least = seconds()
    for changes in (
        {"training.epochs": 60},
        {"circuit.n_qubits": 8},
        {"circuit.n_layers": 6},
        {"training.batch_size": 16},
        {"head.hidden": (128, 128)},
        PENNYLANE,
    ):
        assert seconds(**changes) > least, changes
    assert seconds(LARGE_WORKLOAD) > least
    assert seconds(speed=MachineSpeed(compiled=2)) == pytest.approx(2 * least)
    assert seconds(**{"data.sample_rows": 150}) < least
    assert seconds(**{"data.sample_rows": 1000}) == least, "there are not that many rows"


def test_where_nobody_can_tell_nothing_is_told() -> None:
    # A device of which only the name is known, as one of a plugin.
    spec = ExperimentSpec().with_(**PENNYLANE)
    unknown = spec.model_copy(update={"engine": spec.engine.model_copy(update={"device": "remote.device"})})
    assert estimate_run(unknown, SMALL_WORKLOAD, MachineSpeed()).seconds == 0
    require_feasible_run(unknown, SMALL_WORKLOAD, MachineSpeed())


def test_what_takes_too_long_is_refused_with_what_would_do() -> None:
    spec = ExperimentSpec().with_(**{"training.epochs": 500, "training.batch_size": 1})
    with pytest.raises(InfeasibleError, match="This training would take about") as caught:
        require_feasible_run(spec, LARGE_WORKLOAD, MachineSpeed())
    assert caught.value.why == "A run may take 30 min and 1 GB."
    nearest = caught.value.nearest
    assert nearest is not None
    assert caught.value.remedy == f"Use {nearest.change}."
    require_feasible_run(nearest.spec, LARGE_WORKLOAD, MachineSpeed())


def test_the_limit_is_the_servers(monkeypatch) -> None:
    require_feasible_run(ExperimentSpec(), SMALL_WORKLOAD, MachineSpeed())
    monkeypatch.setattr(limits, "MAX_RUN_SECONDS", 0.1)
    with pytest.raises(InfeasibleError, match=r"may take 0\.1 s"):
        require_feasible_run(ExperimentSpec(), SMALL_WORKLOAD, MachineSpeed())


@pytest.mark.parametrize(
    ("changes", "change"),
    [
        # The same results, only sooner.
        (
            {**PENNYLANE, "circuit.n_qubits": 8, "training.epochs": 100},
            "the compiled engine with exact gradients",
        ),
        # Half of the epochs are better than a smaller circuit.
        ({"circuit.n_qubits": 12, "training.epochs": 60}, "epochs"),
        # But not a tenth of them, or of the rows.
        ({"circuit.n_qubits": 12, "training.epochs": 400}, "qubits"),
        # One epoch on half of the rows is better than none on all.
        (
            {
                **NOISY,
                "circuit.n_qubits": 8,
                "circuit.n_layers": 10,
                "training.batch_size": 2,
                "training.epochs": 1,
            },
            "rows",
        ),
    ],
    ids=str,
)
def test_the_least_harmful_change_is_proposed(changes: dict[str, Any], change: str) -> None:
    spec = ExperimentSpec().with_(**{"data.source": "csv", **changes})
    with pytest.raises(InfeasibleError) as caught:
        require_feasible_run(spec, LARGE_WORKLOAD, MachineSpeed())
    assert caught.value.nearest is not None
    assert caught.value.nearest.change.endswith(change)


@settings(max_examples=60, deadline=None)
@given(
    st.fixed_dictionaries(
        {
            "circuit.n_qubits": st.integers(1, limits.MAX_QUBITS),
            "circuit.n_layers": st.integers(1, limits.MAX_LAYERS),
            "training.epochs": st.integers(1, 500),
            "training.batch_size": st.integers(1, 1024),
            "noise.level": st.sampled_from([0.0, 0.02]),
            "engine.kind": st.sampled_from(choices("engine.kind")),
            "encoding.kind": st.sampled_from(["angle_y", "iqp", "reuploading", "amplitude"]),
        }
    ),
    st.sampled_from([SMALL_WORKLOAD, LARGE_WORKLOAD]),
)
def test_what_is_proposed_fits_and_differs_in_one_thing(changes: dict[str, Any], workload: Workload) -> None:
    spec = ExperimentSpec().with_(**{"data.source": "csv", **changes})
    try:
        require_feasible(spec)
        require_feasible_run(spec, workload, MachineSpeed())
    except InfeasibleError as error:
        if error.nearest is None:
            return
        found = error.nearest.spec
        assert fits(estimate_step(found))
        if "a step" not in error.what:
            require_feasible_run(found, workload, MachineSpeed())
        sections = [name for name in type(spec).model_fields if getattr(found, name) != getattr(spec, name)]
        assert len(sections) == 1


def test_no_proposal_where_no_single_change_will_do() -> None:
    assert nearest_feasible(ExperimentSpec(), lambda spec: False, rows=100) is None


def test_of_one_epoch_on_few_rows_nothing_more_can_go() -> None:
    spec = ExperimentSpec().with_(**{"training.epochs": 1, "circuit.n_qubits": 1, "circuit.n_layers": 1})
    assert nearest_feasible(spec, lambda other: other.training.epochs < 1, rows=limits.MIN_ROWS) is None
