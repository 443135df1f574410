"""A training that was broken off goes on, in another process, as if nothing had happened."""

from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from functools import cache
from itertools import chain, repeat
from multiprocessing import get_context
from typing import NamedTuple

import pytest
import torch

from qenn_core.data.builtin import load_builtin
from qenn_core.data.preparation import prepare
from qenn_core.data.prepared import PreparedData
from qenn_core.errors import TrainingError
from qenn_core.experiment import ExperimentSpec, choices
from qenn_core.model.network import build_model
from qenn_core.training.records import Epoch, Record
from qenn_core.training.training import Training

SMALL = ExperimentSpec().with_(
    **{
        "data.params": {"n_samples": 50},
        "circuit.n_qubits": 2,
        "circuit.n_layers": 1,
        "training.epochs": 4,
        "training.patience": 0,
        "training.batch_size": 12,
    }
)
PENNYLANE = {"engine.kind": "pennylane", "data.params": {"n_samples": 40}, "training.epochs": 2}
EARLY = {"training.epochs": 40, "training.patience": 2, "training.learning_rate": 0.5}
CASES = [
    *({"training.optimizer": name} for name in choices("training.optimizer")),
    *({"training.optimizer": name, "noise.shots": 20} for name in choices("training.optimizer")),
    {"noise.level": 0.05},
    {"noise.level": 0.05, "noise.shots": 20},
    {"engine.gradient": "parameter-shift", "noise.shots": 20},
    {"head.hidden": (5, 3), "encoding.reduction": "linear"},
    {"encoding.kind": "amplitude"},
    {"encoding.kind": "reuploading", "circuit.n_layers": 2},
    EARLY,
    {**EARLY, "noise.shots": 10},
    PENNYLANE,
    {**PENNYLANE, "noise.level": 0.05},
    {**PENNYLANE, "noise.shots": 20},
    {**PENNYLANE, "noise.level": 0.05, "noise.shots": 20},
    {**PENNYLANE, "noise.shots": 20, "engine.device": "lightning.qubit"},
    {**PENNYLANE, "noise.shots": 20, "engine.device": "reference.qubit"},
]


class Told(NamedTuple):
    """What a training tells and leaves behind, without what is never the same."""

    records: list[dict]
    weights: bytes


def prepared(spec: ExperimentSpec) -> PreparedData:
    return prepare(spec, load_builtin(spec.data))


def plain(records: list[Record]) -> list[dict]:
    return [record.model_dump(exclude={"seconds"}) for record in records]


def resumed(spec: ExperimentSpec, checkpoint: bytes) -> Told:
    training = Training(spec, prepared(spec), checkpoint=checkpoint)
    return Told(plain(list(training)), training.weights())


@cache
def unbroken(spec: ExperimentSpec) -> tuple[Told, list[bytes]]:
    """Return what a training tells that nobody disturbs, and its checkpoints, from epoch 0 on."""
    training = Training(spec, prepared(spec))
    checkpoints, records = [training.checkpoint()], []
    for record in training:
        records.append(record)
        if isinstance(record, Epoch):
            checkpoints.append(training.checkpoint())
    return Told(plain(records), training.weights()), checkpoints


