"""Whose turn it is to compute, in a worker process with several threads.

Circuits are not thread-safe, so only one thread of a process computes at a time. Turns go by order of asking:
a training that gives way between its steps waits for those who asked before, and no longer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class Turn:
    """A lock that goes to whoever has waited longest."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._taken = False
        self._waiting: deque[Lock] = deque()

    def take(self) -> None:
        """Wait for the turn, and take it."""
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            called = Lock()
            called.acquire()
            self._waiting.append(called)
        # It stays taken while it goes from one to the next, so that nobody comes in between.
        called.acquire()

    def leave(self) -> None:
        """Let the next have the turn."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False

    def give_way(self) -> None:
        """Let all who wait have the turn before, if there is somebody; whoever calls this has the turn."""
        if self._waiting:
            self.leave()
            self.take()


_turn = Turn()
give_way = _turn.give_way


@contextmanager
def taken() -> Iterator[None]:
    """Have the turn of this process."""
    _turn.take()
    try:
        yield
    finally:
        _turn.leave()


@contextmanager
def left() -> Iterator[None]:
    """Let others have the turn while the one who has it only waits."""
    _turn.leave()
    try:
        yield
    finally:
        _turn.take()
