"""Watching a run costs a small share of it."""

from __future__ import annotations

import pytest

from qenn_core.analysis.records import DecisionMap
from qenn_core.jobs.live_map import FIRST_COARSER, SHARE, LiveMap


class Model:
    """Something that takes `per_point` seconds of its own clock for each point of a map."""

    def __init__(self, per_point: float) -> None:
        self.per_point = per_point
        self.now = 0.0
        self.drawn: list[int] = []

    def draw(self, resolution: int) -> DecisionMap:
        self.now += self.per_point * resolution**2
        self.drawn.append(resolution)
        return DecisionMap(axes=("a", "b"), x=(), y=(), winner=(), probability=(), exact=True)


@pytest.mark.parametrize("per_point", [1e-6, 1e-4, 1e-2])
def test_maps_take_their_share_of_the_time_and_no_more(per_point: float) -> None:
    model = Model(per_point)
    live_map = LiveMap(model.draw, 30, clock=lambda: model.now)
    first = per_point * (30 // FIRST_COARSER) ** 2
    for epoch in range(1, 201):
        trained = 0.1 * epoch
        if live_map.affordable(trained):
            live_map.draw()
        assert model.now <= max(SHARE * (trained + model.now), first) + 1e-9


def test_the_first_map_comes_at_once_and_is_coarse() -> None:
    model = Model(1e-6)
    live_map = LiveMap(model.draw, 30, clock=lambda: model.now)
    assert live_map.affordable(0.001)
    live_map.draw()
    live_map.draw()
    assert model.drawn == [10, 30]


def test_a_cheap_map_follows_every_epoch() -> None:
    model = Model(1e-6)
    live_map = LiveMap(model.draw, 30, clock=lambda: model.now)
    for epoch in range(1, 21):
        assert live_map.affordable(0.1 * epoch)
        live_map.draw()


def test_the_last_map_is_full_whatever_it_costs() -> None:
    model = Model(1.0)
    LiveMap(model.draw, 30, clock=lambda: model.now).draw_fully()
    assert model.drawn == [30]
