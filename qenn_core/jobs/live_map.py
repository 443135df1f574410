"""The decision map of a model that is being trained, drawn as often as it costs little."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from time import perf_counter

from qenn_core.analysis import DecisionMap

# The share of a run's time that watching it may take.
SHARE = 0.1
# Seconds from one map to the next; a page does not look more often.
PACE = 0.25
# Points along each axis: enough for a smooth border; under noise each point costs some ten times more.
RESOLUTION = 40
RESOLUTION_NOISY = 20
# The first map comes before its cost is known, so it has a ninth of the points.
FIRST_COARSER = 3


class LiveMap:
    """Decides when to draw, from what the maps so far have cost.

    Parameters
    ----------
    draw : callable
        Takes a resolution to the map of the model as it is now, or ``None`` where there is no plane.
    resolution : int
        Points along each axis of a full map.
    clock : callable
        Tells the time in seconds.
    """

    def __init__(
        self,
        draw: Callable[[int], DecisionMap | None],
        resolution: int,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self._draw = draw
        self._resolution = resolution
        self._clock = clock
        self._spent = 0.0
        self._expected = 0.0
        self._latest = -inf

    def due(self, trained: float) -> bool:
        """Whether it is time for a map that keeps within its share, after `trained` seconds of training."""
        after = self._spent + self._expected
        return self._clock() - self._latest >= PACE and after <= SHARE * (trained + after)

    def draw(self) -> DecisionMap | None:
        """Draw the model as it is now; a coarse map at first."""
        if not self._spent:
            coarse = max(2, self._resolution // FIRST_COARSER)
            drawn, seconds = self._timed(coarse)
            self._expected = seconds * (self._resolution / coarse) ** 2
        else:
            drawn, self._expected = self._timed(self._resolution)
        return drawn

    def draw_fully(self) -> DecisionMap | None:
        """Draw the model as it is now, in full."""
        return self._timed(self._resolution)[0]

    def _timed(self, resolution: int) -> tuple[DecisionMap | None, float]:
        begun = self._clock()
        drawn = self._draw(resolution)
        self._latest = self._clock()
        seconds = self._latest - begun
        self._spent += seconds
        return drawn, seconds
