"""A clock that is wrong deletes nothing."""

from __future__ import annotations

import pytest
from store.changes import ANNA, change
from store.clocks import HandClock
from store.conftest import Opener, Place

from qenn_core.store.store_age import DAY

YEAR = 365 * DAY


@pytest.mark.parametrize("jump", [YEAR, 30 * DAY, -YEAR])
def test_a_jump_while_the_server_runs(place: Place, opening: Opener, jump: float) -> None:
    clock = HandClock()
    store = opening(place, clock=clock.clock)
    store.uploads.keep(ANNA, "x", b"x")
    clock.pass_by(10 * DAY)
    clock.jump(jump)
    assert store.clean() == 0
    assert store.uploads.listed(ANNA)[0].days_left == 20
    clock.pass_by(20 * DAY + 1)
    assert store.clean() == 1


@pytest.mark.parametrize(("jump", "days_left"), [(YEAR, 29), (DAY / 2, 30), (-YEAR, 30)])
def test_a_jump_while_the_server_is_off(place: Place, opening: Opener, jump: float, days_left: int) -> None:
    clock = HandClock()
    store = opening(place, clock=clock.clock)
    store.uploads.keep(ANNA, "x", b"x")
    store.clean()
    store.close()
    clock.jump(jump)
    clock.restart()
    store = opening(place, clock=clock.clock)
    assert store.clean() == 0
    assert store.uploads.listed(ANNA)[0].days_left == days_left


def test_a_server_that_starts_every_day_lets_files_grow_old(place: Place, opening: Opener) -> None:
    clock = HandClock()
    opening(place, clock=clock.clock).uploads.keep(ANNA, "x", b"x")
    deleted = 0
    for _ in range(32):
        store = opening(place, clock=clock.clock)
        deleted += store.clean()
        store.close()
        clock.pass_by(DAY)
        clock.restart()
    assert deleted == 1


def test_two_servers_do_not_let_time_pass_twice(place: Place, opening: Opener) -> None:
    clock = HandClock()
    servers = [opening(place, clock=clock.clock) for _ in range(2)]
    servers[0].uploads.keep(ANNA, "x", b"x")
    for _ in range(20):
        clock.pass_by(DAY)
        assert [server.clean() for server in servers] == [0, 0]
    assert servers[1].uploads.listed(ANNA)[0].days_left == 10


def test_the_history_keeps_its_order(place: Place, opening: Opener) -> None:
    clock = HandClock()
    store = opening(place, clock=clock.clock)
    made = []
    for jump in (0.0, -YEAR, YEAR, -DAY):
        clock.jump(jump)
        store.runs.save(new := change())
        made.append(new.run)
    assert [run.id for run in store.runs.listed(ANNA)] == made[::-1]
