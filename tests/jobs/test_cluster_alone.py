"""One worker process in all: it trains, and answers between the steps."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator

import psutil
import pytest
from jobs.specs import LONG, SHORT
from jobs.waiting import ALICE, in_state, settled, soon, until, with_epochs

from qenn_core.errors import JobError
from qenn_core.experiment import DataSpec, ExperimentSpec
from qenn_core.jobs.embedded import ThisMachine
from qenn_core.jobs.runs import Jobs
from qenn_core.jobs.tasks import TRAINING
from qenn_core.store.store import Store

# Many seconds an epoch, some hundredths of one a step.
SLOW = ExperimentSpec().with_(
    **{
        "data.params": {"n_samples": 400},
        "circuit.n_qubits": 9,
        "circuit.n_layers": 8,
        "training.batch_size": 1,
    }
)
# What a worker process counts as tasks that it has.
TASKS = "len(next(iter(__import__('distributed').Worker._instances)).state.tasks)"


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jobs]:
    service = Jobs(ThisMachine(1), Store(tmp_path_factory.mktemp("home")))
    try:
        service.wait_until_warm(90)
        yield service
    finally:
        service.close()


@pytest.fixture
def runs(alone: Jobs) -> Iterator[list[str]]:
    """Take the ids of runs that are to be gone after the test."""
    started: list[str] = []
    yield started
    for run in started:
        alone.stop(run, ALICE)
        until(alone, run, settled)


def pids(jobs: Jobs) -> set[int]:
    return set(jobs.cluster.everywhere(os.getpid).result().values())


def test_there_is_one_worker_process_below_the_server_in_priority(alone: Jobs) -> None:
    (worker,) = pids(alone)
    assert psutil.Process(worker).nice() > psutil.Process().nice()


def test_questions_are_answered_between_the_steps_of_a_run(alone: Jobs, runs: list[str]) -> None:
    runs.append(run := alone.submit(SLOW, owner=ALICE))
    until(alone, run, lambda snapshot: snapshot.started is not None)
    for _ in range(3):
        assert type(alone.ask("draw_circuit", SHORT, 2)).__name__ == "Drawing"
    content = b"a,b,kind\n" + b"1,2,x\n3,4,y\n" * 20
    assert len(alone.ask("read_table", content, "things.csv", DataSpec(source="csv")).frame) == 40
    assert alone.snapshot(run, ALICE).history == (), "all in its first epoch"
    assert not alone.snapshot(run, ALICE).ended


def test_the_next_task_is_there_when_the_one_before_it_ends(alone: Jobs) -> None:
    cluster = alone.cluster

    def tasks_there() -> int:
        (number,) = cluster.everywhere(eval, TASKS).result().values()
        return int(number)

    assert soon(lambda: tasks_there() == 0)
    first = cluster.submit(TRAINING, exec, payload=b"import time; time.sleep(2)")
    assert soon(lambda: tasks_there() == 1)
    second = cluster.submit(TRAINING, exec, payload=b"pass")
    time.sleep(0.5)
    assert tasks_there() == 1, "a task waits until there is a place"
    (worker,) = cluster.everywhere(os.getpid).result()
    cluster._loop.call_soon_threadsafe(cluster.expect_place, TRAINING, worker)
    assert soon(lambda: tasks_there() == 2)
    third = cluster.submit(TRAINING, exec, payload=b"pass")
    time.sleep(0.3)
    assert tasks_there() == 2, "one place is for one task"
    assert not first.done()
    for task in (first, second, third):
        task.result(10)
    assert not cluster._expected


def test_questions_are_answered_while_a_run_is_paused(alone: Jobs, runs: list[str]) -> None:
    runs.append(run := alone.submit(LONG, owner=ALICE))
    until(alone, run, with_epochs(1))
    alone.pause(run, ALICE)
    until(alone, run, in_state("paused"))
    assert type(alone.ask("draw_circuit", SHORT, 2)).__name__ == "Drawing"


def test_a_question_that_takes_long_keeps_a_run_waiting_and_does_not_end_it(
    alone: Jobs, runs: list[str]
) -> None:
    before = pids(alone)
    runs.append(run := alone.submit(LONG, owner=ALICE))
    until(alone, run, with_epochs(1))
    with pytest.raises(JobError, match="too long"):
        alone.ask(time.sleep, 1.5, timeout=0.7)
    done = len(alone.snapshot(run, ALICE).history)
    until(alone, run, with_epochs(done + 2))
    assert pids(alone) == before


def test_a_question_that_is_stuck_ends_the_process(alone: Jobs) -> None:
    run = alone.submit(LONG, owner=ALICE)
    until(alone, run, with_epochs(1))
    with pytest.raises(JobError, match="too long"):
        alone.ask(time.sleep, 60, timeout=0.5)
    lost = until(alone, run, settled, seconds=5)
    assert lost.error is not None
    assert lost.history, "what it had told is kept"


def test_a_scheduler_that_is_killed_is_told_and_all_processes_are_replaced(alone: Jobs) -> None:
    # The process that was ended before has a successor, in which this begins.
    run = alone.submit(LONG, owner=ALICE)
    until(alone, run, with_epochs(1), seconds=60)
    (worker,) = pids(alone)
    (nanny,) = (process for process in psutil.Process(worker).parents() if process.ppid() == os.getpid())
    folder = json.loads(nanny.cmdline()[-1])["0"]["opts"]["local_directory"]
    before = [child for child in psutil.Process().children() if folder in " ".join(child.cmdline())]
    assert len(before) == 2
    (scheduler,) = (process for process in before if process != nanny)
    scheduler.kill()
    assert until(alone, run, settled, seconds=5).error is not None
    with pytest.raises(JobError, match="not there"):
        alone.ask(time.sleep, 0)
    deadline = time.monotonic() + 60
    while not alone.cluster.slots() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert until(alone, alone.submit(SHORT, owner=ALICE), settled, seconds=60).state == "finished"
    assert not any(process.is_running() for process in before)
