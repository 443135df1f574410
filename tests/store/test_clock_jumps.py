"""A wrong clock deletes nothing."""

from __future__ import annotations

import pytest
from store.changes import ANNA, first_change
from store.clocks import ManualClock
from store.conftest import Location, StoreOpener

from qenn_core.store.store_age import DAY

YEAR = 365 * DAY


@pytest.mark.parametrize("jump", [YEAR, 30 * DAY, -YEAR])
def test_clock_set_while_server_runs(location: Location, open_store: StoreOpener, jump: float) -> None:
    clock = ManualClock()
    store = open_store(location, clock=clock.clock)
    store.uploads.save(ANNA, "x", b"x")
    clock.advance(10 * DAY)
    clock.set_wall_clock(jump)
    assert store.uploads.delete_expired() == 0
    assert store.uploads.list_by_owner(ANNA)[0].days_left == 20
    clock.advance(20 * DAY + 1)
    assert store.uploads.delete_expired() == 1


@pytest.mark.parametrize(("jump", "days_left"), [(YEAR, 29), (DAY / 2, 30), (-YEAR, 30)])
def test_clock_set_while_server_is_off(
    location: Location, open_store: StoreOpener, jump: float, days_left: int
) -> None:
    clock = ManualClock()
    store = open_store(location, clock=clock.clock)
    store.uploads.save(ANNA, "x", b"x")
    store.uploads.delete_expired()
    store.close()
    clock.set_wall_clock(jump)
    clock.reboot()
    store = open_store(location, clock=clock.clock)
    assert store.uploads.delete_expired() == 0
    assert store.uploads.list_by_owner(ANNA)[0].days_left == days_left


def test_files_expire_when_server_starts_every_day(location: Location, open_store: StoreOpener) -> None:
    clock = ManualClock()
    open_store(location, clock=clock.clock, upload_days=4).uploads.save(ANNA, "x", b"x")
    deleted = []
    for _ in range(6):
        store = open_store(location, clock=clock.clock, upload_days=4)
        deleted.append(store.uploads.delete_expired())
        store.close()
        clock.advance(DAY)
        clock.reboot()
    assert deleted == [0, 0, 0, 0, 0, 1]


def test_two_servers_do_not_count_time_twice(location: Location, open_store: StoreOpener) -> None:
    clock = ManualClock()
    servers = [open_store(location, clock=clock.clock) for _ in range(2)]
    servers[0].uploads.save(ANNA, "x", b"x")
    for _ in range(20):
        clock.advance(DAY)
        assert [server.uploads.delete_expired() for server in servers] == [0, 0]
    assert servers[1].uploads.list_by_owner(ANNA)[0].days_left == 10


def test_history_keeps_its_order(location: Location, open_store: StoreOpener) -> None:
    clock = ManualClock()
    store = open_store(location, clock=clock.clock)
    created = []
    for jump in (0.0, -YEAR, YEAR, -DAY):
        clock.set_wall_clock(jump)
        store.runs.save(new := first_change())
        created.append(new.run)
    assert [run.id for run in store.runs.list_by_owner(ANNA)] == created[::-1]
