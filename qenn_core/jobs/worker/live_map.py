"""The decision map of a model in training, drawn as often as it costs little."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from time import perf_counter

from qenn_core.analysis import DecisionMap

# Share of a run's time that drawing may take.
TIME_SHARE = 0.1
# Shortest time from one map to the next; pages do not poll more often.
INTERVAL_SECONDS = 0.25
# Points along each axis: enough for a smooth border. With noise, each point costs some ten times more.
RESOLUTION = 40
RESOLUTION_NOISY = 20
# The cost of the first map is unknown, so it has a ninth of the points.
FIRST_COARSENING = 3


class LiveMap:
    """Decides when to draw, from what the maps so far have cost.

    Parameters
    ----------
    draw : callable
        Draws the model as it is now at a resolution; returns ``None`` for data without a plane.
    resolution : int
        Points along each axis of a full map.
    clock : callable
        Returns seconds.
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
        self._total_seconds = 0.0
        self._next_seconds = 0.0
        self._last_drawn = -inf

    def is_due(self, training_seconds: float) -> bool:
        """Return whether a map now would keep within its share of the time, after `training_seconds`."""
        drawing = self._total_seconds + self._next_seconds
        waited = self._clock() - self._last_drawn >= INTERVAL_SECONDS
        return waited and drawing <= TIME_SHARE * (training_seconds + drawing)

    def draw(self) -> DecisionMap | None:
        """Draw the model as it is now; the first map is coarse."""
        if not self._total_seconds:
            coarse = max(2, self._resolution // FIRST_COARSENING)
            decision_map, seconds = self._draw_timed(coarse)
            self._next_seconds = seconds * (self._resolution / coarse) ** 2
        else:
            decision_map, self._next_seconds = self._draw_timed(self._resolution)
        return decision_map

    def draw_in_full(self) -> DecisionMap | None:
        """Draw the model as it is now in full resolution."""
        return self._draw_timed(self._resolution)[0]

    def _draw_timed(self, resolution: int) -> tuple[DecisionMap | None, float]:
        started = self._clock()
        decision_map = self._draw(resolution)
        self._last_drawn = self._clock()
        seconds = self._last_drawn - started
        self._total_seconds += seconds
        return decision_map, seconds
