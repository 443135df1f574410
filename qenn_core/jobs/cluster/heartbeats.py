"""Which workers answer: each reports to the scheduler twice a second, also while it trains."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import monotonic

# On a busy machine, a worker that is well may be late by some seconds.
SILENT_SECONDS = 8.0


class Heartbeats:
    """The heartbeats of the workers, by a clock of this process: nobody can set it, and no two have to agree.

    Parameters
    ----------
    clock : callable
        Returns monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._latest: Mapping[str, float] = {}
        self._heard: dict[str, float] = {}
        self._noted = 0.0

    def note(self, latest: Mapping[str, float]) -> None:
        """Note when the scheduler has last heard from each worker, by its own clock."""
        self._noted = self._clock()
        before = self._latest
        self._heard = {
            worker: self._heard[worker] if before.get(worker) == seen else self._noted
            for worker, seen in latest.items()
        }
        self._latest = latest

    def is_silent(self, worker: str) -> bool:
        """Return whether a worker had not been heard of for a while when the scheduler was last asked."""
        return self._noted - self._heard.get(worker, self._noted) > SILENT_SECONDS
