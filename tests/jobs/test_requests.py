"""Requests of pages, answered by a worker."""

from __future__ import annotations

import operator
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from jobs.waiting import ALICE, settled, until, with_epochs

from qenn_core.errors import DataError, JobError
from qenn_core.experiment import DataSpec, ExperimentSpec
from qenn_core.jobs.cluster.local import READERS
from qenn_core.jobs.commands import SlotKind
from qenn_core.jobs.job_service import JobService
from qenn_core.jobs.requests import DESCRIBE_TABLE, DRAW_CIRCUIT, READ_TABLE, Request

CONTENT = b"a,b,kind\n" + b"1,2,x\n3,4,y\n" * 20
# Stands for a file that keeps its reader busy.
BUSY = Request(os.system, 60, SlotKind.READING)
TWICE = Request(os.system, 20, SlotKind.READING, attempts=2)


def test_reads_a_file(service: JobService) -> None:
    table = service.call(READ_TABLE, CONTENT, "things.csv", DataSpec(source="csv"))
    assert list(table.frame.columns) == ["a", "b", "kind"]
    assert len(table.frame) == 40


def test_describes_the_data_of_a_spec(service: JobService) -> None:
    overview = service.call(DESCRIBE_TABLE, ExperimentSpec(), None)
    assert type(overview).__name__ == "Overview"


def test_draws_a_circuit(service: JobService) -> None:
    drawing = service.call(DRAW_CIRCUIT, ExperimentSpec(), 2)
    assert type(drawing).__name__ == "Drawing"


def test_error_arrives_unchanged(service: JobService) -> None:
    with pytest.raises(DataError) as raised:
        service.call(READ_TABLE, b"", "empty.csv", DataSpec(source="csv"))
    assert raised.value.what
    assert raised.value.remedy


def test_unexpected_error_becomes_a_message(service: JobService) -> None:
    with pytest.raises(JobError, match="ZeroDivisionError") as raised:
        service.call(Request(operator.truediv), 1, 0)
    assert raised.value.remedy


def test_requests_are_answered_while_all_workers_train(service: JobService) -> None:
    runs = [service.submit(ExperimentSpec().with_(**{"training.epochs": 300}), owner=ALICE) for _ in range(2)]
    for run in runs:
        until(service, run, with_epochs(1))
    start = time.monotonic()
    service.call(DRAW_CIRCUIT, ExperimentSpec(), 2)
    assert time.monotonic() - start < 5
    for run in runs:
        service.stop(run, ALICE)
    for run in runs:
        until(service, run, settled)


def test_many_threads_may_send_requests_at_once(service: JobService) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda number: service.call(Request(operator.add), number, 1), range(40)))
    assert answers == list(range(1, 41))


@pytest.mark.slow
def test_request_that_takes_too_long_is_ended_and_the_next_is_answered(service: JobService) -> None:
    with pytest.raises(JobError, match="too long"):
        service.call(Request(time.sleep, 0.5), 60)
    assert service.call(Request(operator.add), 1, 1) == 2


def test_file_that_keeps_its_reader_busy_delays_no_other(service: JobService, tmp_path: Path) -> None:
    enough = tmp_path / "enough"
    with ThreadPoolExecutor(READERS) as threads:
        wait = f"until [ -e {enough} ]; do sleep 0.1; done"
        busy = [threads.submit(service.call, BUSY, wait) for _ in range(READERS - 1)]
        assert service.call(Request(operator.add), 1, 1) == 2
        assert len(service.call(READ_TABLE, CONTENT, "things.csv", DataSpec(source="csv")).frame) == 40
        assert not any(answer.done() for answer in busy)
        enough.touch()
        assert [answer.result() for answer in busy] == [0] * len(busy)


@pytest.mark.slow
def test_request_that_kills_its_worker_fails_and_a_file_read_there_is_read_again(
    service: JobService, tmp_path: Path
) -> None:
    calls = tmp_path / "calls"
    with ThreadPoolExecutor(1) as threads:
        concurrent = threads.submit(
            service.call, Request(os.system, 20, SlotKind.READING, attempts=2), counting(calls, "sleep 1")
        )
        while not calls.exists():
            time.sleep(0.01)
        with pytest.raises(JobError, match="ended"):
            service.call(Request(os._exit), 1)
        assert concurrent.result() == 0
    assert len(calls.read_text()) == 2


@pytest.mark.slow
def test_request_that_kills_its_worker_is_not_repeated_forever(service: JobService, tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    with pytest.raises(JobError, match="ended"):
        service.call(TWICE, counting(calls, "kill -9 $PPID"))
    assert len(calls.read_text()) == 2
    assert service.call(Request(operator.add), 1, 1) == 2


def counting(calls: Path, command: str) -> str:
    """Return a shell command that leaves a mark each time it is called."""
    return f"printf x >> {calls}; {command}"
