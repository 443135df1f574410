"""Clocks that a test moves."""

from __future__ import annotations

from qenn_core.store.clock import Clock


class ManualClock:
    """The clocks of a computer, moved by hand."""

    def __init__(self, wall: float = 1_800_000_000.0) -> None:
        self._wall = wall
        self._monotonic = 1_000.0
        self.clock = Clock(lambda: self._wall, lambda: self._monotonic)

    def advance(self, seconds: float) -> None:
        """Advance both clocks."""
        self._wall += seconds
        self._monotonic += seconds

    def set_wall_clock(self, seconds: float) -> None:
        """Set the wall clock forward, or back if `seconds` is negative."""
        self._wall += seconds

    def reboot(self) -> None:
        """Restart the monotonic clock, as a reboot does."""
        self._monotonic = 0.0
