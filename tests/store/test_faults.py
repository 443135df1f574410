"""Faults that really happen to a database, while runs go on."""

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
from store.changes import ANNA, change
from store.conftest import Opener, Place
from store.faults import goes_on, incompressible, is_made_up_for
from store.servers import TESTS
from store.waiting import until

from qenn_core.store import database
from qenn_core.store.errors import StoreError, UnavailableError
from qenn_core.store.store import Store


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a lock no longer than a test wants to."""
    monkeypatch.setitem(database._PRAGMAS, "busy_timeout", 200)
    monkeypatch.setitem(database._POSTGRESQL, "options", "-c lock_timeout=200")


def test_a_locked_file(sqlite_place: Place, opening: Opener) -> None:
    store = opening(sqlite_place)
    store.runs.save(new := change(name="x"))
    with closing(sqlite3.connect(sqlite_place.home / "studio.db")) as stranger:
        stranger.execute("BEGIN EXCLUSIVE")
        goes_on(store, new.run, "The database is locked.")
        # What is read is the state before; who wants to write hears why not.
        assert store.runs.epochs(ANNA, new.run) == []
        with pytest.raises(UnavailableError, match="is locked"):
            store.runs.star(ANNA, new.run, True)
        with pytest.raises(UnavailableError, match="is locked"):
            store.uploads.keep(ANNA, "x", b"x")
        stranger.rollback()
        is_made_up_for(store, new.run)


def test_a_locked_table(postgresql_place: Place, opening: Opener) -> None:
    store = opening(postgresql_place)
    store.runs.save(new := change())
    assert postgresql_place.url is not None
    with psycopg.connect(postgresql_place.url) as stranger:
        stranger.execute("LOCK TABLE runs IN EXCLUSIVE MODE")
        goes_on(store, new.run, "The database is locked.")
        stranger.rollback()
        is_made_up_for(store, new.run)


def test_a_full_disk(sqlite_place: Place, opening: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(database._PRAGMAS, "max_page_count", 60)
    store = opening(sqlite_place)
    store.runs.save(new := change())
    store.writer.put(large := replace(change(), report=incompressible(500_000)))
    goes_on(store, new.run, "The disk is full.")
    monkeypatch.setitem(database._PRAGMAS, "max_page_count", 2**30)
    store.runs._database.engine.dispose()
    is_made_up_for(store, new.run)
    until(lambda: store.writer.is_saved(large.run))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_a_limit_on_the_size_of_files(sqlite_place: Place, opening: Opener) -> None:
    subprocess.run(
        [sys.executable, "-m", "store.limited_server", sqlite_place.home],
        env={"PYTHONPATH": f"{TESTS}:{TESTS.parent}"},
        check=True,
        timeout=60,
    )
    store = opening(sqlite_place)
    assert len(store.runs.listed(ANNA)) == 2


@pytest.fixture
def administrator(postgresql: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgresql, autocommit=True) as connection:
        yield connection


def name_of(place: Place) -> str:
    assert place.url is not None
    return place.url.rpartition("/test_")[2].partition("?")[0]


def test_a_database_that_is_gone_for_a_while(
    postgresql_place: Place, opening: Opener, administrator: psycopg.Connection
) -> None:
    store, other = opening(postgresql_place), opening(postgresql_place)
    store.runs.save(new := change(state="running"))
    name = f"test_{name_of(postgresql_place)}"
    administrator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    administrator.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
    goes_on(store, new.run, "The database cannot be reached.")
    with pytest.raises(UnavailableError, match="cannot be reached"):
        store.runs.listed(ANNA)
    administrator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    is_made_up_for(store, new.run)
    # The others see this server again.
    assert other.runs.interrupt_orphans() == 0


def test_a_database_that_may_only_be_read(
    postgresql_place: Place, opening: Opener, administrator: psycopg.Connection
) -> None:
    name = f"test_{name_of(postgresql_place)}"
    administrator.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    store = opening(postgresql_place)
    store.writer.put(new := change())
    goes_on(store, new.run, "The database cannot be written.")
    administrator.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    administrator.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
    is_made_up_for(store, new.run)


@pytest.mark.parametrize(
    "content", [b"This is no database at all." * 100, b"SQLite format 3\0" + b"\xff" * 5_000]
)
def test_a_file_that_is_no_database(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "studio.db").write_bytes(content)
    with pytest.raises(StoreError, match=r"The database is damaged\..*back-up"):
        Store(tmp_path)
    assert (tmp_path / "studio.db").read_bytes() == content
