"""What survives when processes, the database or the clock fail."""

from __future__ import annotations

import gc
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import psutil
import pytest
from jobs.specs import LONG, SHORT
from jobs.test_runs import numbers
from jobs.waiting import ALICE, BOB, saved, settled, soon, until, with_epochs
from serving import START_SECONDS

from qenn_core.errors import QennError
from qenn_core.jobs.cluster.local import CAN_FORK, LocalBackend
from qenn_core.jobs.commands import RunLimits
from qenn_core.jobs.events import EventBatch, RunEnding
from qenn_core.jobs.job_service import JobService
from qenn_core.jobs.requests import Request
from qenn_core.jobs.snapshot import RunSnapshot
from qenn_core.store.store import Store

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[2]
# Long enough to be interrupted in the middle, short enough to wait for.
MEDIUM = SHORT.with_(**{"training.epochs": 120, "data.params": {"n_samples": 100}})


on_linux = pytest.mark.skipif(not CAN_FORK, reason="workers are forked on Linux only")


def worker_of(service: JobService, run: str) -> psutil.Process:
    live = service._dispatcher.find(run)
    assert live is not None
    pids = service.pool.broadcast(os.getpid).result(5)
    return psutil.Process(pids[live.worker])


@pytest.fixture(scope="module")
def uninterrupted(service: JobService) -> RunSnapshot:
    """A run without interruption."""
    return until(service, service.submit(MEDIUM, owner=ALICE), settled, seconds=150)


def test_killed_worker_interrupts_only_its_run(service: JobService, uninterrupted: RunSnapshot) -> None:
    other = service.submit(LONG, owner=ALICE)
    until(service, other, with_epochs(1))
    victim = service.submit(MEDIUM, owner=ALICE)
    until(service, victim, lambda _: service.store.runs.checkpoint(ALICE, victim) is not None)
    worker_of(service, victim).kill()
    interrupted = until(service, victim, settled, seconds=5)
    assert interrupted.state == "interrupted"
    assert interrupted.error is not None
    assert "process" in interrupted.error.why
    assert interrupted.history, "its epochs so far are kept"
    assert interrupted.resumable

    done = len(service.snapshot(other, ALICE).history)
    until(service, other, with_epochs(done + 2))
    service.stop(other, ALICE)
    until(service, other, settled)

    service.resume(victim, ALICE)
    assert numbers(until(service, victim, saved, seconds=150)) == numbers(uninterrupted)
    again = [service.submit(SHORT, owner=ALICE), service.submit(SHORT, owner=ALICE)]
    assert [until(service, run, settled, seconds=150).state for run in again] == ["finished"] * 2, (
        "the worker is replaced"
    )


def test_suspended_worker_is_reported_until_it_answers(service: JobService) -> None:
    run = service.submit(LONG, owner=ALICE)
    assert not until(service, run, with_epochs(1)).trouble
    worker = worker_of(service, run)
    worker.suspend()
    try:
        silent = until(service, run, lambda snapshot: bool(snapshot.trouble), seconds=20)
        assert silent.state == "running"
        assert "has not answered" in silent.trouble
        assert "Resume" in silent.trouble
        others = [service.submit(SHORT, owner=BOB) for _ in range(2)]
        for other in others:
            assert until(service, other, settled, owner=BOB, seconds=150).state == "finished"
    finally:
        worker.resume()
    done = len(until(service, run, lambda snapshot: not snapshot.trouble, seconds=20).history)
    assert not until(service, run, with_epochs(done + 2)).trouble
    service.stop(run, ALICE)
    until(service, run, settled)


@on_linux
def test_training_workers_share_their_imports(service: JobService) -> None:
    service.wait_until_ready(START_SECONDS)
    shared = service.pool.broadcast(gc.get_freeze_count).result(5).values()
    assert [count > 100_000 for count in sorted(shared)] == [False, True, True]


@on_linux
@pytest.mark.parametrize("generation", [0, 1], ids=["forkserver", "nanny"])
def test_workers_are_replaced_when_their_forkserver_or_nanny_is_killed(
    service: JobService, generation: int
) -> None:
    service.wait_until_ready(START_SECONDS)
    lost = service.submit(LONG, owner=ALICE)
    until(service, lost, with_epochs(1))
    worker = worker_of(service, lost)
    worker.parents()[generation].kill()
    assert until(service, lost, settled).state == "interrupted"
    assert soon(lambda: not worker.is_running()), "the orphaned worker ends"
    assert service.call(Request(len, 5), "here") == 4, "requests are answered meanwhile"
    assert until(service, service.submit(SHORT, owner=ALICE), settled, seconds=150).state == "finished"