def rest_of(told: Told, epoch: int) -> Told:
    """Return what is told by a training that goes on from there: what it is, and what is left to do."""
    started, *others = told.records
    return Told([started, *others[epoch:]], told.weights)


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Executor]:
    """A process that has nothing of this one."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        yield pool


@pytest.mark.parametrize("changes", CASES, ids=str)
def test_broken_at_any_epoch_and_gone_on_with_elsewhere(elsewhere, changes) -> None:
    spec = SMALL.with_(**changes)
    whole, checkpoints = unbroken(spec)
    n_epochs = whole.records[-1]["epochs"]
    assert len(checkpoints) == n_epochs + 1
    if changes.get("training.patience"):
        assert whole.records[-1]["reason"] == "patience"
    epochs = range(n_epochs + 1)
    # Of a long one the first epochs, and the last ones, in which it is decided to stop early.
    breaks = [1] if spec.engine.kind == "pennylane" else sorted({*epochs[:3], *epochs[-3:]})
    told = elsewhere.map(resumed, repeat(spec), [checkpoints[epoch] for epoch in breaks])
    for epoch, after in zip(breaks, told, strict=True):
        assert after == rest_of(whole, epoch), f"broken off after epoch {epoch}"


@pytest.mark.parametrize(
    "changes", [{}, {"noise.shots": 20}, {**PENNYLANE, "noise.shots": 20, "training.epochs": 3}], ids=str
)
def test_broken_twice_and_in_the_middle_of_an_epoch(changes) -> None:
    spec = SMALL.with_(**changes)
    whole, checkpoints = unbroken(spec)

    def stopped_in_the_third_step(checkpoint: bytes) -> bytes:
        asked = chain(repeat(None, 2), repeat("user"))
        training = Training(spec, prepared(spec), stop=lambda: next(asked), checkpoint=checkpoint)
        *_, last = training
        assert last.reason == "user"
        return training.checkpoint()

    # The checkpoint is of the last complete epoch, whatever was begun since, and scored at the end.
    assert stopped_in_the_third_step(checkpoints[0]) == checkpoints[0]
    again = Training(spec, prepared(spec), checkpoint=stopped_in_the_third_step(checkpoints[1]))
    next(again), next(again)
    assert resumed(spec, stopped_in_the_third_step(again.checkpoint())) == rest_of(whole, 2)


def test_a_look_at_the_model_between_two_records_changes_nothing() -> None:
    spec = SMALL.with_(**PENNYLANE, **{"noise.shots": 20})
    data = prepared(spec)
    training = Training(spec, data)
    records = []
    for record in training:
        records.append(record)
        training.model.eval()
        training.model(torch.tensor(data.test.inputs))
    assert plain(records) == unbroken(spec)[0].records


def test_the_time_spent_before_counts() -> None:
    data = prepared(SMALL)
    training = Training(SMALL, data)
    spent = [next(training), next(training)][-1].seconds
    _, *epochs, finished = Training(SMALL, data, checkpoint=training.checkpoint())
    assert finished.seconds == pytest.approx(spent + sum(epoch.seconds for epoch in epochs))


def test_a_loss_that_runs_away_can_be_gone_on_with_and_runs_away_again() -> None:
    spec = SMALL.with_(**{"training.optimizer": "sgd"})
    data = prepared(spec)
    model = build_model(spec, data.n_inputs, data.n_classes)
    training = Training(spec, data, model)
    next(training), next(training)
    with torch.no_grad():
        next(model.classical.parameters()).fill_(torch.inf)
    last = next(training)
    assert (last.reason, last.epochs) == ("not_finite", 1)
    assert [record.kind for record in Training(spec, data, checkpoint=training.checkpoint())] == [
        "started",
        "epoch",
        "epoch",
        "epoch",
        "finished",
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"training.epochs": 5},
        {"training.optimizer": "sgd"},
        {"noise.shots": 10},
        {"circuit.n_qubits": 3},
        {"seed": 1},
        {"data.params": {"n_samples": 60}},
    ],
    ids=str,
)
def test_a_checkpoint_of_another_training_is_refused(changes) -> None:
    _, checkpoints = unbroken(SMALL)
    other = SMALL.with_(**changes)
    with pytest.raises(TrainingError, match="belongs to another training") as caught:
        Training(other, prepared(other), checkpoint=checkpoints[1])
    assert caught.value.remedy


def test_a_checkpoint_of_other_rows_is_refused(separable) -> None:
    _, checkpoints = unbroken(SMALL)
    with pytest.raises(TrainingError, match="belongs to another training"):
        Training(SMALL, separable, checkpoint=checkpoints[1])
