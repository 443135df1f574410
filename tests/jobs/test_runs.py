"""Runs in real worker processes."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pandas as pd
import psutil
import pytest
from jobs.specs import LONG, SHORT
from jobs.waiting import ALICE, BOB, in_state, saved, settled, step_to, until, with_epochs

from qenn_core.data.builtin import load_builtin
from qenn_core.data.preparation import prepare
from qenn_core.data.table import Table
from qenn_core.errors import DataError, JobError
from qenn_core.experiment import ExperimentSpec
from qenn_core.jobs.job_service import JobService
from qenn_core.jobs.snapshot import RunSnapshot
from qenn_core.training.loop import train
from qenn_core.training.records import Epoch, Finished, Started
from qenn_core.workspace import feed_key

# One epoch takes longer than anybody waits for a stop.
SLOW = ExperimentSpec().with_(
    **{
        "data.params": {"n_samples": 400},
        "circuit.n_qubits": 7,
        "circuit.n_layers": 6,
        "training.batch_size": 1,
    }
)


@pytest.fixture
def runs(service: JobService) -> Iterator[list[str]]:
    """Collect the ids of runs that have to end after the test."""
    started: list[str] = []
    yield started
    for run in started:
        service.stop(run, ALICE)
    for run in started:
        until(service, run, settled)


def epochs(snapshot: RunSnapshot) -> list[int]:
    return [epoch.epoch for epoch in snapshot.history]


def test_finished_run_has_all_that_a_page_shows(service: JobService) -> None:
    spec = ExperimentSpec().with_(**{"training.epochs": 6})
    snapshot = until(service, service.submit(spec, owner=ALICE), settled)
    assert snapshot.error is None
    assert snapshot.state == "finished"
    assert epochs(snapshot) == [1, 2, 3, 4, 5, 6]
    assert snapshot.report.started is not None
    assert snapshot.report.finished is not None
    assert snapshot.report.finished.reason == "epochs"
    assert snapshot.report.comparison is not None
    assert [row.kind for row in snapshot.report.comparison.rows][:2] == ["quantum", "classical"]
    assert snapshot.report.baselines == snapshot.report.comparison.rows[1:]
    assert snapshot.report.reference_accuracy == snapshot.report.baselines[0].validation.accuracy
    assert len(snapshot.report.class_names) == 2
    assert snapshot.report.notes
    assert snapshot.report.map_points
    assert snapshot.report.decision_map is not None
    assert len(snapshot.report.decision_map.x) == 40


def test_worker_gives_the_numbers_of_the_training_itself(service: JobService) -> None:
    snapshot = until(service, service.submit(SHORT, owner=ALICE), settled)
    records = list(train(SHORT, prepare(SHORT, load_builtin(SHORT.data))))
    timeless = {"seconds"}

    def numbers(record: Started | Epoch | Finished | None) -> object:
        return record and record.model_dump(exclude=timeless)

    records_of_run = [snapshot.report.started, *snapshot.history, snapshot.report.finished]
    assert [numbers(record) for record in records_of_run] == [numbers(record) for record in records]


def test_trains_on_an_uploaded_table(service: JobService) -> None:
    frame = pd.DataFrame(
        {
            "width": [str(number % 7) for number in range(60)],
            "colour": ["red" if number % 2 else "blue" for number in range(60)],
            "kind": ["left" if number % 7 < 3 else "right" for number in range(60)],
        }
    )
    spec = SHORT.with_(**{"data.params": {}, "data.source": "csv", "data.target": "kind"})
    snapshot = until(service, service.submit(spec, Table(frame, "things.csv"), owner=ALICE), settled)
    assert snapshot.error is None
    assert set(snapshot.report.class_names) == {"left", "right"}


def test_large_table_reaches_the_worker(service: JobService) -> None:
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
    run = service.submit(spec, Table(frame, "large.csv"), owner=ALICE)
    until(service, run, lambda snapshot: snapshot.report.started is not None or snapshot.settled)
    service.stop(run, ALICE)
    assert until(service, run, settled).report.started is not None


def test_events_arrive_in_order(service: JobService) -> None:
    run = service.submit(LONG, owner=ALICE)
    until(service, run, with_epochs(1))
    for _ in range(3):
        # The loop that sends events is blocked while the run produces more.
        service.pool.broadcast(time.sleep, 0.45).result()
    assert epochs(until(service, run, settled)) == list(range(1, LONG.training.epochs + 1))


def test_pause_step_and_resume(service: JobService, runs: list[str]) -> None:
    run = service.submit(LONG, owner=ALICE)
    runs.append(run)
    until(service, run, with_epochs(2))
    service.pause(run, ALICE)
    paused = until(service, run, in_state("paused"))
    time.sleep(0.2)
    assert service.snapshot(run, ALICE).history == paused.history, "a paused run does not train"
    version = paused.report.map_version
    service.step(run, ALICE)
    stepped = until(service, run, lambda snapshot: len(snapshot.history) > len(paused.history))
    stepped = until(service, run, in_state("paused"))
    assert len(stepped.history) == len(paused.history) + 1
    assert stepped.report.map_version > version, "the map shows the step"
    service.resume(run, ALICE)
    going = until(service, run, with_epochs(len(stepped.history) + 2))
    assert epochs(going) == list(range(1, len(going.history) + 1))


def test_run_that_starts_paused_needs_no_worker(service: JobService, runs: list[str]) -> None:
    waiting = [service.submit(LONG, paused=True, owner=ALICE) for _ in range(3)]
    runs += waiting
    assert until(service, service.submit(SHORT, owner=ALICE), settled).state == "finished"
    assert [service.snapshot(run, ALICE).state for run in waiting] == ["paused"] * 3
    service.step(waiting[0], ALICE)
    until(service, waiting[0], with_epochs(1))
    assert epochs(until(service, waiting[0], in_state("paused"))) == [1]


@pytest.mark.parametrize("spec", [LONG, SLOW], ids=["quick epochs", "slow epochs"])
def test_stop_is_quick_and_scores_follow(service: JobService, runs: list[str], spec: ExperimentSpec) -> None:
    run = service.submit(spec, owner=ALICE)
    runs.append(run)
    until(
        service, run, with_epochs(1) if spec is LONG else lambda snapshot: snapshot.report.started is not None
    )
    time.sleep(0.2)
    service.stop(run, ALICE)
    until(service, run, in_state("stopped"), seconds=1)
    service.stop(run, ALICE)  # a second stop does nothing
    scored = until(service, run, settled, seconds=5)
    assert scored.state == "stopped"
    assert len(scored.history) < spec.training.epochs, "training has ended"
    finished = scored.report.finished
    assert (finished.reason if finished else None) == ("user" if scored.history else None)
    assert bool(scored.report.comparison) == bool(scored.history), "an untrained network has no scores"


def test_paused_run_can_be_stopped(service: JobService, runs: list[str]) -> None:
    run = service.submit(LONG, owner=ALICE)
    runs.append(run)
    until(service, run, with_epochs(1))
    service.pause(run, ALICE)
    until(service, run, in_state("paused"))
    service.stop(run, ALICE)
    assert until(service, run, settled, seconds=2).state == "stopped"


def test_training_workers_have_a_lower_priority(service: JobService) -> None:
    workers = [psutil.Process(pid).nice() for pid in service.pool.broadcast(os.getpid).result(5).values()]
    answering, *training = sorted(workers)
    assert answering == psutil.Process().nice()
    assert len(training) == 2
    assert min(training) > answering


def test_runs_train_in_parallel_and_the_rest_wait_in_order(service: JobService, runs: list[str]) -> None:
    first, second, third, fourth = (service.submit(LONG, owner=ALICE) for _ in range(4))
    runs += [first, second, third, fourth]
    until(service, first, with_epochs(1))
    until(service, second, with_epochs(1))
    assert (service.snapshot(third, ALICE).state, service.snapshot(third, ALICE).queue_position) == (
        "queued",
        1,
    )
    assert service.snapshot(fourth, ALICE).queue_position == 2
    service.pause(third, ALICE)
    assert (service.snapshot(third, ALICE).state, service.snapshot(fourth, ALICE).queue_position) == (
        "paused",
        1,
    )
    service.stop(first, ALICE)
    until(service, fourth, with_epochs(1))
    assert service.snapshot(third, ALICE).history == ()
    service.stop(third, ALICE)
    assert service.snapshot(third, ALICE).state == "stopped"


def test_failed_run_says_why(service: JobService) -> None:
    frame = pd.DataFrame({"a": ["1", "2"] * 30, "kind": ["same"] * 60})
    spec = SHORT.with_(**{"data.params": {}, "data.source": "csv", "data.target": "kind"})
    failed = until(service, service.submit(spec, Table(frame, "one.csv"), owner=ALICE), settled)
    assert failed.state == "failed"
    assert failed.error is not None
    assert failed.error.what
    assert failed.error.remedy


def test_unexpected_error_becomes_a_message(service: JobService) -> None:
    spec = SHORT.with_(**{"data.params": {}, "data.source": "csv", "data.target": "kind"})
    failed = until(service, service.submit(spec, Table(None, "none.csv"), owner=ALICE), settled)  # type: ignore[arg-type]
    assert failed.state == "failed"
    assert failed.error is not None
    assert "unexpected" in failed.error.what


def test_missing_rows_are_refused(service: JobService) -> None:
    spec = SHORT.with_(**{"data.params": {}, "data.source": "csv", "data.file_name": "mine.csv"})
    with pytest.raises(DataError, match=r"mine\.csv") as raised:
        service.submit(spec, owner=ALICE)
    assert raised.value.place == "data.source"
    assert raised.value.remedy


@pytest.mark.parametrize("method", ["snapshot", "pause", "resume", "step", "stop", "delete"])
def test_unknown_run_is_an_error_with_a_remedy(service: JobService, method: str) -> None:
    with pytest.raises(JobError) as raised:
        getattr(service, method)("0" * 32, ALICE)
    assert raised.value.remedy


def test_deleted_run_frees_its_worker(service: JobService) -> None:
    run = service.submit(LONG, owner=ALICE)
    until(service, run, with_epochs(1))
    service.delete(run, ALICE)
    with pytest.raises(JobError):
        service.snapshot(run, ALICE)
    after = [service.submit(SHORT, owner=ALICE), service.submit(SHORT, owner=ALICE)]
    assert [until(service, run, settled).state for run in after] == ["finished"] * 2, "its worker is free"


def test_commands_to_an_ended_run_do_nothing(service: JobService) -> None:
    run = service.submit(SHORT, owner=ALICE)
    before = until(service, run, saved)
    for command in (service.pause, service.resume, service.step, service.stop):
        command(run, ALICE)
    assert service.snapshot(run, ALICE) == before


def test_evicted_run_is_found_in_the_store(service: JobService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qenn_core.jobs.dispatcher.MAX_ENDED", 1)
    first = service.submit(SHORT, owner=ALICE)
    before = until(service, first, saved)
    second = service.submit(SHORT, owner=ALICE)
    until(service, second, saved)
    until(service, service.submit(SHORT, owner=ALICE), saved)
    assert service._dispatcher.find(first) is None
    assert service.snapshot(first, ALICE) == before


def test_queue_is_limited(service: JobService, runs: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qenn_core.limits.MAX_WAITING", 2)
    runs += [service.submit(LONG, owner=ALICE, paused=True) for _ in range(2)]
    with pytest.raises(JobError, match="queue is full") as raised:
        service.submit(LONG, owner=BOB, paused=True)
    assert raised.value.remedy


def test_queue_is_limited_per_user(
    service: JobService, runs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qenn_core.limits.MAX_WAITING_PER_USER", 2)
    runs += [service.submit(LONG, owner=ALICE, paused=True) for _ in range(2)]
    with pytest.raises(JobError, match="already have 2 runs") as raised:
        service.submit(LONG, owner=ALICE, paused=True)
    assert raised.value.remedy
    other = service.submit(SHORT, owner=BOB)
    assert until(service, other, settled, owner=BOB).state == "finished"


def test_running_runs_are_limited_per_user(
    service: JobService, runs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qenn_core.limits.MAX_RUNNING_PER_USER", 1)
    runs += [service.submit(LONG, owner=ALICE) for _ in range(3)]
    until(service, runs[0], with_epochs(1))
    assert [service.snapshot(run, ALICE).state for run in runs[1:]] == ["queued"] * 2
    other = service.submit(SHORT, owner=BOB)
    assert until(service, other, settled, owner=BOB).state == "finished"
    assert service.snapshot(runs[1], ALICE).history == ()


def test_first_run_of_a_user_starts_before_the_second_of_another(
    service: JobService, runs: list[str]
) -> None:
    runs += [service.submit(LONG, owner=ALICE) for _ in range(6)]
    until(service, runs[0], with_epochs(1))
    late = service.submit(SHORT, owner=BOB)
    assert service.snapshot(late, BOB).queue_position == 1
    assert service.snapshot(runs[2], ALICE).queue_position == 2
    service.stop(runs[0], ALICE)
    assert until(service, late, settled, owner=BOB).state == "finished"


# Ownership


@pytest.mark.parametrize("method", ["snapshot", "pause", "resume", "step", "stop", "delete", "spec_of"])
def test_runs_of_others_are_unknown(service: JobService, method: str) -> None:
    live, kept = service.submit(LONG, owner=ALICE), service.submit(SHORT, owner=ALICE)
    until(service, kept, saved)
    for run in (live, kept):
        with pytest.raises(JobError, match="not known"):
            getattr(service, method)(run, BOB)
    assert {live, kept}.isdisjoint(row.id for row in service.list_runs(BOB))
    service.delete(live, ALICE)
    service.delete(kept, ALICE)


def test_feed_needs_its_own_key(service: JobService) -> None:
    run, other = service.submit(SHORT, owner=ALICE), service.submit(SHORT, owner=BOB)
    assert service.feed(run, feed_key(ALICE, run)).run == run
    for key in ("", "x", "é", feed_key(BOB, run), feed_key(ALICE, other), ALICE):
        with pytest.raises(JobError, match="not known"):
            service.feed(run, key)
    until(service, run, saved)
    until(service, other, saved, owner=BOB)


# Storage


def test_ended_run_is_restored_from_the_store(service: JobService) -> None:
    run = service.submit(SHORT, owner=ALICE)
    shown = until(service, run, saved)
    del service._dispatcher._runs[run]
    assert service.snapshot(run, ALICE) == shown
    assert service.spec_of(run, ALICE) == SHORT
    [listed] = [row for row in service.list_runs(ALICE) if row.id == run]
    assert shown.report.finished is not None
    assert (listed.state, listed.epochs) == ("finished", 4)
    assert listed.test_accuracy == shown.report.finished.test.accuracy
    assert listed.has_model
    assert listed.versions["torch"]


def test_nothing_is_left_of_a_deleted_run(service: JobService) -> None:
    live, kept = service.submit(LONG, owner=ALICE), service.submit(SHORT, owner=ALICE)
    until(service, kept, saved)
    until(service, live, with_epochs(1))
    for run in (live, kept):
        service.delete(run, ALICE)
    # Its last events may still be on their way.
    after = [service.submit(SHORT, owner=ALICE), service.submit(SHORT, owner=ALICE)]
    for run in after:
        until(service, run, saved)
    assert {live, kept}.isdisjoint(row.id for row in service.list_runs(ALICE))
    for run in (live, kept):
        with pytest.raises(JobError):
            service.snapshot(run, ALICE)


# Resuming


def numbers(snapshot: RunSnapshot) -> object:
    """Return all results of a run but its times."""
    of_comparison = {"rows": {"__all__": {"seconds"}}}
    return (
        [epoch.model_dump(exclude={"seconds"}) for epoch in snapshot.history],
        snapshot.report.finished and snapshot.report.finished.model_dump(exclude={"seconds"}),
        snapshot.report.comparison and snapshot.report.comparison.model_dump(exclude=of_comparison),
        snapshot.report.decision_map,
    )


def test_resumed_run_gives_the_numbers_of_an_uninterrupted_one(service: JobService) -> None:
    spec = SHORT.with_(**{"training.epochs": 60})
    uninterrupted = until(service, service.submit(spec, owner=ALICE), settled)
    run = step_to(service, spec, epochs=3)
    service.stop(run, ALICE)
    stopped = until(service, run, saved)
    assert stopped.resumable
    assert len(stopped.history) == 3
    del service._dispatcher._runs[run]
    service.resume(run, ALICE)
    assert not service.snapshot(run, ALICE).resumable
    whole = until(service, run, saved)
    assert whole.state == "finished"
    assert numbers(whole) == numbers(uninterrupted)
    assert [epoch["epoch"] for epoch in service.store.runs.epochs(ALICE, run)] == list(range(1, 61))


def test_finished_run_cannot_be_resumed(service: JobService) -> None:
    run = service.submit(SHORT, owner=ALICE)
    before = until(service, run, saved)
    assert not before.resumable
    service.resume(run, ALICE)
    assert service.snapshot(run, ALICE) == before


def test_long_pause_releases_the_worker(service: JobService) -> None:
    spec = SHORT.with_(**{"training.epochs": 40})
    uninterrupted = until(service, service.submit(spec, owner=ALICE), settled)
    paused = [step_to(service, spec, epochs=2), step_to(service, spec, epochs=2)]
    other = service.submit(SHORT, owner=BOB)
    assert until(service, other, settled, owner=BOB, seconds=10).state == "finished"
    first, second = paused
    rested = service.snapshot(first, ALICE)
    assert rested.state == "paused"
    service.step(first, ALICE)
    until(service, first, with_epochs(len(rested.history) + 1))
    until(service, first, in_state("paused"))
    service.stop(second, ALICE)
    assert until(service, second, settled).report.finished is not None, (
        "it is scored although no worker has it"
    )
    service.resume(first, ALICE)
    assert numbers(until(service, first, settled)) == numbers(uninterrupted)


def test_resume_reads_a_stored_upload_again(service: JobService) -> None:
    content = "width,kind\n" + "".join(f"{n % 7},{'left' if n % 7 < 3 else 'right'}\n" for n in range(80))
    fingerprint = service.store.uploads.save(ALICE, "things.csv", content.encode())
    spec = SHORT.with_(
        **{
            "data.params": {},
            "data.source": "csv",
            "data.file_name": "things.csv",
            "data.fingerprint": fingerprint,
        }
        | {"data.target": "kind", "training.epochs": 60}
    )
    table = service.read_upload(ALICE, spec.data)
    assert table is not None
    assert len(table.frame) == 80
    assert service.read_upload(BOB, spec.data) is None
    run = step_to(service, spec, 1, table)
    service.stop(run, ALICE)
    until(service, run, saved)
    service.resume(run, ALICE)
    assert until(service, run, settled).state == "finished"
    again = step_to(service, spec, 1, table)
    service.stop(again, ALICE)
    until(service, again, saved)
    service.store.uploads.delete(ALICE, fingerprint)
    with pytest.raises(DataError, match=r"things\.csv"):
        service.resume(again, ALICE)
    assert service.snapshot(again, ALICE).state == "stopped"