def test_run_that_waits_at_a_killed_worker_waits_again(service: JobService) -> None:
    service.wait_until_ready(START_SECONDS)
    running = [service.submit(LONG, owner=ALICE), service.submit(LONG, owner=BOB)]
    for run, owner in zip(running, (ALICE, BOB), strict=True):
        until(service, run, with_epochs(1), owner=owner)
    victim = service._dispatcher.find(running[0])
    assert victim is not None
    killed = worker_of(service, victim.id)
    # As if it had announced its end.
    ending = EventBatch(run=victim.id, events=(RunEnding(),)).to_message()
    service.pool._loop.call_soon_threadsafe(service._dispatcher._receive, ending)
    next_run = service.submit(SHORT, owner=ALICE)
    waiting = service._dispatcher.find(next_run)
    assert waiting is not None
    assert soon(lambda: waiting.assigned)
    time.sleep(0.3)
    killed.kill()
    assert until(service, victim.id, settled, seconds=5).state == "interrupted"
    assert until(service, next_run, settled).state == "finished"
    service.stop(running[1], BOB)
    until(service, running[1], settled, owner=BOB)


SERVER = """
import sys, time
from qenn_core.jobs.commands import RunLimits
from qenn_core.jobs.job_service import JobService
from qenn_core.experiment import ExperimentSpec
if __name__ == "__main__":
    service = JobService(run_limits=RunLimits(checkpoint_seconds=0.1))
    owner, spec = sys.argv[1], ExperimentSpec.from_json(sys.argv[2])
    runs = [service.submit(spec, owner=owner) for _ in range(3)]
    while service.store.runs.checkpoint(owner, runs[0]) is None:
        time.sleep(0.01)
    print(*runs, flush=True)
    time.sleep(600)
"""


def test_history_survives_a_killed_server(uninterrupted: RunSnapshot, tmp_path: Path) -> None:
    environment = os.environ | {"QENN_HOME": str(tmp_path), "QENN_WORKERS": "1"}
    command = [sys.executable, "-c", SERVER, ALICE, MEDIUM.to_json()]
    with subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        first, *others = server.stdout.readline().split()
        os.kill(server.pid, signal.SIGKILL)
    again = JobService(LocalBackend(1), Store(tmp_path))
    try:
        interrupted = again.snapshot(first, ALICE)
        assert interrupted.state == "interrupted"
        assert interrupted.resumable
        assert interrupted.history
        assert [row.id for row in again.list_runs(ALICE)] == [*reversed(others), first]
        assert {row.state for row in again.list_runs(ALICE)} == {"interrupted"}
        again.resume(first, ALICE)
        assert numbers(until(again, first, saved, seconds=150)) == numbers(uninterrupted)
        # A run that had not started starts.
        again.resume(others[1], ALICE)
        until(again, others[1], with_epochs(3), seconds=150)
    finally:
        again.close()
    store = Store(tmp_path)
    kept = store.runs.get(ALICE, others[1])
    store.close()
    assert kept is not None
    assert (kept.state, kept.epochs >= 3) == ("interrupted", True), "the server records it when it stops"
    assert kept.error is not None
    assert "server" in kept.error


@pytest.mark.parametrize("seconds", [0, 1.5])
def test_server_closes_soon_after_its_processes_were_ended(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, seconds: float
) -> None:
    others = set(psutil.Process().children(recursive=True))
    service = JobService(LocalBackend(1), Store(tmp_path))
    try:
        run = service.submit(LONG, owner=ALICE)
        until(service, run, with_epochs(1), seconds=START_SECONDS)
        for process in set(psutil.Process().children(recursive=True)) - others:
            with suppress(psutil.NoSuchProcess):
                process.terminate()
        # Until then, the server may find that they have ended, and start them again.
        time.sleep(seconds)
        caplog.set_level("INFO", logger="qenn_core")
        caplog.clear()
        start = time.monotonic()
    finally:
        service.close()
    assert time.monotonic() - start < 10
    assert "run queued" not in caplog.text
    with closing(Store(tmp_path)) as store:
        kept = store.runs.get(ALICE, run)
    assert kept is not None
    assert kept.state == "interrupted"


