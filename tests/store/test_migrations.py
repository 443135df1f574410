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
from store.changes import ANNA, change, epoch, with_epochs
from store.conftest import Opener, Place

from qenn_core.store import schema, schema_upgrade
from qenn_core.store.database import Database
from qenn_core.store.entities import SavedState
from qenn_core.store.errors import StoreError
from qenn_core.store.location import DATABASE, HOME

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
MIGRATIONS = Path(schema_upgrade.__file__).parent / "migrations"


@pytest.fixture
def config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def test_the_versions_are_those_of_alembic(config: Config) -> None:
    script = ScriptDirectory.from_config(config)
    versions = [revision.revision for revision in script.walk_revisions()]
    assert versions[::-1] == schema_upgrade.known_versions()


def test_the_newest_version_has_the_tables_of_the_program(
    place: Place, database: Database, opening: Opener
) -> None:
    opening(place)
    with database.reading() as connection:
        # SQLite tells defaults in other words than it was given.
        context = MigrationContext.configure(connection, opts={"compare_server_default": bool(place.url)})
        assert compare_metadata(context, schema.metadata) == []


def test_the_command_for_changing_the_schema_finds_nothing_to_change(
    sqlite_place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME, str(sqlite_place.home))
    monkeypatch.delenv(DATABASE, raising=False)
    # Raises if there is.
    command.check(Config(toml_file=PYPROJECT))


def test_a_store_goes_down_and_up_with_rows_in_it(
    place: Place, database: Database, opening: Opener, config: Config
) -> None:
    store = opening(place)
    store.runs.save(new := change(name="kept"))
    store.runs.save(with_epochs(new.run, 1, checkpoint=SavedState(1, b"c")))
    store.uploads.keep(ANNA, "x", b"x")
    store.clean()
    store.close()

    # Down to nothing, version by version, and up again in the same way.
    for version in [*schema_upgrade.known_versions()[-2::-1], "base"]:
        with database.restructuring() as connection:
            config.attributes["connection"] = connection
            command.downgrade(config, version)
    with database.reading() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
    for version in schema_upgrade.known_versions():
        with database.restructuring() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, version)

    again = opening(place)
    again.runs.save(other := change())
    assert [run.id for run in again.runs.listed(ANNA)] == [other.run]


def test_a_new_file_is_set_up_for_readers_beside_a_writer(sqlite_place: Place) -> None:
    with closing(sqlite3.connect(sqlite_place.home / "studio.db")) as connection:
        (journal,) = connection.execute("PRAGMA journal_mode").fetchone()
        (vacuum,) = connection.execute("PRAGMA auto_vacuum").fetchone()
    assert (journal, vacuum) == ("wal", 1)


def test_a_table_that_is_made_anew_keeps_what_refers_to_it(
    place: Place, database: Database, opening: Opener
) -> None:
    store = opening(place)
    store.runs.save(new := change(name="kept"))
    store.runs.save(with_epochs(new.run, 1, checkpoint=SavedState(1, b"c")))
    store.close()
    with database.restructuring() as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("runs") as table:
            table.alter_column("name", type_=String(500))
    store = opening(place)
    assert store.runs.epochs(ANNA, new.run) == [epoch(1)]
    assert store.runs.checkpoint(ANNA, new.run) == SavedState(1, b"c")
    store.runs.delete(ANNA, new.run)
    with database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(schema.epochs)).scalar() == 0


def test_a_failed_migration_leaves_the_database_as_it_was(
    place: Place, database: Database, opening: Opener, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening(place).close()

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("in the middle")

    monkeypatch.setattr("alembic.op.drop_table", fail)

    def downgrade() -> None:
        with database.restructuring() as connection:
            connection.execute(text("DROP TABLE epochs"))
            config.attributes["connection"] = connection
            command.downgrade(config, "base")

    with pytest.raises(RuntimeError, match="in the middle"):
        downgrade()
    with database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(schema.epochs)).scalar() == 0


def test_a_database_of_a_newer_program_is_refused(place: Place, database: Database, opening: Opener) -> None:
    opening(place).close()
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"newer QENN Studio.*version 9999.*Install the newer"):
        opening(place)
