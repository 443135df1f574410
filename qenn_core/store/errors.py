"""Errors of the store, with messages for the person at the screen."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from qenn_core.errors import QennError


class StoreError(QennError):
    """Something cannot be stored or read."""


class UnavailableError(StoreError):
    """The database cannot be used at the moment."""


class DamagedError(StoreError):
    """Stored content differs from what was written."""


_RETRY = "Try again in a minute. If it happens again, ask the server's administrator."
_LOCKED = (
    "The database is locked.",
    "Another program, perhaps a backup, is using it.",
    _RETRY,
)
_DISK_FULL = (
    "The disk is full.",
    "The database cannot grow.",
    "The server's administrator has to free disk space.",
)
_READ_ONLY = (
    "The database cannot be written.",
    "The server may only read its file, or its account allows only reading.",
    "The server's administrator has to grant it write access.",
)
_IO_ERROR = (
    "The database cannot be read or written.",
    "The disk reports an error, or the file has reached a size limit.",
    "The server's administrator finds details in the system log.",
)
_DAMAGED = (
    "The database is damaged.",
    "Another program changed its file, or the disk has errors.",
    "The server's administrator has to restore the latest backup.",
)
_UNREACHABLE = (
    "The database cannot be reached.",
    "It was stopped, is still starting, or the network is down.",
    _RETRY,
)
_LOGIN_REJECTED = (
    "The database rejects the server's login.",
    "The account or password in QENN_DATABASE_URL is wrong.",
    "The server's administrator has to correct it.",
)

# By SQLite's primary result code.
_SQLITE_MESSAGES = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_FULL: _DISK_FULL,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_AUTH: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: _READ_ONLY,
    sqlite3.SQLITE_IOERR: _IO_ERROR,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}
# By SQLSTATE or a prefix of it; the first match counts.
_POSTGRESQL_MESSAGES = {
    "53100": _DISK_FULL,
    "25006": _READ_ONLY,
    "42501": _READ_ONLY,
    "55P03": _LOCKED,
    "40": _LOCKED,
    "58": _IO_ERROR,
    "XX": _DAMAGED,
    "28": _LOGIN_REJECTED,
    "53": _UNREACHABLE,
    "57P": _UNREACHABLE,
    "08": _UNREACHABLE,
}


def unavailable_error(error: DBAPIError | PoolTimeout) -> UnavailableError | None:
    """Translate an error of SQLAlchemy.

    Returns
    -------
    UnavailableError or None
        ``None`` if the statement is wrong, rather than the database unusable.
    """
    if isinstance(error, PoolTimeout):
        return UnavailableError(*_UNREACHABLE)
    origin = error.orig
    if isinstance(origin, sqlite3.Error):
        # The low byte of an extended result code is the primary one.
        message = _SQLITE_MESSAGES.get(getattr(origin, "sqlite_errorcode", 0) & 0xFF)
    else:
        message = _postgresql_message(getattr(origin, "sqlstate", None), error.connection_invalidated)
    return UnavailableError(*message) if message else None


def _postgresql_message(sqlstate: str | None, disconnected: bool) -> tuple[str, str, str] | None:
    if sqlstate is None or disconnected:
        return _UNREACHABLE
    return next(
        (message for code, message in _POSTGRESQL_MESSAGES.items() if sqlstate.startswith(code)), None
    )