def test_locked_database_delays_only_saving(service: JobService) -> None:
    [database] = service.store.home.glob("*.db")
    with closing(sqlite3.connect(database, isolation_level=None)) as other_program:
        other_program.execute("BEGIN EXCLUSIVE")
        run = service.submit(SHORT.with_(**{"training.epochs": 20}), owner=ALICE)
        finished = until(service, run, settled)
        assert finished.state == "finished"
        assert not finished.saved
        troubled = until(service, run, lambda snapshot: snapshot.trouble != "", seconds=15)
        assert "locked" in troubled.trouble
        other_program.execute("ROLLBACK")
    kept = until(service, run, saved, seconds=15)
    assert kept.trouble == ""
    del service._dispatcher._runs[run]
    assert numbers(service.snapshot(run, ALICE)) == numbers(finished)


def test_damaged_checkpoint_is_refused(service: JobService) -> None:
    run = service.submit(MEDIUM, owner=ALICE)
    until(service, run, with_epochs(3))
    service.stop(run, ALICE)
    until(service, run, saved)
    del service._dispatcher._runs[run]
    [database] = service.store.home.glob("*.db")
    with closing(sqlite3.connect(database)) as other_program, other_program:
        other_program.execute(
            "UPDATE artifacts SET packed = zeroblob(length(packed)) "
            "WHERE kind = 'checkpoint' AND run = (SELECT number FROM runs WHERE id = ?)",
            (run,),
        )
    with pytest.raises(QennError) as raised:
        service.resume(run, ALICE)
    assert raised.value.remedy
    assert service.snapshot(run, ALICE).state == "stopped", "nothing else is lost"


def test_run_over_its_time_limit_is_stopped_and_scored(
    service: JobService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service._dispatcher, "_run_limits", RunLimits(seconds=1.5))
    run = service.submit(LONG, owner=ALICE)
    ended = until(service, run, settled)
    assert ended.state == "stopped", ended.error
    assert ended.report.finished is not None
    assert ended.report.finished.reason == "time"
    assert ended.report.comparison is not None
    # Resuming gives it as much time again.
    service.resume(run, ALICE)
    assert len(until(service, run, settled).history) > len(ended.history) > 0


def set_clock(years: float) -> None:
    """Shift the wall clock of this process."""
    time.time = lambda: time.clock_gettime(time.CLOCK_REALTIME) + years * 365 * 86400


@pytest.fixture
def clock(service: JobService, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[float], None]]:
    """Return a function that shifts the wall clocks of all processes."""
    monkeypatch.setattr(time, "time", time.time)  # restored at the end

    def shift_everywhere(years: float) -> None:
        set_clock(years)
        service.pool.broadcast(set_clock, years).result(5)

    yield shift_everywhere
    shift_everywhere(0)


def test_jumping_clock_changes_nothing(service: JobService, clock: Callable[[float], None]) -> None:
    run = service.submit(LONG, owner=ALICE)
    until(service, run, with_epochs(2))
    clock(-10)
    until(service, run, with_epochs(len(service.snapshot(run, ALICE).history) + 20))
    later = service.submit(SHORT, owner=ALICE)
    until(service, later, saved)
    clock(+10)
    until(service, run, with_epochs(len(service.snapshot(run, ALICE).history) + 20))
    service.stop(run, ALICE)
    until(service, run, saved)
    last = service.submit(SHORT, owner=ALICE)
    until(service, last, saved)
    listed = [row.id for row in service.list_runs(ALICE)]
    assert listed.index(last) < listed.index(later) < listed.index(run), "the newest first"


def test_run_with_unreadable_events_fails_and_frees_its_worker(service: JobService) -> None:
    run = service.submit(LONG, owner=ALICE)
    until(service, run, with_epochs(1))
    message = [run, [{"kind": "of another version"}]]
    service.pool._loop.call_soon_threadsafe(service._dispatcher._receive, message)
    failed = until(service, run, settled)
    assert failed.state == "failed"
    assert failed.error is not None
    assert "version" in failed.error.why
    again = [service.submit(SHORT, owner=ALICE), service.submit(SHORT, owner=ALICE)]
    assert [until(service, run, settled).state for run in again] == ["finished"] * 2
