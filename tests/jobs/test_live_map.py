"""Watching a run costs a small share of it."""

from __future__ import annotations

import pytest

from qenn_core.analysis.map_data import DecisionMap
from qenn_core.jobs.live_map import FIRST_COARSER, PACE, SHARE, LiveMap


class Model:
    """Something that takes `per_point` seconds of its own clock for each point of a map."""

    def __init__(self, per_point: float) -> None:
        self.per_point = per_point
        self.now = 0.0
        self.drawing = 0.0
        self.drawn: list[int] = []

    def train(self, seconds: float) -> float:
        """Let so much time go by; return the time spent training so far."""
        self.now += seconds
        return self.now - self.drawing

    def draw(self, resolution: int) -> DecisionMap:
        seconds = self.per_point * resolution**2
        self.now += seconds
        self.drawing += seconds
        self.drawn.append(resolution)
        return DecisionMap(axes=("a", "b"), x=(), y=(), winner=(), probability=(), exact=True)


@pytest.mark.parametrize("per_point", [1e-6, 1e-4, 1e-2])
def test_maps_take_their_share_of_the_time_and_no_more(per_point: float) -> None:
    model = Model(per_point)
    live_map = LiveMap(model.draw, 30, clock=lambda: model.now)
    first = per_point * (30 // FIRST_COARSER) ** 2
    for _ in range(200):
        if live_map.due(model.train(0.1)):
            live_map.draw()
        assert model.drawing <= max(SHARE * model.now, first) + 1e-9


def test_the_first_map_comes_at_once_and_is_coarse() -> None:
    model = Model(1e-6)
    live_map = LiveMap(model.draw, 30, clock=lambda: model.now)
    assert live_map.due(0.001)
    live_map.draw()
    live_map.draw()
    assert model.drawn == [10, 30]


def test_cheap_maps_come_as_often_as_a_page_looks() -> None:
    model = Model(1e-6)
    live_map = LiveMap(model.draw, 30, clock=lambda: model.now)
    for _ in range(1000):
        if live_map.due(model.train(0.01)):
            live_map.draw()
    assert 0.9 * 10 / PACE <= len(model.drawn) <= 10 / PACE + 1


def test_the_last_map_is_full_whatever_it_costs() -> None:
    model = Model(1.0)
    LiveMap(model.draw, 30, clock=lambda: model.now).draw_fully()
    assert model.drawn == [30]
