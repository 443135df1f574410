"""Leases that show which servers are alive.

Each server holds a lock, which the operating system or PostgreSQL releases when the process ends, however it
ends. This tells a killed server from one that is only busy, without comparing clocks.
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

from qenn_core.store.database import Database, translate_errors

_ACQUIRE = text("SELECT pg_advisory_lock(:key)")
_TRY_ACQUIRE = text("SELECT pg_try_advisory_xact_lock(:key)")
_PING = text("SELECT 1")


class Lease(Protocol):
    """The lease of this server, from which it also sees those of others."""

    server_id: str
    """The id of this server process."""

    def renew(self) -> None:
        """Acquire the lock again if it was lost."""

    def is_alive(self, server_id: str) -> bool:
        """Return whether a server holds its lease."""

    def release(self) -> None:
        """Release the lock."""


class FileLease:
    """A locked file, for servers on one computer.

    Parameters
    ----------
    folder : Path
        The folder of the lock files of all servers; files that dead servers left are deleted. Only one
        server at a time may be constructing its lease.
    """

    def __init__(self, folder: Path) -> None:
        self.server_id = uuid4().hex
        self._folder = folder
        folder.mkdir(mode=0o700, exist_ok=True)
        for path in folder.iterdir():
            if not self.is_alive(path.name):
                path.unlink(missing_ok=True)
        self._lock = self._file_lock(self.server_id)
        self._lock.acquire()

    def renew(self) -> None:
        """Do nothing: a file lock is never lost."""

    def is_alive(self, server_id: str) -> bool:
        """Return whether a server holds the lock of its file."""
        if not (self._folder / server_id).exists():
            return False
        lock = self._file_lock(server_id)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            return True
        lock.release()
        return False

    def release(self) -> None:
        """Release the lock and delete its file."""
        self._lock.release()
        (self._folder / self.server_id).unlink(missing_ok=True)

    def _file_lock(self, server_id: str) -> FileLock:
        return FileLock(self._folder / server_id, thread_local=False, fallback_to_soft=False)


class PostgresLease:
    """An advisory lock, for servers that share a PostgreSQL database.

    Parameters
    ----------
    database : Database
        The shared database. One connection to it stays open for the lease, since the lock ends with it.
    """

    def __init__(self, database: Database) -> None:
        self.server_id = uuid4().hex
        self._database = database
        self._mutex = Lock()
        self._connection = self._connect()

    def renew(self) -> None:
        """Acquire the lock again if its connection was lost."""
        with self._mutex:
            try:
                self._connection.execute(_PING)
            except SQLAlchemyError:
                self._disconnect()
                self._connection = self._connect()

    def is_alive(self, server_id: str) -> bool:
        """Return whether a server holds its advisory lock."""
        with self._database.read_transaction() as connection:
            return not connection.execute(_TRY_ACQUIRE, {"key": _lock_key(server_id)}).scalar_one()

    def release(self) -> None:
        """Release the lock."""
        with self._mutex:
            self._disconnect()

    def _connect(self) -> Connection:
        with translate_errors():
            connection = self._database.autocommit_connection()
            connection.execute(_ACQUIRE, {"key": _lock_key(self.server_id)})
            return connection

    def _disconnect(self) -> None:
        with contextlib.suppress(SQLAlchemyError):
            self._connection.close()


def _lock_key(server_id: str) -> int:
    """Return the key of a server's advisory lock: PostgreSQL takes a signed 64-bit integer."""
    return int.from_bytes(bytes.fromhex(server_id)[:8], "big", signed=True)
