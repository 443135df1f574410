"""An interrupted training resumes in another process with the results of an uninterrupted one."""

import json
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from functools import cache
from itertools import chain, repeat
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from fresh_processes import fresh_processes

from qenn_core.data.builtin import load_builtin
from qenn_core.data.preparation import prepare
from qenn_core.data.prepared import PreparedData
from qenn_core.errors import TrainingError
from qenn_core.experiment import ExperimentSpec, choices
from qenn_core.model.network import build_model
from qenn_core.training.records import Epoch, Record
from qenn_core.training.training import Training

STORED = Path(__file__).parent / "stored"
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
    {},
    *({"training.optimizer": name, "noise.shots": 20} for name in choices("training.optimizer")),
    {"training.optimizer": "rmsprop", "noise.level": 0.05},
    {"training.optimizer": "sgd", "noise.level": 0.05, "noise.shots": 20},
    {"engine.gradient": "parameter-shift", "noise.shots": 20},
    {"head.hidden": (5, 3), "encoding.reduction": "linear"},
    {"encoding.kind": "amplitude"},
    {"encoding.kind": "reuploading", "circuit.n_layers": 2},
    EARLY,
    {**EARLY, "noise.shots": 10},
    PENNYLANE,
    {**PENNYLANE, "noise.level": 0.05, "noise.shots": 20},
    {**PENNYLANE, "noise.shots": 20, "engine.device": "lightning.qubit"},
    {**PENNYLANE, "noise.shots": 20, "engine.device": "reference.qubit"},
]


class Result(NamedTuple):
    """The records of a training, without durations, and its best weights."""

    records: list[dict[str, Any]]
    weights: bytes

    def after(self, epoch: int) -> "Result":
        """Return the result that a training resumed after this epoch should have."""
        started, *others = self.records
        return Result([started, *others[epoch:]], self.weights)


def prepared(spec: ExperimentSpec) -> PreparedData:
    return prepare(spec, load_builtin(spec.data))


def without_seconds(records: list[Record]) -> list[dict[str, Any]]:
    return [record.model_dump(exclude={"seconds"}) for record in records]


def resume(spec: ExperimentSpec, checkpoint: bytes) -> Result:
    training = Training(spec, prepared(spec), checkpoint=checkpoint)
    return Result(without_seconds(list(training)), training.weights())


@cache
def run_uninterrupted(spec: ExperimentSpec) -> tuple[Result, list[bytes]]:
    """Return the result of a training, and its checkpoints from epoch 0 on."""
    training = Training(spec, prepared(spec))
    checkpoints, records = [training.checkpoint()], []
    for record in training:
        records.append(record)
        if isinstance(record, Epoch):
            checkpoints.append(training.checkpoint())
    return Result(without_seconds(records), training.weights()), checkpoints


@pytest.fixture(scope="module")
def other_process() -> Iterator[Executor]:
    """Start a process that inherits nothing from this one."""
    with ProcessPoolExecutor(1, mp_context=fresh_processes()) as pool:
        yield pool


@pytest.mark.parametrize("changes", CASES, ids=str)
def test_resumes_in_another_process(other_process, changes) -> None:
    spec = SMALL.with_(**changes)
    result, checkpoints = run_uninterrupted(spec)
    n_epochs = result.records[-1]["epochs"]
    assert len(checkpoints) == n_epochs + 1
    epochs = range(n_epochs + 1)
    if not changes:
        breaks = list(epochs)
    elif spec.training.patience:
        assert result.records[-1]["reason"] == "patience"
        breaks = [1, *epochs[-3:]]  # the last epochs decide about stopping early
    else:
        breaks = [1]
    resumed = other_process.map(resume, repeat(spec), [checkpoints[epoch] for epoch in breaks])
    for epoch, resumed_result in zip(breaks, resumed, strict=True):
        assert resumed_result == result.after(epoch), f"resumed after epoch {epoch}"


