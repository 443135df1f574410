"""What must not be lost, whatever breaks."""

from __future__ import annotations

import gc
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from jobs.specs import LONG, SHORT
from jobs.test_runs import numbers
from jobs.waiting import ALICE, BOB, saved, settled, soon, until, with_epochs

from qenn_core.errors import QennError
from qenn_core.jobs.allowance import Allowance
from qenn_core.jobs.embedded import FORKS, ThisMachine
from qenn_core.jobs.messages import ENDING
from qenn_core.jobs.runs import Jobs
from qenn_core.jobs.snapshot import RunSnapshot
from qenn_core.store.store import Store

PROJECT = Path(__file__).parents[2]
# Long enough to be caught in the middle, short enough to be waited for.
STEADY = SHORT.with_(**{"training.epochs": 500, "data.params": {"n_samples": 100}})


on_linux = pytest.mark.skipif(not FORKS, reason="other systems start each worker anew")


def worker_of(jobs: Jobs, run: str) -> psutil.Process:
    live = jobs._dispatcher.find(run)
    assert live is not None
    pids = jobs.cluster.everywhere(os.getpid).result(5)
    return psutil.Process(pids[live.worker])


@pytest.fixture(scope="module")
def unbroken(jobs: Jobs) -> RunSnapshot:
    """A run that nothing happened to."""
    return until(jobs, jobs.submit(STEADY, owner=ALICE), settled, seconds=60)


def test_a_killed_worker_interrupts_its_run_and_no_other(jobs: Jobs, unbroken: RunSnapshot) -> None:
    victim, other = jobs.submit(STEADY, owner=ALICE), jobs.submit(LONG, owner=ALICE)
    until(
        jobs,
        victim,
        lambda _: jobs.store.runs.checkpoint(ALICE, victim) is not None,
    )
    until(jobs, other, with_epochs(1))
    worker_of(jobs, victim).kill()
    interrupted = until(jobs, victim, settled, seconds=5)
    assert interrupted.state == "interrupted"
    assert interrupted.error is not None
    assert "process" in interrupted.error.why
    assert interrupted.history, "what it had told is kept"
    assert interrupted.resumable

    done = len(jobs.snapshot(other, ALICE).history)
    until(jobs, other, with_epochs(done + 2))
    jobs.stop(other, ALICE)
    until(jobs, other, settled)

    jobs.resume(victim, ALICE)
    assert numbers(until(jobs, victim, saved, seconds=60)) == numbers(unbroken)
    again = [jobs.submit(SHORT, owner=ALICE), jobs.submit(SHORT, owner=ALICE)]
    assert [until(jobs, run, settled, seconds=60).state for run in again] == ["finished"] * 2, (
        "it is replaced"
    )


@on_linux
def test_workers_that_train_share_what_they_import(jobs: Jobs) -> None:
    jobs.wait_until_warm(60)
    shared = jobs.cluster.everywhere(gc.get_freeze_count).result(5).values()
    assert [count > 100_000 for count in sorted(shared)] == [False, True, True]


@on_linux
@pytest.mark.parametrize("generation", [0, 1], ids=["forked from", "kept up by"])
def test_when_what_the_workers_are_forked_from_or_kept_up_by_is_killed_they_are_replaced(
    jobs: Jobs, generation: int
) -> None:
    jobs.wait_until_warm(60)
    lost = jobs.submit(LONG, owner=ALICE)
    until(jobs, lost, with_epochs(1))
    worker = worker_of(jobs, lost)
    worker.parents()[generation].kill()
    assert until(jobs, lost, settled).state == "interrupted"
    assert soon(lambda: not worker.is_running()), "it does not go on for nobody"
    assert jobs.ask(len, "here", timeout=5) == 4, "questions are answered meanwhile"
    assert until(jobs, jobs.submit(SHORT, owner=ALICE), settled, seconds=60).state == "finished"


def test_a_run_that_waits_at_a_worker_that_is_killed_waits_again(jobs: Jobs) -> None:
    jobs.wait_until_warm(60)
    going = [jobs.submit(LONG, owner=ALICE), jobs.submit(LONG, owner=BOB)]
    for run, owner in zip(going, (ALICE, BOB), strict=True):
        until(jobs, run, with_epochs(1), owner=owner)
    victim = jobs._dispatcher.find(going[0])
    assert victim is not None
    killed = worker_of(jobs, victim.id)
    # As if it had told that it is about to end.
    jobs.cluster._loop.call_soon_threadsafe(jobs._dispatcher._take, (victim.id, [(ENDING, True)]))
    next_run = jobs.submit(SHORT, owner=ALICE)
    handed_over = jobs._dispatcher.find(next_run)
    assert handed_over is not None
    assert soon(lambda: handed_over.working)
    time.sleep(0.3)
    killed.kill()
    assert until(jobs, victim.id, settled, seconds=5).state == "interrupted"
    assert until(jobs, next_run, settled).state == "finished"
    jobs.stop(going[1], BOB)
    until(jobs, going[1], settled, owner=BOB)


