"""A run as the server keeps it."""

from __future__ import annotations

import json
import math
from typing import Any

import pandas as pd

from qenn_core.analysis.map_data import DecisionMap
from qenn_core.data.table import Table
from qenn_core.errors import ErrorMessage, TrainingError
from qenn_core.experiment import ExperimentSpec
from qenn_core.jobs.control import Wish
from qenn_core.jobs.run import Run
from qenn_core.jobs.snapshot import RunSnapshot

MAP = DecisionMap(axes=("a", "b"), x=(0,), y=(0,), winner=((1,),), probability=((0.5,),), exact=True)


def new_run() -> Run:
    run = Run(RunSnapshot(run="abc", epochs=30), "alice", ExperimentSpec())
    run.begin()
    return run


def epoch(number: int, loss: float = 0.5) -> dict[str, Any]:
    accuracy = {"train_accuracy": 0.5, "validation_accuracy": 0.5}
    return {
        "epoch": number,
        "train_loss": loss,
        "validation_loss": loss,
        "gradient_norm": 1.0,
        "seconds": 0.1,
    } | accuracy


def test_only_epochs_that_are_new_to_the_asker_are_told() -> None:
    run = new_run()
    for number in range(1, 6):
        run.take("history", epoch(number))
    assert [e.epoch for e in run.snapshot(3, 0).history] == [4, 5]
    assert run.snapshot(99, 0).history == ()
    assert run.done == 5


def test_the_map_is_told_once_for_each_version() -> None:
    run = new_run()
    run.take("map_points", [{"x": 0.0, "y": 1.0, "label": 0, "part": "train"}])
    assert run.snapshot(0, 0).map_points
    run.take("decision_map", MAP.model_dump())
    run.take("decision_map", MAP.model_dump())
    fresh = run.snapshot(0, 1)
    assert fresh.map_version == 2
    assert fresh.decision_map == MAP
    known = run.snapshot(0, 2)
    assert (known.map_version, known.decision_map, known.map_points) == (2, None, None)


def test_no_number_is_null_in_json() -> None:
    run = new_run()
    run.take("history", epoch(1, loss=math.nan))
    assert json.loads(run.snapshot(0, 0).to_json())["history"][0]["train_loss"] is None


def test_an_error_ends_a_run_with_its_words() -> None:
    run = new_run()
    words = ErrorMessage(what="What.", why="Why.", remedy="Remedy.", place="encoding.kind")
    run.take("error", words.model_dump())
    run.end()
    assert run.ended
    assert run.state == "failed"
    assert run.snapshot().error == words


def test_a_run_that_ends_without_a_last_record_was_stopped() -> None:
    run = new_run()
    run.end()
    assert run.state == "stopped"


def test_a_stop_holds_from_the_moment_it_is_wished_for() -> None:
    run = new_run()
    run.take("worker", "tls://somewhere")
    run.wish = run.wish.end()
    now = run.snapshot()
    assert (now.state, now.scoring, now.resumable) == ("stopped", True, False)
    assert not now.settled
    run.end()
    then = run.snapshot()
    assert (then.state, then.scoring, then.resumable) == ("stopped", False, True)


def test_a_run_taken_up_again_knows_no_more_than_its_checkpoint() -> None:
    run = new_run()
    for number in range(1, 6):
        run.take("history", epoch(number))
    run.take("checkpoint", (3, b"..."))
    run.interrupt(TrainingError("Lost."))
    assert run.snapshot().resumable
    again = run.again(None, run.checkpoint)
    assert (again.state, again.done, again.snapshot().error) == ("queued", 5, None)
    again.begin()
    assert [e.epoch for e in again.epochs_after(0)] == [1, 2, 3]


def test_a_parked_run_waits_as_it_was_wished_to() -> None:
    for wish, state in ((Wish().pause(0), "paused"), (Wish(), "queued")):
        run = new_run()
        run.take("parked", True)
        run.wish = wish
        run.end()
        assert (run.state, run.ended, run.ready) == (state, False, state == "queued")


def test_a_run_without_rows_to_keep_lets_go_of_them() -> None:
    run = Run(RunSnapshot(run="abc", epochs=30), "alice", ExperimentSpec(), Table(pd.DataFrame(), "rows.csv"))
    run.begin()
    run.end()
    assert run.table is None, "an ended run is kept for long, and a table may be large"
