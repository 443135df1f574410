"""A worker is silent when its heartbeats stop, and not when a clock jumps or nobody asks."""

from __future__ import annotations

from qenn_core.jobs.cluster.heartbeats import SILENT_SECONDS, Heartbeats


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_worker_is_silent_until_it_is_heard_of_again() -> None:
    clock = Clock()
    heartbeats = Heartbeats(clock)
    heartbeats.note({"a": 1.0, "b": 1.0})
    clock.seconds += SILENT_SECONDS + 1
    heartbeats.note({"a": 1.0, "b": 9.0})
    assert heartbeats.is_silent("a")
    assert not heartbeats.is_silent("b")
    heartbeats.note({"a": 9.5, "b": 9.0})
    assert not heartbeats.is_silent("a")


def test_clock_of_the_scheduler_may_be_set_back() -> None:
    clock = Clock()
    heartbeats = Heartbeats(clock)
    for seen in (5000.0, 4000.0, 4000.5):
        heartbeats.note({"a": seen})
        clock.seconds += SILENT_SECONDS - 1
    assert not heartbeats.is_silent("a")


def test_worker_is_not_silent_while_the_scheduler_is_not_asked() -> None:
    clock = Clock()
    heartbeats = Heartbeats(clock)
    heartbeats.note({"a": 1.0})
    clock.seconds += 10 * SILENT_SECONDS
    assert not heartbeats.is_silent("a")


def test_unknown_and_new_workers_are_not_silent() -> None:
    clock = Clock()
    heartbeats = Heartbeats(clock)
    heartbeats.note({"a": 1.0})
    clock.seconds += 2 * SILENT_SECONDS
    heartbeats.note({"b": 1.0})
    assert not heartbeats.is_silent("a")
    assert not heartbeats.is_silent("b")
