"""The two clocks of a computer."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Clock:
    """Tells the time.

    Parameters
    ----------
    wall : callable
        Seconds since 1970, as the computer believes; it can be set, forward and back.
    monotonic : callable
        Seconds since some moment, which cannot be set, and says nothing in another process.
    """

    wall: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic

    def now(self) -> datetime:
        """Return the wall's time, in UTC."""
        return datetime.fromtimestamp(self.wall(), UTC)
