"""The connection to the database: SQLite in a file, or PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from qenn_core.store.errors import unavailable
from qenn_core.store.location import postgresql_url, sqlite_url

# How long one waits for another that writes. Nothing of ours takes longer, so who does is a stranger.
LOCK_SECONDS = 5
_PRAGMAS = {
    "busy_timeout": LOCK_SECONDS * 1000,
    "foreign_keys": "ON",
    # A commit is on the disk when it returns.
    "synchronous": "FULL",
    # What was deleted is overwritten.
    "secure_delete": "ON",
    # The file of what was written last is cut back to this after a large upload.
    "journal_size_limit": 16 * 2**20,
}
_POSTGRESQL = {
    "connect_timeout": LOCK_SECONDS,
    # A server that has gone without a word is noticed in these milliseconds.
    "tcp_user_timeout": 10_000,
    # And in turn the database notices in a minute when this computer has gone, and lets go of its locks.
    "options": f"-c lock_timeout={LOCK_SECONDS * 1000}"
    " -c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3",
}
_AUTOCOMMIT = "AUTOCOMMIT"
# Tells this program's locks of PostgreSQL from those of others in the same database.
_LOCK_SPACE = int.from_bytes(b"QENN", "big")
_TAKE_TURN = text("SELECT pg_advisory_xact_lock(:space, :purpose)")


class Purpose(IntEnum):
    """What one does at a time; PostgreSQL knows them by these numbers."""

    RESTRUCTURE = 1
    CHANGE_UPLOADS = 2


class Database:
    """Gives out connections, and says in words why it cannot.

    Parameters
    ----------
    home : Path
        The folder in which an SQLite database lies.
    url : str, optional
        The URL of a PostgreSQL database.
    """

    def __init__(self, home: Path, url: str | None = None) -> None:
        self.is_file = url is None
        if url is None:
            self.engine = create_engine(sqlite_url(home), hide_parameters=True)
            event.listen(self.engine, "connect", _prepare)
            event.listen(self.engine, "begin", _begin)
        else:
            self.engine = create_engine(
                postgresql_url(url), hide_parameters=True, connect_args=_POSTGRESQL, pool_pre_ping=True
            )

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection for a statement that only reads, which waits for no writer.

        Raises
        ------
        UnavailableError
            If the database cannot be used at present.
        """
        with in_words(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection whose changes are all saved at the end of the block, or none of them.

        Raises
        ------
        UnavailableError
            If the database cannot be used at present.
        """
        with (
            in_words(),
            self.engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def writing_alone(self, purpose: Purpose) -> Iterator[Connection]:
        """Do as `writing`, while no other connection is in such a block of the same purpose."""
        with self.writing() as connection:
            self._take_turn(connection, purpose)
            yield connection

    @contextmanager
    def restructuring(self) -> Iterator[Connection]:
        """Give a connection whose changes of tables are all saved at the end of the block, or none of them.

        SQLite changes a column by making its table anew. What refers to rows of the old table must not be
        deleted with it, so references are not watched meanwhile.
        """
        options = {"writes": True, "restructures": True}
        with in_words(), self.engine.connect().execution_options(**options) as connection:
            # It is closed at the end: others want references to be watched.
            connection.detach()
            with connection.begin():
                self._take_turn(connection, Purpose.RESTRUCTURE)
                yield connection

    def _take_turn(self, connection: Connection, purpose: Purpose) -> None:
        if not self.is_file:  # SQLite has one writer at a time anyway
            connection.execute(_TAKE_TURN, {"space": _LOCK_SPACE, "purpose": purpose})

    def autocommitting(self) -> Connection:
        """Return a connection that commits each statement, for what is not allowed in a transaction."""
        connection = self.engine.connect().execution_options(isolation_level=_AUTOCOMMIT)
        # It is not given to others, who count on transactions.
        connection.detach()
        return connection

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


@contextmanager
def in_words() -> Iterator[None]:
    """Raise `UnavailableError` for an error that says that the database cannot be used at present."""
    try:
        yield
    except (DBAPIError, PoolTimeout) as error:
        if words := unavailable(error):
            raise words from error
        raise


def _prepare(connection: Any, _record: Any) -> None:
    # The driver shall not begin transactions by itself; `_begin` does.
    connection.isolation_level = None
    for name, value in _PRAGMAS.items():
        connection.execute(f"PRAGMA {name}={value}")


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("isolation_level") != _AUTOCOMMIT:
        if options.get("restructures"):
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        # A transaction that reads first and writes later could find that another has written in between.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")
