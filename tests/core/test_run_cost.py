"""Estimates of a run match measurements; a run that takes too long is refused with a feasible alternative."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest
from core.steps import measure_run
from hypothesis import given
from hypothesis import strategies as st
from random_examples import examples

from qenn_core import limits
from qenn_core.experiment import ExperimentSpec, choices
from qenn_core.model.cost import estimate_step
from qenn_core.model.feasibility import (
    InfeasibleError,
    nearest_feasible,
    require_feasible,
    require_feasible_run,
    step_fits,
)
from qenn_core.model.run_cost import MachineSpeed, Workload, estimate_run

NOISY = {"noise.level": 0.02}
PENNYLANE = {"engine.kind": "pennylane"}
MANY_ROWS = {"data.params": {"n_samples": 2000}}
SMALL_WORKLOAD = Workload({"train": 180, "validation": 60, "test": 60}, 2, 2)
LARGE_WORKLOAD = Workload({"train": 12_000, "validation": 4_000, "test": 4_000}, 30, 3)
FACTOR = 2.5


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"training.batch_size": 1, "training.epochs": 5},
        {"circuit.n_qubits": 11, "training.epochs": 4},
        {"noise.shots": 100, "circuit.n_qubits": 8, "training.epochs": 10},
        {**MANY_ROWS, **NOISY, "circuit.n_qubits": 6, "training.epochs": 2},
        {"engine.gradient": "parameter-shift", "noise.shots": 100, "training.epochs": 10},
        {**PENNYLANE, "circuit.n_qubits": 3, "training.epochs": 5},
        {**PENNYLANE, **NOISY, "circuit.n_qubits": 2, "circuit.n_layers": 1, "training.epochs": 3},
    ],
    ids=str,
)
def test_estimate_is_close_to_the_measured_time(
    process: ProcessPoolExecutor, changes: dict[str, Any]
) -> None:
    spec = ExperimentSpec().with_(**{"training.patience": 0, **changes})
    measured, workload, speed = process.submit(measure_run, spec.to_json()).result()
    estimate = estimate_run(spec, workload, speed)
    assert measured.seconds / FACTOR < estimate.seconds < measured.seconds * FACTOR


@pytest.mark.slow
def test_estimate_is_close_to_the_measured_memory(processes: ProcessPoolExecutor) -> None:
    spec = ExperimentSpec().with_(**{"circuit.n_qubits": 13, "circuit.n_layers": 2, "training.epochs": 1})
    measured, workload, speed = processes.submit(measure_run, spec.to_json()).result()
    estimate = estimate_run(spec, workload, speed)
    assert measured.bytes / FACTOR < estimate.bytes < measured.bytes * FACTOR


def test_increasing_any_setting_takes_longer() -> None:
    def seconds(
        workload: Workload = SMALL_WORKLOAD,
        speed: MachineSpeed = MachineSpeed(),  # noqa: B008
        **changes: Any,
    ) -> float:
        return estimate_run(ExperimentSpec().with_(**changes), workload, speed).seconds

    default = seconds()
    for changes in (
        {"training.epochs": 60},
        {"circuit.n_qubits": 8},
        {"circuit.n_layers": 6},
        {"training.batch_size": 16},
        {"head.hidden": (128, 128)},
        PENNYLANE,
    ):
        assert seconds(**changes) > default, changes
    assert seconds(LARGE_WORKLOAD) > default
    assert seconds(speed=MachineSpeed(compiled=2)) == pytest.approx(2 * default)
    assert seconds(**{"data.sample_rows": 150}) < default
    assert seconds(**{"data.sample_rows": 1000}) == default, "there are fewer rows than that"


def test_time_on_an_unknown_device_is_unknown() -> None:
    # For example, a device of a plugin.
    spec = ExperimentSpec().with_(**PENNYLANE)
    unknown = spec.model_copy(update={"engine": spec.engine.model_copy(update={"device": "remote.device"})})
    assert estimate_run(unknown, SMALL_WORKLOAD, MachineSpeed()).seconds == 0
    require_feasible_run(unknown, SMALL_WORKLOAD, MachineSpeed())


def test_run_that_takes_too_long_is_refused_with_a_feasible_change() -> None:
    spec = ExperimentSpec().with_(**{"training.epochs": 500, "training.batch_size": 1})
    with pytest.raises(InfeasibleError, match="This training would take about") as caught:
        require_feasible_run(spec, LARGE_WORKLOAD, MachineSpeed())
    assert caught.value.why == "A run may take up to 30 min and use up to 1 GB."
    nearest = caught.value.nearest
    assert nearest is not None
    assert caught.value.remedy == f"Use {nearest.change}."
    require_feasible_run(nearest.spec, LARGE_WORKLOAD, MachineSpeed())


def test_limit_can_be_configured(monkeypatch) -> None:
    require_feasible_run(ExperimentSpec(), SMALL_WORKLOAD, MachineSpeed())
    monkeypatch.setattr(limits, "MAX_RUN_SECONDS", 0.1)
    with pytest.raises(InfeasibleError, match=r"may take up to 0\.1 s"):
        require_feasible_run(ExperimentSpec(), SMALL_WORKLOAD, MachineSpeed())


@pytest.mark.parametrize(
    ("changes", "change"),
    [
        # The same results, but faster.
        (
            {**PENNYLANE, "circuit.n_qubits": 8, "training.epochs": 100},
            "the compiled engine with exact gradients",
        ),
        # Half the epochs are better than a smaller circuit.
        ({"circuit.n_qubits": 12, "training.epochs": 60}, "epochs"),
        # A tenth of the epochs, or of the rows, is not.
        ({"circuit.n_qubits": 12, "training.epochs": 400}, "qubits"),
        # The number of epochs cannot be reduced below one, but half of the rows can be left out.
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
def test_least_harmful_change_is_proposed(changes: dict[str, Any], change: str) -> None:
    spec = ExperimentSpec().with_(**{"data.source": "csv", **changes})
    with pytest.raises(InfeasibleError) as caught:
        require_feasible_run(spec, LARGE_WORKLOAD, MachineSpeed())
    assert caught.value.nearest is not None
    assert caught.value.nearest.change.endswith(change)


@examples(25)
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
def test_proposed_change_is_feasible_and_affects_one_section(
    changes: dict[str, Any], workload: Workload
) -> None:
    spec = ExperimentSpec().with_(**{"data.source": "csv", **changes})
    try:
        require_feasible(spec)
        require_feasible_run(spec, workload, MachineSpeed())
    except InfeasibleError as error:
        if error.nearest is None:
            return
        proposed = error.nearest.spec
        assert step_fits(estimate_step(proposed))
        if "per step" not in error.what:
            require_feasible_run(proposed, workload, MachineSpeed())
        sections = [
            name for name in type(spec).model_fields if getattr(proposed, name) != getattr(spec, name)
        ]
        assert len(sections) == 1


def test_no_proposal_if_no_single_change_is_enough() -> None:
    assert nearest_feasible(ExperimentSpec(), lambda spec: False, rows=100) is None


def test_smallest_run_cannot_be_reduced() -> None:
    spec = ExperimentSpec().with_(**{"training.epochs": 1, "circuit.n_qubits": 1, "circuit.n_layers": 1})
    assert nearest_feasible(spec, lambda other: other.training.epochs < 1, rows=limits.MIN_ROWS) is None
