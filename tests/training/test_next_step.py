"""After a training that was beaten, one change is suggested that is feasible and likely to help."""

from typing import Any, Literal

import pytest

from qenn_core.comparison.next_step import NextStep, suggest_next_step
from qenn_core.comparison.results import Comparison, Verdict
from qenn_core.experiment import ExperimentSpec
from qenn_core.metrics import Scores
from qenn_core.model.run_cost import MachineSpeed, Workload
from qenn_core.training.records import Finished, StopReason

ROWS = {"train": 180, "validation": 60, "test": 60}


def suggest(
    changes: dict[str, Any],
    n_features: int = 10,
    *,
    ahead: Literal["quantum", "classical"] | None = "classical",
    reason: StopReason = "patience",
    best_epoch: int = 5,
    train_accuracy: float = 0.8,
    speed: float = 1,
) -> NextStep | None:
    spec = ExperimentSpec().with_(**changes)
    verdict = Verdict.model_construct(ahead=ahead)
    finished = Finished.model_construct(
        reason=reason,
        best_epoch=best_epoch,
        epochs=spec.training.epochs,
        train=Scores.model_construct(accuracy=train_accuracy),
        validation=Scores.model_construct(accuracy=0.8),
    )
    return suggest_next_step(
        spec,
        Workload(ROWS, n_features, 2),
        finished,
        Comparison.model_construct(verdicts=(verdict,)),
        MachineSpeed(compiled=speed),
    )


LINEAR = {"encoding.reduction": "linear"}


@pytest.mark.parametrize(
    ("changes", "n_features", "fields"),
    [
        ({"noise.level": 0.05}, 10, {"noise.level": 0.0}),
        ({}, 10, LINEAR),
        ({}, 4, LINEAR),
        ({"encoding.kind": "amplitude"}, 20, LINEAR),
        ({}, 1, {"circuit.n_layers": 6}),
        (LINEAR, 10, {"circuit.n_layers": 6}),
        (LINEAR | {"circuit.n_layers": 2}, 10, {"circuit.n_layers": 4}),
        (LINEAR | {"circuit.n_layers": 6}, 10, {"circuit.n_qubits": 8}),
        (LINEAR | {"circuit.n_layers": 6}, 3, {"encoding.kind": "reuploading"}),
        (LINEAR | {"circuit.n_layers": 6, "encoding.kind": "reuploading"}, 3, None),
    ],
    ids=str,
)
def test_most_promising_change_comes_first(
    changes: dict[str, Any], n_features: int, fields: dict[str, Any] | None
) -> None:
    step = suggest(changes, n_features)
    assert (step and step.fields) == fields


def test_more_epochs_if_the_loss_was_still_falling() -> None:
    step = suggest({"training.epochs": 30}, reason="epochs", best_epoch=29)
    assert step is not None
    assert step.fields == {"training.epochs": 60}
    assert step.change == "60 epochs"
    for reason, best_epoch, epochs in (("epochs", 12, 30), ("user", 29, 30), ("epochs", 500, 500)):
        step = suggest({"training.epochs": epochs}, reason=reason, best_epoch=best_epoch)
        assert step is not None
        assert step.fields == LINEAR


@pytest.mark.parametrize("ahead", ["quantum", None])
def test_nothing_is_suggested_unless_the_qenn_was_beaten(ahead: Any) -> None:
    assert suggest({}, ahead=ahead) is None


def test_changes_that_take_too_long_are_skipped() -> None:
    many = LINEAR | {"circuit.n_qubits": 6, "noise.level": 0.0, "training.epochs": 200}
    assert suggest(many) is not None
    assert suggest(many, speed=1e6) is None


def test_reason_counts_what_is_lost() -> None:
    step = suggest({}, 10)
    assert step is not None
    assert step.reason == "Only 4 numbers made of 10 features reach the circuit."


def test_no_larger_network_is_suggested_if_rows_were_learnt_by_heart() -> None:
    assert suggest(LINEAR, 10, train_accuracy=0.95) is None
    assert suggest({}, 10, train_accuracy=0.95) is not None, "a linear layer may help"
