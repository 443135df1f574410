"""The lock that lets one thread of a worker process compute at a time.

Circuits are not thread-safe. The lock is fair: a training that yields between its steps waits for the
requests that were waiting then, and no longer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class FairLock:
    """A lock that goes to the thread that has waited longest."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._locked = False
        self._waiting: deque[Lock] = deque()

    def acquire(self) -> None:
        """Wait for the lock and take it."""
        with self._guard:
            if not self._locked:
                self._locked = True
                return
            ready = Lock()
            ready.acquire()
            self._waiting.append(ready)
        # The lock stays locked while it passes from thread to thread, so that no other can slip in between.
        ready.acquire()

    def release(self) -> None:
        """Pass the lock to the next thread, or unlock it."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._locked = False

    def yield_to_waiting(self) -> None:
        """Let all threads that are waiting now go first; to be called by the holder of the lock."""
        if self._waiting:
            self.release()
            self.acquire()


_lock = FairLock()
yield_to_waiting = _lock.yield_to_waiting


@contextmanager
def held() -> Iterator[None]:
    """Hold the lock of this process within the block."""
    _lock.acquire()
    try:
        yield
    finally:
        _lock.release()


@contextmanager
def released() -> Iterator[None]:
    """Release the lock of this process within the block, to let others compute during a wait."""
    _lock.release()
    try:
        yield
    finally:
        _lock.acquire()
