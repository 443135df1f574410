"""A process that ends when something in it takes too long.

A thread that computes cannot be stopped from outside; a process can be ended, and its nanny replaces it.
"""

from __future__ import annotations

import faulthandler
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_lock = Lock()
_deadlines: dict[object, float] = {}
_nowhere = os.open(os.devnull, os.O_WRONLY)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """End this process if what is done meanwhile takes longer than `seconds`; several may be under way."""
    mark = object()
    with _lock:
        _deadlines[mark] = time.monotonic() + seconds
        _watch()
    try:
        yield
    finally:
        with _lock:
            del _deadlines[mark]
            _watch()


def _watch() -> None:
    # The only watch that needs no Python; there is one of it in a process.
    if _deadlines:
        left = min(_deadlines.values()) - time.monotonic()
        faulthandler.dump_traceback_later(max(left, 0.001), exit=True, file=_nowhere)
    else:
        faulthandler.cancel_dump_traceback_later()
