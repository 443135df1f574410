"""A run in the server's memory, and what is sent of it to pages."""

from __future__ import annotations

import json
import math

import pandas as pd
import pytest

from qenn_core.analysis.map_data import DecisionMap, MapFrame, MapPoint
from qenn_core.data.table import Table
from qenn_core.errors import ErrorMessage
from qenn_core.experiment import ExperimentSpec
from qenn_core.jobs import events
from qenn_core.jobs.commands import RunCommand
from qenn_core.jobs.report import RunReport
from qenn_core.jobs.run import Run
from qenn_core.jobs.snapshot import RunFeed
from qenn_core.store.entities import SavedState
from qenn_core.training.records import Epoch

MAP = DecisionMap(axes=("a", "b"), x=(0,), y=(0,), winner=((1,),), probability=((0.5,),), exact=True)
POINTS = (MapPoint(x=0.0, y=1.0, label=0, part="train"),)


def new_run(table: Table | None = None) -> Run:
    run = Run("abc", "alice", ExperimentSpec(), table)
    run.assign()
    return run


def complete_epoch(run: Run, number: int, loss: float = 0.5) -> None:
    epoch = Epoch(
        epoch=number,
        train_loss=loss,
        validation_loss=loss,
        train_accuracy=0.5,
        validation_accuracy=0.5,
        gradient_norm=1.0,
        seconds=0.1,
    )
    run.apply(events.EpochCompleted(epoch=epoch))


def test_snapshot_has_only_epochs_that_are_new_to_the_reader() -> None:
    run = new_run()
    for number in range(1, 6):
        complete_epoch(run, number)
    assert [e.epoch for e in run.snapshot(3, 0).history] == [4, 5]
    assert run.snapshot(99, 0).history == ()
    assert run.epochs_done == 5


def test_snapshot_has_each_version_of_the_map_once() -> None:
    run = new_run()
    run.apply(events.DataPrepared(class_names=("a", "b"), notes=(), map_points=POINTS))
    assert run.snapshot(0, 0).report.map_points
    for _ in range(2):
        run.apply(events.DecisionMapDrawn(decision_map=MAP))
    report = run.snapshot(0, 1).report
    assert (report.map_version, report.decision_map) == (2, MAP)
    report = run.snapshot(0, 2).report
    assert (report.map_version, report.decision_map, report.map_points) == (2, None, None)


def test_kept_maps_are_sent_once_and_those_after_the_checkpoint_are_discarded() -> None:
    run = new_run()
    frames = [MapFrame.of(MAP, epoch, 2) for epoch in (1, 2, 4)]
    for frame in frames:
        run.apply(events.MapFrameDrawn(frame=frame))
    assert list(RunFeed.of(run.snapshot(since_frame=1)).map_frames) == frames[1:]
    run.apply(events.CheckpointTaken(checkpoint=SavedState(3, b"...")))
    run.interrupt(ErrorMessage(what="Lost."))
    again = run.to_resume(None, run.checkpoint)
    again.assign()
    assert list(again.snapshot().report.map_frames) == frames[:2]


def test_feed_writes_numbers_that_are_not_finite_as_null() -> None:
    run = new_run()
    complete_epoch(run, 1, loss=math.nan)
    feed = json.loads(RunFeed.of(run.snapshot()).model_dump_json())
    assert feed["history"][0]["train_loss"] is None
    assert feed["state"] == "queued"
    assert feed["outcome"] == ""


def test_report_comes_back_from_the_store_as_it_was() -> None:
    run = new_run()
    run.apply(events.DataPrepared(class_names=("a", "b"), notes=("A note.",), map_points=POINTS))
    infinite = MAP.model_copy(update={"probability": ((math.inf,),)})
    run.apply(events.DecisionMapDrawn(decision_map=infinite))
    run.apply(events.MapFrameDrawn(frame=MapFrame.of(MAP, 1, 2)))
    assert RunReport.from_bytes(run.report.to_bytes()) == run.report


def test_failed_run_has_the_message_of_its_error() -> None:
    run = new_run()
    message = ErrorMessage(what="What.", why="Why.", remedy="Remedy.", place="encoding.kind")
    run.apply(events.RunFailed(error=message))
    run.on_worker_done()
    assert run.ended
    assert run.state == "failed"
    assert run.snapshot().error == message


def test_run_that_ends_without_a_last_record_was_stopped() -> None:
    run = new_run()
    run.on_worker_done()
    assert run.state == "stopped"


def test_stop_takes_effect_at_the_moment_of_the_command() -> None:
    run = new_run()
    run.apply(events.RunStarted(worker="tls://somewhere"))
    run.command = run.command.with_stop()
    now = run.snapshot()
    assert (now.state, now.scoring, now.resumable) == ("stopped", True, False)
    assert not now.settled
    run.on_worker_done()
    then = run.snapshot()
    assert (then.state, then.scoring, then.resumable) == ("stopped", False, True)


def test_resumed_run_starts_from_its_checkpoint() -> None:
    run = new_run()
    for number in range(1, 6):
        complete_epoch(run, number)
    run.apply(events.CheckpointTaken(checkpoint=SavedState(3, b"...")))
    run.interrupt(ErrorMessage(what="Lost."))
    assert run.snapshot().resumable
    again = run.to_resume(None, run.checkpoint)
    assert (again.state, again.epochs_done, again.error) == ("queued", 5, None)
    again.assign()
    assert [e.epoch for e in again.epochs_after(0)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("command", "state"), [(RunCommand().with_pause(0), "paused"), (RunCommand(), "queued")]
)
def test_run_that_has_left_its_worker_waits_as_commanded(command: RunCommand, state: str) -> None:
    run = new_run()
    run.apply(events.WorkerReleased())
    run.command = command
    run.on_worker_done()
    assert (run.state, run.ended, run.ready) == (state, False, state == "queued")


def test_ended_run_releases_its_table() -> None:
    run = new_run(Table(pd.DataFrame(), "rows.csv"))
    run.on_worker_done()
    assert run.table is None, "an ended run stays in memory, and a table may be large"
