"""Clocks that a test moves."""

from __future__ import annotations

from qenn_core.store.clock import Clock


class HandClock:
    """A computer's clocks, both moved by hand."""

    def __init__(self, wall: float = 1_800_000_000.0) -> None:
        self._wall = wall
        self._monotonic = 1_000.0
        self.clock = Clock(lambda: self._wall, lambda: self._monotonic)

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        self._wall += seconds
        self._monotonic += seconds

    def jump(self, seconds: float) -> None:
        """Set the wall's clock, forward or back."""
        self._wall += seconds

    def restart(self) -> None:
        """Begin to count anew, as after a start of the computer."""
        self._monotonic = 0.0
