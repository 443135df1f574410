from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import String, func, inspect, select, text
from store.changes import ANNA, epoch, epochs_change, first_change
from store.conftest import Location, StoreOpener

from qenn_core.store import SavedState, StoreError, schema, schema_upgrade
from qenn_core.store.database import Database
from qenn_core.store.location import DATABASE_VARIABLE, HOME_VARIABLE

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
MIGRATIONS = Path(schema_upgrade.__file__).parent / "migrations"


@pytest.fixture(params=["sqlite", "own_postgresql"])
def location(request: pytest.FixtureRequest) -> Location:
    """An empty store whose tables a test may change."""
    found: Location = request.getfixturevalue(f"{request.param}_location")
    return found


@pytest.fixture
def config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def downgrade(database: Database, config: Config, version: str) -> None:
    with database.schema_transaction() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, version)


def test_known_versions_match_alembic(config: Config) -> None:
    script = ScriptDirectory.from_config(config)
    versions = [revision.revision for revision in script.walk_revisions()]
    assert versions[::-1] == schema_upgrade.known_versions()


def test_newest_version_matches_schema(
    location: Location, database: Database, open_store: StoreOpener
) -> None:
    open_store(location)
    with database.read_transaction() as connection:
        # SQLite spells defaults differently from how they were declared.
        context = MigrationContext.configure(connection, opts={"compare_server_default": bool(location.url)})
        assert compare_metadata(context, schema.metadata) == []


def test_alembic_command_finds_nothing_to_change(
    sqlite_location: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(sqlite_location.home))
    monkeypatch.delenv(DATABASE_VARIABLE, raising=False)
    # Raises if the schema differs from the migrations.
    command.check(Config(toml_file=PYPROJECT))


def test_migrates_down_and_up_with_rows(
    location: Location, database: Database, open_store: StoreOpener, config: Config
) -> None:
    store = open_store(location)
    store.runs.save(new := first_change(name="kept"))
    store.runs.save(epochs_change(new.run, 1, checkpoint=SavedState(1, b"c")))
    store.uploads.save(ANNA, "x", b"x")
    store.uploads.delete_expired()
    store.close()

    for version in [*schema_upgrade.known_versions()[-2::-1], "base"]:
        downgrade(database, config, version)
    with database.read_transaction() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
    for version in schema_upgrade.known_versions():
        with database.schema_transaction() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, version)

    reopened = open_store(location)
    reopened.runs.save(other := first_change())
    assert [run.id for run in reopened.runs.list_by_owner(ANNA)] == [other.run]


def columns_of_runs(database: Database) -> set[str]:
    with database.read_transaction() as connection:
        return {column["name"] for column in inspect(connection).get_columns("runs")}


def test_0002_keeps_rows_and_their_numbering(
    location: Location, database: Database, open_store: StoreOpener, config: Config
) -> None:
    store = open_store(location)
    store.runs.save(new := first_change(name="kept"))
    store.runs.save(epochs_change(new.run, 1, checkpoint=SavedState(1, b"c")))
    store.close()
    downgrade(database, config, "0001")
    assert "test_loss" in columns_of_runs(database)

    store = open_store(location)
    assert "test_loss" not in columns_of_runs(database)
    assert [run.name for run in store.runs.list_by_owner(ANNA)] == ["kept"]
    assert store.runs.epochs(ANNA, new.run) == [epoch(1)]
    store.runs.delete(ANNA, new.run)
    store.runs.save(first_change())
    with database.read_transaction() as connection:
        # The number of a deleted run is not used again.
        assert connection.execute(select(schema.runs.c.number)).scalars().all() == [2]


def test_new_file_allows_reading_while_writing(sqlite_location: Location) -> None:
    with closing(sqlite3.connect(sqlite_location.home / "studio.db")) as connection:
        (journal,) = connection.execute("PRAGMA journal_mode").fetchone()
        (vacuum,) = connection.execute("PRAGMA auto_vacuum").fetchone()
    assert (journal, vacuum) == ("wal", 1)


def test_rebuilding_a_table_keeps_referring_rows(
    location: Location, database: Database, open_store: StoreOpener
) -> None:
    store = open_store(location)
    store.runs.save(new := first_change(name="kept"))
    store.runs.save(epochs_change(new.run, 1, checkpoint=SavedState(1, b"c")))
    store.close()
    with database.schema_transaction() as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("runs") as table:
            table.alter_column("name", type_=String(500))
    store = open_store(location)
    assert store.runs.epochs(ANNA, new.run) == [epoch(1)]
    assert store.runs.checkpoint(ANNA, new.run) == SavedState(1, b"c")
    store.runs.delete(ANNA, new.run)
    with database.read_transaction() as connection:
        assert connection.execute(select(func.count()).select_from(schema.epochs)).scalar() == 0


def test_failed_migration_changes_nothing(
    location: Location,
    database: Database,
    open_store: StoreOpener,
    config: Config,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    open_store(location).close()

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("in the middle")

    monkeypatch.setattr("alembic.op.drop_table", fail)

    def drop_and_downgrade() -> None:
        with database.schema_transaction() as connection:
            connection.execute(text("DROP TABLE epochs"))
            config.attributes["connection"] = connection
            command.downgrade(config, "base")

    with pytest.raises(RuntimeError, match="in the middle"):
        drop_and_downgrade()
    with database.read_transaction() as connection:
        assert connection.execute(select(func.count()).select_from(schema.epochs)).scalar() == 0


def test_newer_database_is_rejected(location: Location, database: Database, open_store: StoreOpener) -> None:
    open_store(location).close()
    with database.write_transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"newer version of QENN Studio.*version 9999.*Install the newer"):
        open_store(location)
