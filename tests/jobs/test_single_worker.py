"""A single worker process, which answers requests between the steps of its training."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator

import psutil
import pytest
from jobs.specs import LONG, SHORT
from jobs.waiting import ALICE, in_state, settled, soon, until, with_epochs
from serving import START_SECONDS

from qenn_core.errors import JobError
from qenn_core.experiment import DataSpec, ExperimentSpec
from qenn_core.jobs.cluster.local import LocalBackend
from qenn_core.jobs.commands import SlotKind
from qenn_core.jobs.job_service import JobService
from qenn_core.jobs.requests import DRAW_CIRCUIT, READ_TABLE, Request
from qenn_core.store.store import Store

pytestmark = pytest.mark.slow

# A minute or more per epoch, some hundredths of a second per step.
SLOW = ExperimentSpec().with_(
    **{
        "data.params": {"n_samples": 2000},
        "circuit.n_qubits": 9,
        "circuit.n_layers": 8,
        "training.batch_size": 1,
    }
)
# Number of tasks that a worker process has.
TASKS = "len(next(iter(__import__('distributed').Worker._instances)).state.tasks)"


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JobService]:
    service = JobService(LocalBackend(1), Store(tmp_path_factory.mktemp("home")))
    try:
        service.wait_until_ready(START_SECONDS)
        yield service
    finally:
        service.close()


@pytest.fixture
def runs(single: JobService) -> Iterator[list[str]]:
    """Collect the ids of runs that have to end after the test."""
    started: list[str] = []
    yield started
    for run in started:
        single.stop(run, ALICE)
        until(single, run, settled)


def pids(service: JobService) -> set[int]:
    return set(service.pool.broadcast(os.getpid).result().values())


def test_one_worker_process_below_the_priority_of_the_server(single: JobService) -> None:
    (worker,) = pids(single)
    assert psutil.Process(worker).nice() > psutil.Process().nice()


def test_requests_are_answered_between_the_steps_of_a_run(single: JobService, runs: list[str]) -> None:
    runs.append(run := single.submit(SLOW, owner=ALICE))
    until(single, run, lambda snapshot: snapshot.report.started is not None)
    for _ in range(3):
        assert type(single.call(DRAW_CIRCUIT, SHORT, 2)).__name__ == "Drawing"
    content = b"a,b,kind\n" + b"1,2,x\n3,4,y\n" * 20
    assert len(single.call(READ_TABLE, content, "things.csv", DataSpec(source="csv")).frame) == 40
    assert single.snapshot(run, ALICE).history == (), "all within its first epoch"
    assert not single.snapshot(run, ALICE).ended


def test_next_task_waits_at_the_worker_when_the_one_before_ends(single: JobService) -> None:
    pool = single.pool

    def n_tasks() -> int:
        (number,) = pool.broadcast(eval, TASKS).result().values()
        return int(number)

    assert soon(lambda: n_tasks() == 0)
    first = pool.submit(SlotKind.TRAINING, exec, payload=b"import time; time.sleep(2)")
    assert soon(lambda: n_tasks() == 1)
    second = pool.submit(SlotKind.TRAINING, exec, payload=b"pass")
    time.sleep(0.5)
    assert n_tasks() == 1, "a task waits for a free slot"
    (worker,) = pool.broadcast(os.getpid).result()
    pool._loop.call_soon_threadsafe(pool.expect_free_slot, SlotKind.TRAINING, worker)
    assert soon(lambda: n_tasks() == 2)
    third = pool.submit(SlotKind.TRAINING, exec, payload=b"pass")
    time.sleep(0.3)
    assert n_tasks() == 2, "a slot is for one task"
    assert not first.done()
    for task in (first, second, third):
        task.result(10)
    assert not pool._expected_free


def test_requests_are_answered_while_a_run_is_paused(single: JobService, runs: list[str]) -> None:
    runs.append(run := single.submit(LONG, owner=ALICE))
    until(single, run, with_epochs(1))
    single.pause(run, ALICE)
    until(single, run, in_state("paused"))
    assert type(single.call(DRAW_CIRCUIT, SHORT, 2)).__name__ == "Drawing"


def test_slow_request_delays_a_run_and_does_not_end_it(single: JobService, runs: list[str]) -> None:
    before = pids(single)
    runs.append(run := single.submit(LONG, owner=ALICE))
    until(single, run, with_epochs(1))
    with pytest.raises(JobError, match="too long"):
        single.call(Request(time.sleep, 0.7), 1.5)
    done = len(single.snapshot(run, ALICE).history)
    until(single, run, with_epochs(done + 2))
    assert pids(single) == before


def test_stuck_request_ends_the_process(single: JobService) -> None:
    run = single.submit(LONG, owner=ALICE)
    until(single, run, with_epochs(1))
    with pytest.raises(JobError, match="too long"):
        single.call(Request(time.sleep, 0.5), 60)
    lost = until(single, run, settled, seconds=5)
    assert lost.error is not None
    assert lost.history, "its epochs so far are kept"


def test_killed_scheduler_is_reported_and_all_processes_are_replaced(single: JobService) -> None:
    # The process that ended before has a successor, where this run starts.
    run = single.submit(LONG, owner=ALICE)
    until(single, run, with_epochs(1), seconds=150)
    (worker,) = pids(single)
    (nanny,) = (process for process in psutil.Process(worker).parents() if process.ppid() == os.getpid())
    folder = json.loads(nanny.cmdline()[-1])["0"]["opts"]["local_directory"]
    before = [child for child in psutil.Process().children() if folder in " ".join(child.cmdline())]
    assert len(before) == 2
    (scheduler,) = (process for process in before if process != nanny)
    scheduler.kill()
    assert until(single, run, settled, seconds=5).error is not None
    with pytest.raises(JobError, match="not available"):
        single.call(Request(time.sleep), 0)
    deadline = time.monotonic() + 60
    while not single.pool.slots() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert until(single, single.submit(SHORT, owner=ALICE), settled, seconds=150).state == "finished"
    assert not any(process.is_running() for process in before)
