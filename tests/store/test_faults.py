"""Real faults of a database while runs continue."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from store.changes import ANNA, first_change
from store.conftest import Location, StoreOpener
from store.faults import assert_changes_are_saved, assert_changes_wait, incompressible
from store.servers import TESTS
from store.waiting import wait_until

from qenn_core.store import Store, StoreError, UnavailableError, database


@pytest.fixture(autouse=True)
def _short_lock_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(database._SQLITE_PRAGMAS, "busy_timeout", 200)
    monkeypatch.setitem(database._POSTGRESQL_CONNECT_ARGS, "options", "-c lock_timeout=200")


def test_locked_file(sqlite_location: Location, open_store: StoreOpener) -> None:
    store = open_store(sqlite_location)
    store.runs.save(new := first_change(name="x"))
    with closing(sqlite3.connect(sqlite_location.home / "studio.db")) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert_changes_wait(store, new.run, "The database is locked.")
        # Reading shows the state before the lock; writing reports it.
        assert store.runs.epochs(ANNA, new.run) == []
        with pytest.raises(UnavailableError, match="is locked"):
            store.runs.star(ANNA, new.run, True)
        with pytest.raises(UnavailableError, match="is locked"):
            store.uploads.save(ANNA, "x", b"x")
        other.rollback()
        assert_changes_are_saved(store, new.run)


def test_locked_table(postgresql_location: Location, open_store: StoreOpener) -> None:
    store = open_store(postgresql_location)
    store.runs.save(new := first_change())
    assert postgresql_location.url is not None
    with psycopg.connect(postgresql_location.url) as other:
        other.execute("LOCK TABLE runs IN EXCLUSIVE MODE")
        assert_changes_wait(store, new.run, "The database is locked.")
        other.rollback()
        assert_changes_are_saved(store, new.run)


def test_full_disk(
    sqlite_location: Location, open_store: StoreOpener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(database._SQLITE_PRAGMAS, "max_page_count", 60)
    store = open_store(sqlite_location)
    store.runs.save(new := first_change())
    store.writer.enqueue(large := replace(first_change(), report=incompressible(500_000)))
    assert_changes_wait(store, new.run, "The disk is full.")
    monkeypatch.setitem(database._SQLITE_PRAGMAS, "max_page_count", 2**30)
    store.runs._database.engine.dispose()
    assert_changes_are_saved(store, new.run)
    wait_until(lambda: store.writer.is_saved(large.run))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_file_size_limit(sqlite_location: Location, open_store: StoreOpener) -> None:
    subprocess.run(
        [sys.executable, "-m", "store.limited_server", sqlite_location.home],
        env={"PYTHONPATH": f"{TESTS}:{TESTS.parent}"},
        check=True,
        timeout=60,
    )
    store = open_store(sqlite_location)
    assert len(store.runs.list_by_owner(ANNA)) == 2


@pytest.fixture
def administrator(postgresql: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgresql, autocommit=True) as connection:
        yield connection


def name_of(location: Location) -> str:
    assert location.url is not None
    return "test_" + location.url.rpartition("/test_")[2].partition("?")[0]


def test_database_is_unreachable_for_a_while(
    own_postgresql_location: Location, open_store: StoreOpener, administrator: psycopg.Connection
) -> None:
    store, other = open_store(own_postgresql_location), open_store(own_postgresql_location)
    store.runs.save(new := first_change(state="running"))
    name = name_of(own_postgresql_location)
    administrator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    administrator.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
    assert_changes_wait(store, new.run, "The database cannot be reached.")
    with pytest.raises(UnavailableError, match="cannot be reached"):
        store.runs.list_by_owner(ANNA)
    administrator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert_changes_are_saved(store, new.run)
    # The server has renewed its lease.
    assert other.runs.interrupt_orphans() == 0


def test_read_only_database(
    own_postgresql_location: Location, open_store: StoreOpener, administrator: psycopg.Connection
) -> None:
    name = name_of(own_postgresql_location)
    administrator.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    store = open_store(own_postgresql_location)
    store.writer.enqueue(new := first_change())
    assert_changes_wait(store, new.run, "The database cannot be written.")
    administrator.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    administrator.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
    assert_changes_are_saved(store, new.run)


@pytest.mark.parametrize(
    "content", [b"This is not a database." * 100, b"SQLite format 3\0" + b"\xff" * 5_000]
)
def test_file_that_is_not_a_database(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "studio.db").write_bytes(content)
    with pytest.raises(StoreError, match=r"The database is damaged\..*backup"):
        Store(tmp_path)
    assert (tmp_path / "studio.db").read_bytes() == content
