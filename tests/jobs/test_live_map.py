"""Drawing decision maps takes a small share of a run's time."""

from __future__ import annotations

import pytest

from qenn_core.analysis.map_data import DecisionMap
from qenn_core.jobs.worker.live_map import FIRST_COARSENING, INTERVAL_SECONDS, TIME_SHARE, LiveMap


class Model:
    """A model whose maps take `per_point` seconds per point, by a clock of its own."""

    def __init__(self, per_point: float) -> None:
        self.per_point = per_point
        self.now = 0.0
        self.drawing = 0.0
        self.drawn: list[int] = []

    def train(self, seconds: float) -> float:
        """Let time pass; return the training time so far."""
        self.now += seconds
        return self.now - self.drawing

    def draw(self, resolution: int) -> DecisionMap:
        seconds = self.per_point * resolution**2
        self.now += seconds
        self.drawing += seconds
        self.drawn.append(resolution)
        return DecisionMap(axes=("a", "b"), x=(), y=(), winner=(), probability=(), exact=True)


@pytest.mark.parametrize("per_point", [1e-6, 1e-4, 1e-2])
def test_maps_keep_within_their_share_of_the_time(per_point: float) -> None:
    model = Model(per_point)
    live_map = LiveMap(model.draw, 30, clock=lambda: model.now)
    first_map = per_point * (30 // FIRST_COARSENING) ** 2
    for _ in range(200):
        if live_map.is_due(model.train(0.1)):
            live_map.draw()
        assert model.drawing <= max(TIME_SHARE * model.now, first_map) + 1e-9


def test_first_map_is_drawn_at_once_and_coarse() -> None:
    model = Model(1e-6)
    live_map = LiveMap(model.draw, 30, clock=lambda: model.now)
    assert live_map.is_due(0.001)
    live_map.draw()
    live_map.draw()
    assert model.drawn == [10, 30]


def test_cheap_maps_are_drawn_as_often_as_pages_poll() -> None:
    model = Model(1e-6)
    live_map = LiveMap(model.draw, 30, clock=lambda: model.now)
    for _ in range(1000):
        if live_map.is_due(model.train(0.01)):
            live_map.draw()
    assert 0.9 * 10 / INTERVAL_SECONDS <= len(model.drawn) <= 10 / INTERVAL_SECONDS + 1


def test_last_map_has_full_resolution() -> None:
    model = Model(1.0)
    LiveMap(model.draw, 30, clock=lambda: model.now).draw_in_full()
    assert model.drawn == [30]
