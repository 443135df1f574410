"""Small questions, answered by a worker."""

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
from qenn_core.jobs.embedded import READERS
from qenn_core.jobs.questions import Question
from qenn_core.jobs.runs import Jobs
from qenn_core.jobs.tasks import READING

CONTENT = b"a,b,kind\n" + b"1,2,x\n3,4,y\n" * 20
# Stands for a file that keeps its reader busy.
BUSY = Question(os.system, 60, READING)
TWICE = Question(os.system, 20, READING, attempts=2)


def test_a_file_is_read(jobs: Jobs) -> None:
    table = jobs.ask("read_table", CONTENT, "things.csv", DataSpec(source="csv"))
    assert list(table.frame.columns) == ["a", "b", "kind"]
    assert len(table.frame) == 40


def test_the_data_of_a_spec_are_described(jobs: Jobs) -> None:
    overview = jobs.ask("describe", ExperimentSpec(), None)
    assert type(overview).__name__ == "Overview"


def test_a_circuit_is_drawn(jobs: Jobs) -> None:
    drawing = jobs.ask("draw_circuit", ExperimentSpec(), 2)
    assert type(drawing).__name__ == "Drawing"


def test_an_error_crosses_the_border_as_it_is(jobs: Jobs) -> None:
    with pytest.raises(DataError) as raised:
        jobs.ask("read_table", b"", "empty.csv", DataSpec(source="csv"))
    assert raised.value.what
    assert raised.value.remedy


def test_an_error_that_nobody_foresaw_is_told_in_words(jobs: Jobs) -> None:
    with pytest.raises(JobError, match="ZeroDivisionError") as raised:
        jobs.ask(operator.truediv, 1, 0)
    assert raised.value.remedy


def test_questions_are_answered_while_all_workers_train(jobs: Jobs) -> None:
    runs = [jobs.submit(ExperimentSpec().with_(**{"training.epochs": 300}), owner=ALICE) for _ in range(2)]
    for run in runs:
        until(jobs, run, with_epochs(1))
    begun = time.monotonic()
    jobs.ask("draw_circuit", ExperimentSpec(), 2)
    assert time.monotonic() - begun < 5
    for run in runs:
        jobs.stop(run, ALICE)
    for run in runs:
        until(jobs, run, settled)


def test_many_threads_may_ask_at_once(jobs: Jobs) -> None:
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda number: jobs.ask(operator.add, number, 1), range(40)))
    assert answers == list(range(1, 41))


def test_an_answer_that_takes_too_long_is_ended_and_the_next_is_given(jobs: Jobs) -> None:
    with pytest.raises(JobError, match="too long"):
        jobs.ask(time.sleep, 60, timeout=0.5)
    assert jobs.ask(operator.add, 1, 1) == 2


def test_a_file_that_keeps_its_reader_busy_holds_up_nobody(jobs: Jobs, tmp_path: Path) -> None:
    enough = tmp_path / "enough"
    with ThreadPoolExecutor(READERS) as threads:
        wait = f"until [ -e {enough} ]; do sleep 0.1; done"
        busy = [threads.submit(jobs.ask, BUSY, wait) for _ in range(READERS - 1)]
        assert jobs.ask(operator.add, 1, 1) == 2
        assert len(jobs.ask("read_table", CONTENT, "things.csv", DataSpec(source="csv")).frame) == 40
        assert not any(answer.done() for answer in busy)
        enough.touch()
        assert [answer.result() for answer in busy] == [0] * len(busy)


def test_a_question_that_kills_its_worker_is_an_error_and_a_file_beside_it_is_read_again(
    jobs: Jobs, tmp_path: Path
) -> None:
    asked = tmp_path / "asked"
    with ThreadPoolExecutor(1) as threads:
        beside = threads.submit(
            jobs.ask, Question(os.system, 20, READING, attempts=2), noting(asked, "sleep 1")
        )
        while not asked.exists():
            time.sleep(0.01)
        with pytest.raises(JobError, match="ended"):
            jobs.ask(os._exit, 1)
        assert beside.result() == 0
    assert len(asked.read_text()) == 2


def test_what_kills_its_worker_is_not_asked_for_ever(jobs: Jobs, tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    with pytest.raises(JobError, match="ended"):
        jobs.ask(TWICE, noting(asked, "kill -9 $PPID"))
    assert len(asked.read_text()) == 2
    assert jobs.ask(operator.add, 1, 1) == 2


def noting(asked: Path, command: str) -> str:
    """Return a shell command that leaves a sign each time it is asked for."""
    return f"printf x >> {asked}; {command}"
