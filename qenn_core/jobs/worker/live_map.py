"""The decision map of a model in training, drawn as often as it costs little.

Some of the maps are kept, so that the training can be played back: more of the first epochs, in which most
changes.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from time import perf_counter

from qenn_core.analysis import DecisionMap

# Share of a run's time that drawing may take.
TIME_SHARE = 0.1
# Time that drawing may take in any case, so that a run of a second has a map for each of its epochs.
FREE_SECONDS = 0.25
# Epochs from one kept map to the next, as a share of those so far: at most 46 maps, for 500 epochs.
KEPT_SHARE = 1 / 8
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
    epochs_done : int
        Number of epochs before the first.
    clock : callable
        Returns seconds.
    n_rows : int
        Rows of the data that are predicted with each map, whatever its resolution.
    """

    def __init__(
        self,
        draw: Callable[[int], DecisionMap | None],
        resolution: int,
        epochs_done: int = 0,
        clock: Callable[[], float] = perf_counter,
        n_rows: int = 0,
    ) -> None:
        self._n_rows = n_rows
        self._draw = draw
        self._resolution = resolution
        self._clock = clock
        self._total_seconds = 0.0
        self._next_seconds = 0.0
        self._last_drawn = -inf
        self._next_kept = epochs_done + 1

    def is_due(self, epoch: int, training_seconds: float) -> bool:
        """Return whether to draw a map after `epoch`, at which training has taken `training_seconds`."""
        drawing = self._total_seconds + self._next_seconds
        if drawing <= FREE_SECONDS and epoch >= self._next_kept:
            return True
        waited = self._clock() - self._last_drawn >= INTERVAL_SECONDS
        return waited and drawing <= TIME_SHARE * (training_seconds + drawing)

    def is_kept(self, epoch: int) -> bool:
        """Return whether the map after `epoch` is to be kept; the next few are not."""
        if epoch < self._next_kept:
            return False
        self._next_kept = epoch + max(1, int(epoch * KEPT_SHARE))
        return True

    def draw(self) -> DecisionMap | None:
        """Draw the model as it is now; the first map is coarse."""
        if not self._total_seconds:
            coarse = max(2, self._resolution // FIRST_COARSENING)
            decision_map, seconds = self._draw_timed(coarse)
            self._next_seconds = seconds * self._n_predicted(self._resolution) / self._n_predicted(coarse)
        else:
            decision_map, self._next_seconds = self._draw_timed(self._resolution)
        return decision_map

    def draw_in_full(self) -> DecisionMap | None:
        """Draw the model as it is now in full resolution."""
        return self._draw_timed(self._resolution)[0]

    def _n_predicted(self, resolution: int) -> int:
        return resolution**2 + self._n_rows

    def _draw_timed(self, resolution: int) -> tuple[DecisionMap | None, float]:
        started = self._clock()
        decision_map = self._draw(resolution)
        self._last_drawn = self._clock()
        seconds = self._last_drawn - started
        self._total_seconds += seconds
        return decision_map, seconds
