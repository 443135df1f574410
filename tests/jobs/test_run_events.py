"""The events of a run, without a worker process around it."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from jobs.specs import SHORT

from qenn_core.errors import TrainingError
from qenn_core.jobs.commands import RunCommand, RunLimits, TrainingTask
from qenn_core.jobs.events import (
    BaselinesFitted,
    EpochCompleted,
    ModelPacked,
    RunEnding,
    RunPaused,
    TrainingFinished,
)
from qenn_core.jobs.worker.control import RunControl
from qenn_core.jobs.worker.training import run_events

STOPS_EARLY = SHORT.with_(**{"training.epochs": 60, "training.patience": 1, "training.learning_rate": 0.5})


def test_pause_at_the_end_of_a_run_comes_too_late() -> None:
    control = RunControl(RunCommand())
    events = []
    for event in run_events(TrainingTask(STOPS_EARLY), control):
        events.append(event)
        if isinstance(event, RunEnding):
            control.update(RunCommand().with_pause(0))
    [finished] = (event for event in events if isinstance(event, TrainingFinished))
    assert finished.finished.reason == "patience"
    assert not any(isinstance(event, RunPaused) for event in events)
    assert isinstance(events[-1], ModelPacked)


@pytest.mark.parametrize("reason", ["user", "time"])
def test_run_without_a_complete_epoch_has_neither_scores_nor_a_model(reason: str) -> None:
    control, seen = RunControl(RunCommand()), []
    task = TrainingTask(SHORT, limits=RunLimits(seconds=0 if reason == "time" else 60))
    with pytest.raises(TrainingError) if reason == "time" else nullcontext():
        for event in run_events(task, control):
            seen.append(type(event))
            if reason == "user" and isinstance(event, BaselinesFitted):
                control.update(RunCommand().with_stop())
    assert BaselinesFitted in seen
    assert not {EpochCompleted, TrainingFinished, ModelPacked} & set(seen)
