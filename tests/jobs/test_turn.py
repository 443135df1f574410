"""Threads that compute in turns."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from threading import Thread

import pytest

from qenn_core.jobs import turn
from qenn_core.jobs.turn import Turn


def begun(function: Callable[[], None], waiting: Turn) -> Thread:
    """Start a thread that asks for the turn, and return once it waits."""
    before = len(waiting._waiting)
    thread = Thread(target=function)
    thread.start()
    while len(waiting._waiting) == before:
        time.sleep(0.001)
    return thread


def test_only_one_thread_computes_at_a_time() -> None:
    shared = Turn()
    spans: list[tuple[float, float]] = []

    def compute(_: int) -> None:
        for _ in range(20):
            shared.take()
            start = time.perf_counter()
            time.sleep(0.0001)
            spans.append((start, time.perf_counter()))
            shared.leave()

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(compute, range(6)))
    assert len(spans) == 120
    assert all(end <= start for (_, end), (start, _) in pairwise(sorted(spans)))


def test_turns_go_by_order_of_asking() -> None:
    shared, order = Turn(), list[int]()

    def note(number: int) -> None:
        shared.take()
        order.append(number)
        shared.leave()

    shared.take()
    threads = [begun(partial(note, number), shared) for number in range(8)]
    shared.leave()
    for thread in threads:
        thread.join(5)
    assert order == list(range(8))


def test_who_gives_way_goes_on_after_those_who_waited_and_before_those_who_come_later() -> None:
    shared, order = Turn(), list[str]()

    def ask(name: str) -> None:
        shared.take()
        order.append(name)
        if name == "first":
            threads.append(begun(partial(ask, "late"), shared))
        shared.leave()

    shared.take()
    threads = [begun(partial(ask, "first"), shared), begun(partial(ask, "second"), shared)]
    shared.give_way()
    order.append("training")
    shared.leave()
    for thread in threads:
        thread.join(5)
    assert order == ["first", "second", "training", "late"]


def test_to_give_way_to_nobody_costs_next_to_nothing() -> None:
    with turn.taken():
        begun_at = time.perf_counter()
        for _ in range(10_000):
            turn.give_way()
        assert time.perf_counter() - begun_at < 0.5


def test_the_turn_is_left_when_computing_fails() -> None:
    with pytest.raises(ZeroDivisionError), turn.taken():
        raise ZeroDivisionError
    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(has_turn).result(5)


def test_others_have_the_turn_while_one_only_waits() -> None:
    with ThreadPoolExecutor(1) as threads, turn.taken():
        waiting = threads.submit(has_turn)
        assert not waiting.done()
        with turn.left():
            assert waiting.result(5)


def has_turn() -> bool:
    with turn.taken():
        return True
