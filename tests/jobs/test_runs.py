"""Runs in real worker processes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pandas as pd
import psutil
import pytest
from jobs.specs import LONG, SHORT
from jobs.waiting import ALICE, BOB, in_state, saved, settled, stepped, until, with_epochs

from qenn_core.data.builtin import load_builtin
from qenn_core.data.preparation import prepare
from qenn_core.data.table import Table
from qenn_core.errors import DataError, JobError
from qenn_core.experiment import ExperimentSpec
from qenn_core.jobs.runs import Jobs
from qenn_core.jobs.snapshot import RunSnapshot
from qenn_core.training.loop import train
from qenn_core.training.records import Epoch, Finished, Started
from qenn_core.workspace import feed_key

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
        jobs.stop(run, ALICE)
    for run in started:
        until(jobs, run, settled)


def epochs(snapshot: RunSnapshot) -> list[int]:
    return [epoch.epoch for epoch in snapshot.history]


def test_a_run_tells_all_that_a_page_shows(jobs: Jobs) -> None:
    spec = ExperimentSpec().with_(**{"training.epochs": 6})
    snapshot = until(jobs, jobs.submit(spec, owner=ALICE), settled)
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


def test_a_worker_gives_the_numbers_of_the_bare_training(jobs: Jobs) -> None:
    snapshot = until(jobs, jobs.submit(SHORT, owner=ALICE), settled)
    records = list(train(SHORT, prepare(SHORT, load_builtin(SHORT.data))))
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
    snapshot = until(jobs, jobs.submit(spec, Table(frame, "things.csv"), owner=ALICE), settled)
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
    run = jobs.submit(spec, Table(frame, "large.csv"), owner=ALICE)
    until(jobs, run, lambda snapshot: snapshot.started is not None or snapshot.settled)
    jobs.stop(run, ALICE)
    assert until(jobs, run, settled).started is not None


def test_news_come_in_the_order_in_which_they_were_told(jobs: Jobs) -> None:
    run = jobs.submit(LONG, owner=ALICE)
    until(jobs, run, with_epochs(1))
    for _ in range(3):
        # What sends the news is held up, while the run tells more.
        jobs.cluster.everywhere(time.sleep, 0.45).result()
    assert epochs(until(jobs, run, settled)) == list(range(1, LONG.training.epochs + 1))


def test_a_run_can_be_paused_stepped_and_resumed(jobs: Jobs, runs: list[str]) -> None:
    run = jobs.submit(LONG, owner=ALICE)
    runs.append(run)
    until(jobs, run, with_epochs(2))
    jobs.pause(run, ALICE)
    paused = until(jobs, run, in_state("paused"))
    time.sleep(0.2)
    assert jobs.snapshot(run, ALICE).history == paused.history, "it rests"
    version = paused.map_version
    jobs.step(run, ALICE)
    stepped = until(jobs, run, lambda snapshot: len(snapshot.history) > len(paused.history))
    stepped = until(jobs, run, in_state("paused"))
    assert len(stepped.history) == len(paused.history) + 1
    assert stepped.map_version > version, "the map shows the step"
    jobs.resume(run, ALICE)
    going = until(jobs, run, with_epochs(len(stepped.history) + 2))
    assert epochs(going) == list(range(1, len(going.history) + 1))


def test_a_run_can_start_paused_and_takes_no_worker(jobs: Jobs, runs: list[str]) -> None:
    waiting = [jobs.submit(LONG, paused=True, owner=ALICE) for _ in range(3)]
    runs += waiting
    assert until(jobs, jobs.submit(SHORT, owner=ALICE), settled).state == "finished"
    assert [jobs.snapshot(run, ALICE).state for run in waiting] == ["paused"] * 3
    jobs.step(waiting[0], ALICE)
    until(jobs, waiting[0], with_epochs(1))
    assert epochs(until(jobs, waiting[0], in_state("paused"))) == [1]


@pytest.mark.parametrize("spec", [LONG, SLOW], ids=["quick epochs", "slow epochs"])
def test_a_stop_is_quick_and_the_scores_follow(jobs: Jobs, runs: list[str], spec: ExperimentSpec) -> None:
    run = jobs.submit(spec, owner=ALICE)
    runs.append(run)
    until(jobs, run, lambda snapshot: snapshot.started is not None)
    time.sleep(0.2)
    jobs.stop(run, ALICE)
    until(jobs, run, in_state("stopped"), seconds=1)
    jobs.stop(run, ALICE)  # once more does no harm
    scored = until(jobs, run, settled, seconds=5)
    assert scored.state == "stopped"
    assert len(scored.history) < spec.training.epochs, "it trains no more"
    assert scored.finished is not None
    assert scored.finished.reason == "user"
    assert scored.comparison is not None


def test_a_paused_run_can_be_stopped(jobs: Jobs, runs: list[str]) -> None:
    run = jobs.submit(LONG, owner=ALICE)
    runs.append(run)
    until(jobs, run, with_epochs(1))
    jobs.pause(run, ALICE)
    until(jobs, run, in_state("paused"))
    jobs.stop(run, ALICE)
    assert until(jobs, run, settled, seconds=2).state == "stopped"


def test_workers_that_train_leave_the_processor_to_the_pages(jobs: Jobs) -> None:
    workers = [psutil.Process(pid).nice() for pid in jobs.cluster.everywhere(os.getpid).result(5).values()]
    answering, *training = sorted(workers)
    assert answering == psutil.Process().nice()
    assert len(training) == 2
    assert min(training) > answering


def test_runs_go_on_side_by_side_and_the_rest_wait_in_order(jobs: Jobs, runs: list[str]) -> None:
    first, second, third, fourth = (jobs.submit(LONG, owner=ALICE) for _ in range(4))
    runs += [first, second, third, fourth]
    until(jobs, first, with_epochs(1))
    until(jobs, second, with_epochs(1))
    assert (jobs.snapshot(third, ALICE).state, jobs.snapshot(third, ALICE).place) == ("queued", 1)
    assert jobs.snapshot(fourth, ALICE).place == 2
    jobs.pause(third, ALICE)
    assert (jobs.snapshot(third, ALICE).state, jobs.snapshot(fourth, ALICE).place) == ("paused", 1)
    jobs.stop(first, ALICE)
    until(jobs, fourth, with_epochs(1))
    assert jobs.snapshot(third, ALICE).history == ()
    jobs.stop(third, ALICE)
    assert jobs.snapshot(third, ALICE).state == "stopped"


def test_a_run_that_fails_says_why(jobs: Jobs) -> None:
    frame = pd.DataFrame({"a": ["1", "2"] * 30, "kind": ["same"] * 60})
    spec = SHORT.with_(**{"data.params": {}, "data.source": "csv", "data.target": "kind"})
    failed = until(jobs, jobs.submit(spec, Table(frame, "one.csv"), owner=ALICE), settled)
    assert failed.state == "failed"
    assert failed.error is not None
    assert failed.error.what
    assert failed.error.remedy


def test_an_error_that_nobody_foresaw_is_told_in_words(jobs: Jobs) -> None:
    spec = SHORT.with_(**{"data.params": {}, "data.source": "csv", "data.target": "kind"})
    failed = until(jobs, jobs.submit(spec, Table(None, "none.csv"), owner=ALICE), settled)  # type: ignore[arg-type]
    assert failed.state == "failed"
    assert failed.error is not None
    assert "not foreseen" in failed.error.what


def test_rows_that_are_missing_are_asked_for(jobs: Jobs) -> None:
    spec = SHORT.with_(**{"data.params": {}, "data.source": "csv", "data.file_name": "mine.csv"})
    with pytest.raises(DataError, match=r"mine\.csv") as raised:
        jobs.submit(spec, owner=ALICE)
    assert raised.value.place == "data.source"
    assert raised.value.remedy


@pytest.mark.parametrize("ask", ["snapshot", "pause", "resume", "step", "stop", "forget"])
def test_an_unknown_run_is_an_error_with_a_remedy(jobs: Jobs, ask: str) -> None:
    with pytest.raises(JobError) as raised:
        getattr(jobs, ask)("0" * 32, ALICE)
    assert raised.value.remedy


def test_nothing_is_kept_of_a_forgotten_run(jobs: Jobs) -> None:
    run = jobs.submit(LONG, owner=ALICE)
    until(jobs, run, with_epochs(1))
    jobs.forget(run, ALICE)
    with pytest.raises(JobError):
        jobs.snapshot(run, ALICE)
    after = [jobs.submit(SHORT, owner=ALICE), jobs.submit(SHORT, owner=ALICE)]
    assert [until(jobs, run, settled).state for run in after] == ["finished"] * 2, "its worker is free"


def test_commands_to_a_run_that_has_ended_do_nothing(jobs: Jobs) -> None:
    run = jobs.submit(SHORT, owner=ALICE)
    before = until(jobs, run, saved)
    for command in (jobs.pause, jobs.resume, jobs.step, jobs.stop):
        command(run, ALICE)
    assert jobs.snapshot(run, ALICE) == before


def test_a_run_that_has_made_room_is_found_in_the_store(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qenn_core.jobs.dispatcher.MAX_ENDED", 1)
    first = jobs.submit(SHORT, owner=ALICE)
    before = until(jobs, first, saved)
    second = jobs.submit(SHORT, owner=ALICE)
    until(jobs, second, saved)
    until(jobs, jobs.submit(SHORT, owner=ALICE), saved)
    assert jobs._dispatcher.find(first) is None
    assert jobs.snapshot(first, ALICE) == before


def test_the_queue_has_an_end(jobs: Jobs, runs: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qenn_core.limits.MAX_WAITING", 2)
    runs += [jobs.submit(LONG, owner=ALICE, paused=True) for _ in range(2)]
    with pytest.raises(JobError, match="queue is full") as raised:
        jobs.submit(LONG, owner=BOB, paused=True)
    assert raised.value.remedy


def test_nobody_fills_the_queue(jobs: Jobs, runs: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qenn_core.limits.MAX_WAITING_PER_USER", 2)
    runs += [jobs.submit(LONG, owner=ALICE, paused=True) for _ in range(2)]
    with pytest.raises(JobError, match="2 of your trainings") as raised:
        jobs.submit(LONG, owner=ALICE, paused=True)
    assert raised.value.remedy
    other = jobs.submit(SHORT, owner=BOB)
    assert until(jobs, other, settled, owner=BOB).state == "finished"


def test_one_persons_runs_leave_workers_to_others(
    jobs: Jobs, runs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qenn_core.limits.MAX_RUNNING_PER_USER", 1)
    runs += [jobs.submit(LONG, owner=ALICE) for _ in range(3)]
    until(jobs, runs[0], with_epochs(1))
    assert [jobs.snapshot(run, ALICE).state for run in runs[1:]] == ["queued"] * 2
    other = jobs.submit(SHORT, owner=BOB)
    assert until(jobs, other, settled, owner=BOB).state == "finished"
    assert jobs.snapshot(runs[1], ALICE).history == ()


def test_nobodys_second_run_goes_before_anothers_first(jobs: Jobs, runs: list[str]) -> None:
    runs += [jobs.submit(LONG, owner=ALICE) for _ in range(6)]
    until(jobs, runs[0], with_epochs(1))
    late = jobs.submit(SHORT, owner=BOB)
    assert jobs.snapshot(late, BOB).place == 1
    assert jobs.snapshot(runs[2], ALICE).place == 2
    jobs.stop(runs[0], ALICE)
    assert until(jobs, late, settled, owner=BOB).state == "finished"


# Whose is what


@pytest.mark.parametrize("ask", ["snapshot", "pause", "resume", "step", "stop", "forget", "spec_of"])
def test_nobody_reaches_anothers_run(jobs: Jobs, ask: str) -> None:
    live, kept = jobs.submit(LONG, owner=ALICE), jobs.submit(SHORT, owner=ALICE)
    until(jobs, kept, saved)
    for run in (live, kept):
        with pytest.raises(JobError, match="not known"):
            getattr(jobs, ask)(run, BOB)
    assert {live, kept}.isdisjoint(row.id for row in jobs.listed(BOB))
    jobs.forget(live, ALICE)
    jobs.forget(kept, ALICE)


def test_a_feed_needs_its_own_key(jobs: Jobs) -> None:
    run, other = jobs.submit(SHORT, owner=ALICE), jobs.submit(SHORT, owner=BOB)
    assert jobs.feed(run, feed_key(ALICE, run)).run == run
    for key in ("", "x", "é", feed_key(BOB, run), feed_key(ALICE, other), ALICE):
        with pytest.raises(JobError, match="not known"):
            jobs.feed(run, key)
    until(jobs, run, saved)
    until(jobs, other, saved, owner=BOB)


# What is kept


def test_what_a_page_shows_of_an_ended_run_is_kept(jobs: Jobs) -> None:
    run = jobs.submit(SHORT, owner=ALICE)
    shown = until(jobs, run, saved)
    del jobs._dispatcher._runs[run]
    assert jobs.snapshot(run, ALICE) == shown
    assert jobs.spec_of(run, ALICE) == SHORT
    [listed] = [row for row in jobs.listed(ALICE) if row.id == run]
    assert shown.finished is not None
    assert (listed.state, listed.epochs) == ("finished", 4)
    assert listed.test_accuracy == shown.finished.test.accuracy
    assert listed.has_weights
    assert listed.versions["torch"]


def test_nothing_is_left_of_a_deleted_run(jobs: Jobs) -> None:
    live, kept = jobs.submit(LONG, owner=ALICE), jobs.submit(SHORT, owner=ALICE)
    until(jobs, kept, saved)
    until(jobs, live, with_epochs(1))
    for run in (live, kept):
        jobs.forget(run, ALICE)
    # Its last messages are on their way still.
    after = [jobs.submit(SHORT, owner=ALICE), jobs.submit(SHORT, owner=ALICE)]
    for run in after:
        until(jobs, run, saved)
    assert {live, kept}.isdisjoint(row.id for row in jobs.listed(ALICE))
    for run in (live, kept):
        with pytest.raises(JobError):
            jobs.snapshot(run, ALICE)


# Taken up again


def numbers(snapshot: RunSnapshot) -> object:
    """Return all that a run has found out, but not how long it took."""
    of_comparison = {"rows": {"__all__": {"seconds"}}}
    return (
        [epoch.model_dump(exclude={"seconds"}) for epoch in snapshot.history],
        snapshot.finished and snapshot.finished.model_dump(exclude={"seconds"}),
        snapshot.comparison and snapshot.comparison.model_dump(exclude=of_comparison),
        snapshot.decision_map,
    )


def test_a_stopped_run_goes_on_to_the_numbers_of_an_unbroken_one(jobs: Jobs) -> None:
    spec = SHORT.with_(**{"training.epochs": 60})
    unbroken = until(jobs, jobs.submit(spec, owner=ALICE), settled)
    run = stepped(jobs, spec, epochs=3)
    jobs.stop(run, ALICE)
    stopped = until(jobs, run, saved)
    assert stopped.resumable
    assert len(stopped.history) == 3
    del jobs._dispatcher._runs[run]
    jobs.resume(run, ALICE)
    assert not jobs.snapshot(run, ALICE).resumable
    whole = until(jobs, run, saved)
    assert whole.state == "finished"
    assert numbers(whole) == numbers(unbroken)
    assert [epoch["epoch"] for epoch in jobs.store.runs.epochs(ALICE, run)] == list(range(1, 61))


def test_a_finished_run_cannot_go_on(jobs: Jobs) -> None:
    run = jobs.submit(SHORT, owner=ALICE)
    before = until(jobs, run, saved)
    assert not before.resumable
    jobs.resume(run, ALICE)
    assert jobs.snapshot(run, ALICE) == before


def test_a_run_paused_for_long_leaves_its_worker_to_others(jobs: Jobs) -> None:
    spec = SHORT.with_(**{"training.epochs": 40})
    unbroken = until(jobs, jobs.submit(spec, owner=ALICE), settled)
    paused = [stepped(jobs, spec, epochs=2), stepped(jobs, spec, epochs=2)]
    other = jobs.submit(SHORT, owner=BOB)
    assert until(jobs, other, settled, owner=BOB, seconds=10).state == "finished"
    first, second = paused
    rested = jobs.snapshot(first, ALICE)
    assert rested.state == "paused"
    jobs.step(first, ALICE)
    until(jobs, first, with_epochs(len(rested.history) + 1))
    until(jobs, first, in_state("paused"))
    jobs.stop(second, ALICE)
    assert until(jobs, second, settled).finished is not None, "it is scored although no worker had it"
    jobs.resume(first, ALICE)
    assert numbers(until(jobs, first, settled)) == numbers(unbroken)


def test_an_upload_that_is_kept_is_read_again(jobs: Jobs) -> None:
    content = "width,kind\n" + "".join(f"{n % 7},{'left' if n % 7 < 3 else 'right'}\n" for n in range(80))
    fingerprint = jobs.store.uploads.save(ALICE, "things.csv", content.encode())
    spec = SHORT.with_(
        **{
            "data.params": {},
            "data.source": "csv",
            "data.file_name": "things.csv",
            "data.fingerprint": fingerprint,
        }
        | {"data.target": "kind", "training.epochs": 60}
    )
    table = jobs.table_of(ALICE, spec.data)
    assert table is not None
    assert len(table.frame) == 80
    assert jobs.table_of(BOB, spec.data) is None
    run = stepped(jobs, spec, 1, table)
    jobs.stop(run, ALICE)
    until(jobs, run, saved)
    jobs.resume(run, ALICE)
    assert until(jobs, run, settled).state == "finished"
    again = stepped(jobs, spec, 1, table)
    jobs.stop(again, ALICE)
    until(jobs, again, saved)
    jobs.store.uploads.delete(ALICE, fingerprint)
    with pytest.raises(DataError, match=r"things\.csv"):
        jobs.resume(again, ALICE)
    assert jobs.snapshot(again, ALICE).state == "stopped"
