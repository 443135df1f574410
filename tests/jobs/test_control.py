"""Commands to a run, and what the running training makes of them."""

from __future__ import annotations

from threading import Timer

import pytest

from qenn_core.jobs.commands import RunCommand
from qenn_core.jobs.worker import compute_lock
from qenn_core.jobs.worker.control import RunControl, RunDiscardedError, registered, send_command


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_run_continues_by_default() -> None:
    control = RunControl(RunCommand())
    assert not control.must_pause(10_000)
    assert control.should_stop() is None


def test_paused_run_waits_until_resumed() -> None:
    control = RunControl(RunCommand().with_pause(3))
    assert control.must_pause(3)
    control.update(RunCommand().with_pause(3).without_pause())
    assert not control.must_pause(3)


def test_each_step_is_one_more_epoch() -> None:
    paused = RunCommand().with_pause(3)
    assert paused.with_step(3).pause_after == 4
    assert paused.with_step(3).with_step(3).pause_after == 5, "two quick clicks are two epochs"
    assert RunCommand().with_step(7).pause_after == 8, "a running run steps from its current epoch"
    assert RunCommand(pause_after=2).with_step(7).pause_after == 8


def test_late_command_is_ignored() -> None:
    first = RunCommand().with_pause(1)
    second = first.without_pause()
    control = RunControl(RunCommand())
    control.update(second)
    control.update(first)
    assert not control.must_pause(10_000)


def test_stopped_run_neither_pauses_nor_resumes() -> None:
    control = RunControl(RunCommand().with_pause(0).with_stop().without_pause())
    assert control.should_stop() == "user"
    assert not control.must_pause(5)


def test_wait_ends_when_the_run_may_continue() -> None:
    control = RunControl(RunCommand().with_pause(0))
    Timer(0.05, control.update, [RunCommand().with_pause(0).with_step(0)]).start()
    with compute_lock.held():
        assert control.wait_while_paused(0, seconds=10)
    assert control.should_stop() is None
    assert control.must_pause(1)


def test_wait_ends_after_its_time_and_leaves_the_command_in_force() -> None:
    control = RunControl(RunCommand().with_pause(0))
    with compute_lock.held():
        assert not control.wait_while_paused(0, seconds=0.01)
    assert control.must_pause(0)
    assert control.should_stop() is None


def test_stop_of_the_user_is_the_reason() -> None:
    control = RunControl(RunCommand())
    assert control.should_stop() is None
    control.update(RunCommand().with_stop())
    assert control.should_stop() == "user"


def test_nothing_is_computed_for_a_deleted_run() -> None:
    control = RunControl(RunCommand())
    control.update(RunCommand().with_discard())
    assert control.stopped
    with pytest.raises(RunDiscardedError):
        control.should_stop()


def test_time_limit_does_not_count_pauses() -> None:
    clock = Clock()
    control = RunControl(RunCommand(), clock)
    clock.seconds += 1000
    assert control.should_stop() is None, "there is no limit before it is set"
    control.limit_time(10)
    clock.seconds += 9
    assert control.should_stop() is None
    control.update(RunCommand().with_pause(0))

    def resume_after_an_hour() -> None:
        clock.seconds += 3600
        control.update(RunCommand(version=9))

    Timer(0.05, resume_after_an_hour).start()
    with compute_lock.held():
        assert control.wait_while_paused(0, seconds=10)
    assert control.should_stop() is None
    clock.seconds += 2
    assert control.should_stop() == "time"


def test_commands_reach_only_runs_of_this_process() -> None:
    with registered("run", RunCommand()) as control:
        send_command("run", RunCommand().with_stop())
        send_command("another", RunCommand().with_stop())
        assert control.stopped
    send_command("run", RunCommand().with_stop())
