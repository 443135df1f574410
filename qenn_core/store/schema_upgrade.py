"""Migration of a database to the newest schema."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from qenn_core.store.database import Database
from qenn_core.store.errors import StoreError

_MIGRATIONS = Path(__file__).parent / "migrations"
_VERSION_TABLE = "alembic_version"


def known_versions() -> list[str]:
    """Return the versions of the schema that this program supports, oldest first."""
    return sorted(path.name.split("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))


def migrate(database: Database) -> None:
    """Migrate the database to the newest schema; one that has it already is not changed.

    Raises
    ------
    StoreError
        If a newer version of the program has written it.
    """
    with database.read_transaction() as connection:
        version = _version(connection)
    if version == known_versions()[-1]:
        return
    if version is not None and version not in known_versions():
        raise StoreError(
            "The database was written by a newer version of QENN Studio.",
            f"Its schema has version {version}; this program supports versions up to {known_versions()[-1]}.",
            "Install the newer version, or use another folder or database.",
        )
    if version is None and database.is_file:
        _configure_new_file(database)
    _upgrade(database)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_VERSION_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {_VERSION_TABLE}")).scalar()


def _configure_new_file(database: Database) -> None:
    """Set the persistent options of an SQLite file, which cannot be set in a transaction."""
    with database.autocommit_connection() as connection:
        # Shrinks the file when something is deleted; must precede the first table.
        connection.exec_driver_sql("PRAGMA auto_vacuum=FULL")
        # Lets readers and a writer work at the same time.
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")


def _upgrade(database: Database) -> None:
    # Slow to import, and rarely needed.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    with database.schema_transaction() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
