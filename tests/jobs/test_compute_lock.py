"""Threads that compute one at a time, in the order in which they asked."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from threading import Thread

import pytest

from qenn_core.jobs.worker import compute_lock
from qenn_core.jobs.worker.compute_lock import FairLock


def start_waiting(function: Callable[[], None], lock: FairLock) -> Thread:
    """Start a thread that acquires the lock, and return once it waits for it."""
    before = len(lock._waiting)
    thread = Thread(target=function)
    thread.start()
    while len(lock._waiting) == before:
        time.sleep(0.001)
    return thread


def test_one_thread_holds_the_lock_at_a_time() -> None:
    lock = FairLock()
    spans: list[tuple[float, float]] = []

    def compute(_: int) -> None:
        for _ in range(20):
            lock.acquire()
            start = time.perf_counter()
            time.sleep(0.0001)
            spans.append((start, time.perf_counter()))
            lock.release()

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(compute, range(6)))
    assert len(spans) == 120
    assert all(end <= start for (_, end), (start, _) in pairwise(sorted(spans)))


def test_threads_get_the_lock_in_the_order_of_asking() -> None:
    lock, order = FairLock(), list[int]()

    def note(number: int) -> None:
        lock.acquire()
        order.append(number)
        lock.release()

    lock.acquire()
    threads = [start_waiting(partial(note, number), lock) for number in range(8)]
    lock.release()
    for thread in threads:
        thread.join(5)
    assert order == list(range(8))


def test_yielding_thread_continues_after_those_that_waited_and_before_later_ones() -> None:
    lock, order = FairLock(), list[str]()

    def compute(name: str) -> None:
        lock.acquire()
        order.append(name)
        if name == "first":
            threads.append(start_waiting(partial(compute, "late"), lock))
        lock.release()

    lock.acquire()
    threads = [
        start_waiting(partial(compute, "first"), lock),
        start_waiting(partial(compute, "second"), lock),
    ]
    lock.yield_to_waiting()
    order.append("training")
    lock.release()
    for thread in threads:
        thread.join(5)
    assert order == ["first", "second", "training", "late"]


def test_yielding_to_nobody_is_nearly_free() -> None:
    with compute_lock.held():
        start = time.perf_counter()
        for _ in range(10_000):
            compute_lock.yield_to_waiting()
        assert time.perf_counter() - start < 0.5


def test_lock_is_released_when_the_block_fails() -> None:
    with pytest.raises(ZeroDivisionError), compute_lock.held():
        raise ZeroDivisionError
    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(can_hold_lock).result(5)


def test_others_compute_while_the_lock_is_released_for_a_wait() -> None:
    with ThreadPoolExecutor(1) as threads, compute_lock.held():
        waiting = threads.submit(can_hold_lock)
        assert not waiting.done()
        with compute_lock.released():
            assert waiting.result(5)
        again = threads.submit(can_hold_lock)
        time.sleep(0.05)
        assert not again.done(), "the lock is held again after the wait"


def can_hold_lock() -> bool:
    with compute_lock.held():
        return True