@pytest.mark.parametrize(
    "changes", [{}, {"noise.shots": 20}, {**PENNYLANE, "noise.shots": 20, "training.epochs": 3}], ids=str
)
def test_resumes_twice_after_stops_during_an_epoch(changes) -> None:
    spec = SMALL.with_(**changes)
    result, checkpoints = run_uninterrupted(spec)

    def stop_in_third_step(checkpoint: bytes) -> bytes:
        reasons = chain(repeat(None, 2), repeat("user"))
        training = Training(spec, prepared(spec), should_stop=lambda: next(reasons), checkpoint=checkpoint)
        *_, last = training
        assert last.reason == "user"
        return training.checkpoint()

    # The checkpoint is that of the last completed epoch, in spite of further steps and the final scoring.
    assert stop_in_third_step(checkpoints[0]) == checkpoints[0]
    again = Training(spec, prepared(spec), checkpoint=stop_in_third_step(checkpoints[1]))
    next(again), next(again)
    assert resume(spec, stop_in_third_step(again.checkpoint())) == result.after(2)


def test_evaluating_the_model_between_records_changes_nothing() -> None:
    spec = SMALL.with_(**PENNYLANE, **{"noise.shots": 20})
    data = prepared(spec)
    training = Training(spec, data)
    records = []
    for record in training:
        records.append(record)
        training.model.eval()
        training.model(torch.tensor(data.test.inputs))
    assert without_seconds(records) == run_uninterrupted(spec)[0].records


def test_seconds_before_the_interruption_count() -> None:
    data = prepared(SMALL)
    training = Training(SMALL, data)
    seconds_before = [next(training), next(training)][-1].seconds
    _, *epochs, finished = Training(SMALL, data, checkpoint=training.checkpoint())
    assert finished.seconds == pytest.approx(seconds_before + sum(epoch.seconds for epoch in epochs))


def test_resumes_before_the_loss_was_not_finite() -> None:
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
def test_checkpoint_of_another_training_is_refused(changes) -> None:
    _, checkpoints = run_uninterrupted(SMALL)
    other = SMALL.with_(**changes)
    with pytest.raises(TrainingError, match="belongs to another training") as caught:
        Training(other, prepared(other), checkpoint=checkpoints[1])
    assert caught.value.remedy


def test_checkpoint_for_other_rows_is_refused(separable) -> None:
    _, checkpoints = run_uninterrupted(SMALL)
    with pytest.raises(TrainingError, match="belongs to another training"):
        Training(SMALL, separable, checkpoint=checkpoints[1])


def test_checkpoint_for_amplitudes_without_a_constant_is_refused() -> None:
    spec = ExperimentSpec.from_query(
        {"data": "wine", "enc": "amplitude", "q": "2", "l": "1", "ep": "3", "bs": "128"}
    )
    data = prepared(spec)
    assert data.n_inputs == 4, "as before, when the fourth was a component instead of the constant"
    with pytest.raises(TrainingError, match="belongs to another training"):
        Training(spec, data, checkpoint=(STORED / "amplitude.safetensors").read_bytes())


def flatten(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the path and value of each leaf of a JSON document."""
    match value:
        case dict():
            for key, child in value.items():
                yield from flatten(child, f"{path}.{key}")
        case list():
            for index, child in enumerate(value):
                yield from flatten(child, f"{path}[{index}]")
        case _:
            yield path, value


def test_resumes_from_a_checkpoint_of_an_older_version() -> None:
    expected = json.loads((STORED / "records.json").read_text(encoding="utf-8"))
    spec = ExperimentSpec.from_query(expected["spec"])
    content = (STORED / "checkpoint.safetensors").read_bytes()
    records = [
        record.model_dump(mode="json", exclude={"seconds"})
        for record in Training(spec, prepared(spec), checkpoint=content)
    ]
    values, expected_values = dict(flatten(records)), dict(flatten(expected["records"]))
    assert values.keys() == expected_values.keys()
    for path, value in values.items():
        expected_value = expected_values[path]
        if isinstance(expected_value, float):
            expected_value = pytest.approx(expected_value, rel=1e-4)
        if not path.endswith(".message"):
            assert value == expected_value, path