SERVER = """
import sys, time
from qenn_core.jobs.allowance import Allowance
from qenn_core.jobs.runs import Jobs
from qenn_core.experiment import ExperimentSpec
if __name__ == "__main__":
    service = Jobs(allowance=Allowance(checkpoint_seconds=0.1))
    owner, spec = sys.argv[1], ExperimentSpec.from_json(sys.argv[2])
    runs = [service.submit(spec, owner=owner) for _ in range(3)]
    while service.store.runs.checkpoint(owner, runs[0]) is None:
        time.sleep(0.01)
    print(*runs, flush=True)
    time.sleep(600)
"""


def test_a_killed_server_finds_its_history_again(unbroken: RunSnapshot, tmp_path: Path) -> None:
    environment = os.environ | {"QENN_HOME": str(tmp_path), "QENN_WORKERS": "1"}
    command = [sys.executable, "-c", SERVER, ALICE, STEADY.to_json()]
    with subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        first, *others = server.stdout.readline().split()
        os.kill(server.pid, signal.SIGKILL)
    again = Jobs(ThisMachine(1), Store(tmp_path))
    try:
        interrupted = again.snapshot(first, ALICE)
        assert interrupted.state == "interrupted"
        assert interrupted.resumable
        assert interrupted.history
        assert [row.id for row in again.listed(ALICE)] == [*reversed(others), first]
        assert {row.state for row in again.listed(ALICE)} == {"interrupted"}
        again.resume(first, ALICE)
        assert numbers(until(again, first, saved, seconds=90)) == numbers(unbroken)
        # One that had not begun begins.
        again.resume(others[1], ALICE)
        until(again, others[1], with_epochs(3), seconds=60)
    finally:
        again.close()
    left = Store(tmp_path)
    kept = left.runs.get(ALICE, others[1])
    left.close()
    assert kept is not None
    assert (kept.state, kept.epochs >= 3) == ("interrupted", True), "a server that is stopped says so itself"
    assert kept.error is not None
    assert "server" in kept.error


def test_a_locked_database_holds_up_nothing_but_itself(jobs: Jobs) -> None:
    [database] = jobs.store.home.glob("*.db")
    with sqlite3.connect(database, isolation_level=None) as stranger:
        stranger.execute("BEGIN EXCLUSIVE")
        run = jobs.submit(SHORT.with_(**{"training.epochs": 20}), owner=ALICE)
        finished = until(jobs, run, settled)
        assert finished.state == "finished"
        assert not finished.saved
        troubled = until(jobs, run, lambda snapshot: snapshot.trouble != "", seconds=15)
        assert "locked" in troubled.trouble
        stranger.execute("ROLLBACK")
    kept = until(jobs, run, saved, seconds=15)
    assert kept.trouble == ""
    del jobs._dispatcher._runs[run]
    assert numbers(jobs.snapshot(run, ALICE)) == numbers(finished)


def test_a_damaged_checkpoint_is_refused_in_words(jobs: Jobs) -> None:
    run = jobs.submit(STEADY, owner=ALICE)
    until(jobs, run, with_epochs(3))
    jobs.stop(run, ALICE)
    until(jobs, run, saved)
    del jobs._dispatcher._runs[run]
    [database] = jobs.store.home.glob("*.db")
    with sqlite3.connect(database) as stranger:
        stranger.execute("UPDATE artifacts SET packed = zeroblob(length(packed)) WHERE kind = 'checkpoint'")
    with pytest.raises(QennError) as raised:
        jobs.resume(run, ALICE)
    assert raised.value.remedy
    assert jobs.snapshot(run, ALICE).state == "stopped", "nothing else is lost"


def test_a_run_that_takes_too_long_is_stopped_and_scored(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs._dispatcher, "_allowance", Allowance(seconds=0.5))
    run = jobs.submit(LONG, owner=ALICE)
    ended = until(jobs, run, settled)
    assert ended.state == "stopped"
    assert ended.finished is not None
    assert ended.finished.reason == "time"
    assert ended.comparison is not None
    # Whoever wants more of it gives it as much time again.
    jobs.resume(run, ALICE)
    assert len(until(jobs, run, settled).history) > len(ended.history) > 0


def set_clock(years: float) -> None:
    """Set the clock of this process wrong."""
    time.time = lambda: time.clock_gettime(time.CLOCK_REALTIME) + years * 365 * 86400


@pytest.fixture
def clock(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[float], None]]:
    """Return what sets the clocks of all processes."""
    monkeypatch.setattr(time, "time", time.time)  # which is put back at the end

    def everywhere(years: float) -> None:
        set_clock(years)
        jobs.cluster.everywhere(set_clock, years).result(5)

    yield everywhere
    everywhere(0)


def test_a_jumping_clock_changes_nothing(jobs: Jobs, clock: Callable[[float], None]) -> None:
    run = jobs.submit(LONG, owner=ALICE)
    until(jobs, run, with_epochs(2))
    clock(-10)
    until(jobs, run, with_epochs(len(jobs.snapshot(run, ALICE).history) + 20))
    later = jobs.submit(SHORT, owner=ALICE)
    until(jobs, later, saved)
    clock(+10)
    until(jobs, run, with_epochs(len(jobs.snapshot(run, ALICE).history) + 20))
    jobs.stop(run, ALICE)
    until(jobs, run, saved)
    last = jobs.submit(SHORT, owner=ALICE)
    until(jobs, last, saved)
    listed = [row.id for row in jobs.listed(ALICE)]
    assert listed.index(last) < listed.index(later) < listed.index(run), "the newest first"
