"""The wall clock and the monotonic clock of a computer."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Clock:
    """The clocks that the store reads; tests replace them.

    Parameters
    ----------
    wall : callable
        Returns seconds since 1970. This clock can be set forward and back.
    monotonic : callable
        Returns seconds since an arbitrary moment. This clock cannot be set, and its values mean nothing in
        other processes.
    """

    wall: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic

    def now(self) -> datetime:
        """Return the time of the wall clock, in UTC."""
        return datetime.fromtimestamp(self.wall(), UTC)
