"""Which servers live: each holds a lock that the system takes back when the process ends, however it ends.

No clock is asked, and a server that was killed is told from one that is busy.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from threading import Lock
from typing import Protocol
from uuid import uuid4

from filelock import FileLock, Timeout
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from qenn_core.store.database import Database, in_words

_LOCK = text("SELECT pg_advisory_lock(:key)")
_TRY = text("SELECT pg_try_advisory_xact_lock(:key)")
_ALIVE = text("SELECT 1")


class Presence(Protocol):
    """A server among all that share the store."""

    server: str
    """The id of this process."""

    def hold(self) -> None:
        """Make sure that the others see this server."""

    def lives(self, server: str) -> bool:
        """Tell whether a server is at work."""

    def close(self) -> None:
        """Be gone."""


class FileLease:
    """Servers of one computer: each locks a file of its own, and whoever starts sweeps up what the dead left.

    Parameters
    ----------
    folder : Path
        Where the files lie. Who comes here one after another is seen by those who come later.
    """

    def __init__(self, folder: Path) -> None:
        self.server = uuid4().hex
        self._folder = folder
        folder.mkdir(mode=0o700, exist_ok=True)
        for path in folder.iterdir():
            if not self.lives(path.name):
                path.unlink(missing_ok=True)
        self._lock = self._lock_of(self.server)
        self._lock.acquire()

    def hold(self) -> None:
        """Do nothing: the lock of a file is not lost."""

    def lives(self, server: str) -> bool:
        """Tell whether a server holds its file."""
        if not (self._folder / server).exists():
            return False
        lock = self._lock_of(server)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            return True
        lock.release()
        return False

    def close(self) -> None:
        """Let go of the file and remove it."""
        self._lock.release()
        (self._folder / self.server).unlink(missing_ok=True)

    def _lock_of(self, server: str) -> FileLock:
        return FileLock(self._folder / server, thread_local=False, fallback_to_soft=False)


class PostgresLease:
    """Servers that share a PostgreSQL database: each holds an advisory lock as long as its connection stands.

    Parameters
    ----------
    database : Database
        Theirs. One of its connections is kept for this.
    """

    def __init__(self, database: Database) -> None:
        self.server = uuid4().hex
        self._database = database
        self._mutex = Lock()
        self._connection = self._connected()

    def hold(self) -> None:
        """Take the lock again if the database was started anew."""
        with self._mutex:
            try:
                self._connection.execute(_ALIVE)
            except SQLAlchemyError:
                self._let_go()
                self._connection = self._connected()

    def lives(self, server: str) -> bool:
        """Tell whether a server holds its lock."""
        with self._database.reading() as connection:
            return not connection.execute(_TRY, {"key": _key(server)}).scalar_one()

    def close(self) -> None:
        """Let go of the lock."""
        with self._mutex:
            self._let_go()

    def _connected(self) -> Connection:
        with in_words():
            connection = self._database.autocommitting()
            connection.execute(_LOCK, {"key": _key(self.server)})
            return connection

    def _let_go(self) -> None:
        # The session ends with its connection, and the lock with the session.
        with contextlib.suppress(SQLAlchemyError):
            self._connection.close()


def _key(server: str) -> int:
    """Return the number of a server's lock, which PostgreSQL wants in 64 bits."""
    return int.from_bytes(bytes.fromhex(server)[:8], "big", signed=True)
