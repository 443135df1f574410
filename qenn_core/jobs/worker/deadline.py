"""Deadlines that end the process.

A computing thread cannot be stopped from outside. Its process can be ended, and the nanny replaces it.
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
_devnull = os.open(os.devnull, os.O_WRONLY)


@contextmanager
def enforced(seconds: float) -> Iterator[None]:
    """End this process if the block takes longer than `seconds`. Blocks in several threads may overlap."""
    token = object()
    with _lock:
        _deadlines[token] = time.monotonic() + seconds
        _reset_timer()
    try:
        yield
    finally:
        with _lock:
            del _deadlines[token]
            _reset_timer()


def _reset_timer() -> None:
    # This timer runs without the interpreter, which a computation may hold. A process has one of them.
    if _deadlines:
        left = min(_deadlines.values()) - time.monotonic()
        faulthandler.dump_traceback_later(max(left, 0.001), exit=True, file=_devnull)
    else:
        faulthandler.cancel_dump_traceback_later()
