"""Connections and transactions: SQLite in a file, or PostgreSQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path

from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from qenn_core.store.errors import unavailable_error
from qenn_core.store.location import postgresql_url, sqlite_url

# How long to wait for another writer. No transaction of this program takes longer.
LOCK_SECONDS = 5
_SQLITE_PRAGMAS = {
    "busy_timeout": LOCK_SECONDS * 1000,
    "foreign_keys": "ON",
    # A commit returns once it is on the disk.
    "synchronous": "FULL",
    # Deleted content is overwritten.
    "secure_delete": "ON",
    # The write-ahead log shrinks back to this size after a large upload.
    "journal_size_limit": 16 * 2**20,
}
_POSTGRESQL_CONNECT_ARGS = {
    "connect_timeout": LOCK_SECONDS,
    # Milliseconds until a database server that vanished is noticed.
    "tcp_user_timeout": 10_000,
    # In turn, the database notices within a minute that this computer vanished, and releases its locks.
    "options": f"-c lock_timeout={LOCK_SECONDS * 1000}"
    " -c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3",
}
_AUTOCOMMIT = "AUTOCOMMIT"
# Separates the advisory locks of this program from those of others in the same PostgreSQL database.
_LOCK_NAMESPACE = int.from_bytes(b"QENN", "big")
_ACQUIRE_LOCK = text("SELECT pg_advisory_xact_lock(:namespace, :lock)")


class TransactionLock(IntEnum):
    """Operations that run one at a time; the values are the keys of PostgreSQL's advisory locks."""

    CHANGE_SCHEMA = 1
    CHANGE_UPLOADS = 2


class Database:
    """An SQLAlchemy engine whose errors are reported as `UnavailableError`.

    Parameters
    ----------
    home : Path
        The folder of the SQLite database.
    url : str, optional
        The URL of a PostgreSQL database to use instead.
    """

    def __init__(self, home: Path, url: str | None = None) -> None:
        self.is_file = url is None
        if url is None:
            self.engine = create_engine(sqlite_url(home), hide_parameters=True)
            event.listen(self.engine, "connect", _configure_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        else:
            self.engine = create_engine(
                postgresql_url(url),
                hide_parameters=True,
                connect_args=_POSTGRESQL_CONNECT_ARGS,
                pool_pre_ping=True,
            )

    @contextmanager
    def read_transaction(self) -> Iterator[Connection]:
        """Open a transaction that only reads and never waits for a writer.

        Yields
        ------
        Connection
            Its connection.

        Raises
        ------
        UnavailableError
            If the database cannot be used at the moment.
        """
        with translate_errors(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def write_transaction(self) -> Iterator[Connection]:
        """Open a transaction that commits at the end of the block, or rolls back after an exception.

        Yields
        ------
        Connection
            Its connection.

        Raises
        ------
        UnavailableError
            If the database cannot be used at the moment.
        """
        with (
            translate_errors(),
            self.engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def locked_transaction(self, lock: TransactionLock) -> Iterator[Connection]:
        """Open a `write_transaction` that excludes all others with the same lock."""
        with self.write_transaction() as connection:
            self._acquire(connection, lock)
            yield connection

    @contextmanager
    def schema_transaction(self) -> Iterator[Connection]:
        """Open a write transaction that may change tables.

        To change a column, SQLite rebuilds its table. Foreign keys are not enforced meanwhile, or
        the rows that refer to the old table would be deleted with it.
        """
        options = {"writes": True, "changes_schema": True}
        with translate_errors(), self.engine.connect().execution_options(**options) as connection:
            # Closed at the end rather than returned to the pool, whose connections enforce foreign keys.
            connection.detach()
            with connection.begin():
                self._acquire(connection, TransactionLock.CHANGE_SCHEMA)
                yield connection

    def _acquire(self, connection: Connection, lock: TransactionLock) -> None:
        if not self.is_file:  # SQLite allows one writer at a time anyway
            connection.execute(_ACQUIRE_LOCK, {"namespace": _LOCK_NAMESPACE, "lock": lock})

    def autocommit_connection(self) -> Connection:
        """Return a connection that commits each statement, for what is not allowed in a transaction."""
        connection = self.engine.connect().execution_options(isolation_level=_AUTOCOMMIT)
        # Not returned to the pool, whose users expect transactions.
        connection.detach()
        return connection

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


@contextmanager
def translate_errors() -> Iterator[None]:
    """Raise `UnavailableError` in place of an error that means the database cannot be used at the moment."""
    try:
        yield
    except (DBAPIError, PoolTimeout) as error:
        if translated := unavailable_error(error):
            raise translated from error
        raise


def _configure_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # `_begin_sqlite` begins the transactions instead of the driver.
    connection.isolation_level = None
    for name, value in _SQLITE_PRAGMAS.items():
        connection.execute(f"PRAGMA {name}={value}")


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("isolation_level") != _AUTOCOMMIT:
        if options.get("changes_schema"):
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        # A transaction that reads first and writes later fails if another one has written in between.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")
