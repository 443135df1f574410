"""Bringing a database to the newest schema."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from qenn_core.store.database import Database
from qenn_core.store.errors import StoreError

_MIGRATIONS = Path(__file__).parent / "migrations"
_VERSION_TABLE = "alembic_version"


def known_versions() -> list[str]:
    """Return the versions of the schema that this program knows, oldest first."""
    return sorted(path.name.split("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))


def migrate(database: Database) -> None:
    """Bring the database to the newest schema; one that is there already is only looked at.

    Raises
    ------
    StoreError
        If a newer program has written it.
    """
    with database.reading() as connection:
        version = _version(connection)
    if version == known_versions()[-1]:
        return
    if version is not None and version not in known_versions():
        raise StoreError(
            "The database was written by a newer QENN Studio.",
            f"It is of version {version}, and this program knows up to {known_versions()[-1]}.",
            "Install the newer program again, or use another folder or database.",
        )
    if version is None and database.is_file:
        _set_up_file(database)
    _upgrade(database)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_VERSION_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {_VERSION_TABLE}")).scalar()


def _set_up_file(database: Database) -> None:
    """Set what stays with an SQLite file, and can only be set outside of a transaction."""
    with database.autocommitting() as connection:
        # Before the first table: the file shrinks when something is deleted.
        connection.exec_driver_sql("PRAGMA auto_vacuum=FULL")
        # Readers and a writer do not wait for each other.
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")


def _upgrade(database: Database) -> None:
    # Slow to import, and needed once.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with database.restructuring() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
