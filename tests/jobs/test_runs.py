"""Runs in real worker processes."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pandas as pd
import psutil
import pytest
from distributed import Client
from jobs.waiting import ended, in_state, until, with_epochs

from qenn_core.data.preparation import prepare
from qenn_core.data.sources import table_of
from qenn_core.data.table import Table
from qenn_core.errors import DataError, JobError
from qenn_core.jobs.dispatcher import Jobs
from qenn_core.jobs.embedded import ThisMachine
from qenn_core.jobs.snapshot import RunSnapshot
from qenn_core.spec import ExperimentSpec
from qenn_core.training.loop import train
from qenn_core.training.records import Epoch, Finished, Started

SHORT = ExperimentSpec().with_(
    **{"data.params": {"n_samples": 60}, "circuit.n_layers": 1, "training.epochs": 4, "training.patience": 0}
)
# Quick epochs, and many of them: it is still going whenever a test looks.
LONG = SHORT.with_(**{"training.epochs": 500})
# A single epoch of it takes longer than anybody waits for a stop.
SLOW = ExperimentSpec().with_(
    **{
        "data.params": {"n_samples": 400},
        "circuit.n_qubits": 7,
        "circuit.n_layers": 6,
        "training.batch_size": 1,
    }
)


@pytest.fixture
def runs(jobs: Jobs) -> Iterator[list[str]]:
    """Take the ids of runs that are to be gone after the test."""
    started: list[str] = []
    yield started
    for run in started:
        jobs.stop(run)
    for run in started:
        until(jobs, run, ended)


def epochs(snapshot: RunSnapshot) -> list[int]:
    return [epoch.epoch for epoch in snapshot.history]


def test_a_run_tells_all_that_a_page_shows(jobs: Jobs) -> None:
    spec = ExperimentSpec().with_(**{"training.epochs": 6})
    snapshot = until(jobs, jobs.submit(spec), ended)
    assert snapshot.error is None
    assert snapshot.state == "finished"
    assert epochs(snapshot) == [1, 2, 3, 4, 5, 6]
    assert snapshot.started is not None
    assert snapshot.finished is not None
    assert snapshot.finished.reason == "epochs"
    assert snapshot.comparison is not None
    assert [row.kind for row in snapshot.comparison.rows][:2] == ["quantum", "classical"]
    assert snapshot.baselines == snapshot.comparison.rows[1:]
    assert snapshot.reference_accuracy == snapshot.baselines[0].validation.accuracy
    assert len(snapshot.class_names) == 2
    assert snapshot.notes
    assert snapshot.map_points
    assert snapshot.decision_map is not None
    assert len(snapshot.decision_map.x) == 40
    assert snapshot.map_version >= 2, "one while it trained, and one at the end"


def test_a_worker_gives_the_numbers_of_the_bare_training(jobs: Jobs) -> None:
    snapshot = until(jobs, jobs.submit(SHORT), ended)
    records = list(train(SHORT, prepare(SHORT, table_of(SHORT.data))))
    timeless = {"seconds"}

    def numbers(record: Started | Epoch | Finished | None) -> object:
        return record and record.model_dump(exclude=timeless)

    told = [snapshot.started, *snapshot.history, snapshot.finished]
    assert [numbers(record) for record in told] == [numbers(record) for record in records]


def test_an_uploaded_table_is_trained_on(jobs: Jobs) -> None:
    frame = pd.DataFrame(
        {
            "width": [str(number % 7) for number in range(60)],
            "colour": ["red" if number % 2 else "blue" for number in range(60)],
            "kind": ["left" if number % 7 < 3 else "right" for number in range(60)],
        }
    )
    spec = SHORT.with_(**{"data.params": {}, "data.source": "csv", "data.target": "kind"})
    snapshot = until(jobs, jobs.submit(spec, Table(frame, "things.csv")), ended)
    assert snapshot.error is None
    assert set(snapshot.class_names) == {"left", "right"}


def test_a_large_table_reaches_the_worker(jobs: Jobs) -> None:
    rows = 20_000
    frame = pd.DataFrame(
        {
            "remark": [f"{row:0100d}" for row in range(rows)],
            "size": [str(row % 97) for row in range(rows)],
            "kind": ["left" if row % 97 < 40 else "right" for row in range(rows)],
        }
    )
    roles = {"remark": "ignore"}
    spec = SHORT.with_(
        **{"data.params": {}, "data.source": "csv", "data.target": "kind", "data.roles": roles}
    )
    run = jobs.submit(spec, Table(frame, "large.csv"))
    until(jobs, run, lambda snapshot: snapshot.started is not None or snapshot.ended)
    jobs.stop(run)
    assert until(jobs, run, ended).started is not None


def test_a_run_can_be_paused_stepped_and_resumed(jobs: Jobs, runs: list[str]) -> None:
    run = jobs.submit(SHORT.with_(**{"training.epochs": 200}))
    runs.append(run)
    until(jobs, run, with_epochs(2))
    jobs.pause(run)
    paused = until(jobs, run, in_state("paused"))
    time.sleep(0.2)
    assert jobs.snapshot(run).history == paused.history, "it rests"
    version = paused.map_version
    jobs.step(run)
    stepped = until(jobs, run, lambda snapshot: len(snapshot.history) > len(paused.history))
    stepped = until(jobs, run, in_state("paused"))
    assert len(stepped.history) == len(paused.history) + 1
    assert stepped.map_version > version, "the map shows the step"
    jobs.resume(run)
    going = until(jobs, run, with_epochs(len(stepped.history) + 2))
    assert epochs(going) == list(range(1, len(going.history) + 1))


def test_a_run_can_start_paused_and_takes_no_worker(jobs: Jobs, runs: list[str]) -> None:
    waiting = [jobs.submit(LONG, paused=True) for _ in range(3)]
    runs += waiting
    assert until(jobs, jobs.submit(SHORT), ended).state == "finished"
    assert [jobs.snapshot(run).state for run in waiting] == ["paused"] * 3
    jobs.step(waiting[0])
    until(jobs, waiting[0], with_epochs(1))
    assert epochs(until(jobs, waiting[0], in_state("paused"))) == [1]


@pytest.mark.parametrize("spec", [LONG, SLOW], ids=["quick epochs", "slow epochs"])
def test_a_stop_is_quick_and_keeps_the_scores(jobs: Jobs, runs: list[str], spec: ExperimentSpec) -> None:
    run = jobs.submit(spec)
    runs.append(run)
    until(jobs, run, lambda snapshot: snapshot.started is not None)
    time.sleep(0.2)
    begun = time.monotonic()
    jobs.stop(run)
    stopped = until(jobs, run, ended)
    took = time.monotonic() - begun
    # Scoring all rows and the last map are part of it.
    assert took < (1 if spec is LONG else 5)
    assert stopped.state == "stopped"
    assert stopped.finished is not None
    assert stopped.finished.reason == "user"
    assert stopped.comparison is not None


def test_a_paused_run_can_be_stopped(jobs: Jobs, runs: list[str]) -> None:
    run = jobs.submit(LONG)
    runs.append(run)
    until(jobs, run, with_epochs(1))
    jobs.pause(run)
    until(jobs, run, in_state("paused"))
    jobs.stop(run)
    assert until(jobs, run, ended, seconds=2).state == "stopped"


def test_runs_go_on_side_by_side_and_the_rest_wait_in_order(jobs: Jobs, runs: list[str]) -> None:
    first, second, third, fourth = (jobs.submit(LONG) for _ in range(4))
    runs += [first, second, third, fourth]
    until(jobs, first, with_epochs(1))
    until(jobs, second, with_epochs(1))
    assert (jobs.snapshot(third).state, jobs.snapshot(third).place) == ("queued", 1)
    assert jobs.snapshot(fourth).place == 2
    jobs.pause(third)
    assert (jobs.snapshot(third).state, jobs.snapshot(fourth).place) == ("paused", 1)
    jobs.stop(first)
    until(jobs, fourth, with_epochs(1))
    assert jobs.snapshot(third).history == ()
    jobs.stop(third)
    assert jobs.snapshot(third).state == "stopped"


def test_a_run_that_fails_says_why(jobs: Jobs) -> None:
    frame = pd.DataFrame({"a": ["1", "2"] * 30, "kind": ["same"] * 60})
    spec = SHORT.with_(**{"data.params": {}, "data.source": "csv", "data.target": "kind"})
    failed = until(jobs, jobs.submit(spec, Table(frame, "one.csv")), ended)
    assert failed.state == "failed"
    assert failed.error is not None
    assert failed.error.what
    assert failed.error.remedy


def test_an_error_that_nobody_foresaw_is_told_in_words(jobs: Jobs) -> None:
    spec = SHORT.with_(**{"data.params": {}, "data.source": "csv", "data.target": "kind"})
    failed = until(jobs, jobs.submit(spec, Table(None, "none.csv")), ended)  # type: ignore[arg-type]
    assert failed.state == "failed"
    assert failed.error is not None
    assert "not foreseen" in failed.error.what


def test_rows_that_are_missing_are_asked_for(jobs: Jobs) -> None:
    spec = SHORT.with_(**{"data.params": {}, "data.source": "csv", "data.file_name": "mine.csv"})
    with pytest.raises(DataError, match=r"mine\.csv") as raised:
        jobs.submit(spec)
    assert raised.value.place == "data.source"
    assert raised.value.remedy


def test_a_killed_worker_fails_its_run_and_no_other(jobs: Jobs, runs: list[str]) -> None:
    victim, other = jobs.submit(LONG), jobs.submit(LONG)
    runs += [victim, other]
    until(jobs, victim, with_epochs(1))
    until(jobs, other, with_epochs(1))
    address = jobs._runs[victim].worker or ""
    pids = jobs._started().everywhere(os.getpid).result()
    psutil.Process(pids[address]).kill()
    failed = until(jobs, victim, ended, seconds=5)
    assert failed.state == "failed"
    assert failed.error is not None
    assert "worker process" in failed.error.why
    assert failed.history, "what it had told is kept"
    done = len(jobs.snapshot(other).history)
    until(jobs, other, with_epochs(done + 2))
    jobs.stop(other)
    until(jobs, other, ended)
    again = [jobs.submit(SHORT), jobs.submit(SHORT)]
    assert [until(jobs, run, ended, seconds=60).state for run in again] == ["finished"] * 2, "it is replaced"


@pytest.mark.parametrize("ask", ["snapshot", "pause", "resume", "step", "stop", "forget"])
def test_an_unknown_run_is_an_error_with_a_remedy(jobs: Jobs, ask: str) -> None:
    with pytest.raises(JobError) as raised:
        getattr(jobs, ask)("0" * 32)
    assert raised.value.remedy


def test_nothing_is_kept_of_a_forgotten_run(jobs: Jobs) -> None:
    run = jobs.submit(LONG)
    until(jobs, run, with_epochs(1))
    jobs.forget(run)
    with pytest.raises(JobError):
        jobs.snapshot(run)
    after = [jobs.submit(SHORT), jobs.submit(SHORT)]
    assert [until(jobs, run, ended).state for run in after] == ["finished"] * 2, "its worker is free"


def test_commands_to_a_run_that_has_ended_do_nothing(jobs: Jobs) -> None:
    run = jobs.submit(SHORT)
    before = until(jobs, run, ended)
    for command in (jobs.pause, jobs.resume, jobs.step, jobs.stop):
        command(run)
    assert jobs.snapshot(run) == before


def test_the_oldest_ended_runs_make_room(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qenn_core.jobs.dispatcher.MAX_ENDED", 2)
    runs = [jobs.submit(LONG, paused=True) for _ in range(4)]
    for run in runs:
        jobs.stop(run)
    with pytest.raises(JobError):
        jobs.snapshot(runs[0])
    assert jobs.snapshot(runs[3]).state == "stopped"


def test_the_queue_has_an_end(jobs: Jobs, runs: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qenn_core.jobs.dispatcher.MAX_WAITING", 2)
    runs += [jobs.submit(LONG, paused=True) for _ in range(2)]
    with pytest.raises(JobError, match="queue is full") as raised:
        jobs.submit(LONG, paused=True)
    assert raised.value.remedy


class OutOfOrder(ThisMachine):
    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Client]:
        raise OSError("no more processes")
        yield


def test_runs_are_told_when_no_worker_can_be_started() -> None:
    broken = Jobs(OutOfOrder(1))
    failed = [until(broken, run, ended) for run in [broken.submit(SHORT) for _ in range(5)]]
    broken.close()
    for snapshot in failed:
        assert snapshot.state == "failed"
        assert snapshot.error is not None
        assert snapshot.error.remedy
