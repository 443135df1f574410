"""Drawing decision maps takes a small share of a run's time."""

from __future__ import annotations

import pytest

from qenn_core.analysis.map_data import DecisionMap
from qenn_core.jobs.worker.live_map import (
    FIRST_COARSENING,
    FREE_SECONDS,
    INTERVAL_SECONDS,
    TIME_SHARE,
    LiveMap,
)


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
    for epoch in range(1, 201):
        if live_map.is_due(epoch, model.train(0.1)):
            live_map.draw()
        assert model.drawing <= max(TIME_SHARE * model.now, first_map, FREE_SECONDS) + 1e-9


def test_first_map_is_drawn_at_once_and_coarse() -> None:
    model = Model(1e-6)
    live_map = LiveMap(model.draw, 30, clock=lambda: model.now)
    assert live_map.is_due(1, 0.001)
    live_map.draw()
    live_map.draw()
    assert model.drawn == [10, 30]


def test_cheap_maps_are_drawn_as_often_as_pages_poll() -> None:
    model = Model(1e-6)
    live_map = LiveMap(model.draw, 30, clock=lambda: model.now)
    n_kept = 0
    for epoch in range(1, 1001):
        if live_map.is_due(epoch, model.train(0.01)):
            live_map.draw()
            n_kept += live_map.is_kept(epoch)
    assert 0.9 * 10 / INTERVAL_SECONDS <= len(model.drawn) <= 10 / INTERVAL_SECONDS + 1 + n_kept


@pytest.mark.parametrize(("epochs", "kept"), [(15, range(15, 16)), (30, range(20, 24)), (500, range(35, 51))])
def test_a_short_run_keeps_its_maps_and_a_long_one_not_many_more(epochs: int, kept: range) -> None:
    model = Model(1e-6)
    live_map = LiveMap(model.draw, 30, clock=lambda: model.now)
    n_kept = 0
    for epoch in range(1, epochs + 1):
        if live_map.is_due(epoch, model.train(0.03)):
            live_map.draw()
            n_kept += live_map.is_kept(epoch)
    assert n_kept in kept


def test_last_map_has_full_resolution() -> None:
    model = Model(1.0)
    LiveMap(model.draw, 30, clock=lambda: model.now).draw_in_full()
    assert model.drawn == [30]
