"""What can go wrong with the store, in words."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from qenn_core.errors import QennError


class StoreError(QennError):
    """Something cannot be kept, or what is kept cannot be had."""


class UnavailableError(StoreError):
    """The database cannot be used at present; later it may."""


class DamagedError(StoreError):
    """What was read is not what was written."""


_TRY_AGAIN = "Try again in a minute; if it comes back, whoever runs the server can help."
_LOCKED = (
    "The database is locked.",
    "Another program, a back-up perhaps, is using it.",
    _TRY_AGAIN,
)
_FULL = (
    "The disk is full.",
    "The database has no room to grow.",
    "Whoever runs the server can make room on its disk.",
)
_READ_ONLY = (
    "The database cannot be written.",
    "Its file, or its account, is allowed to read only.",
    "Whoever runs the server can allow it to write there.",
)
_UNWRITABLE = (
    "The database cannot be read or written.",
    "The disk reports an error, or a limit on the size of files was reached.",
    "Whoever runs the server finds out more in the system's log.",
)
_BROKEN = (
    "The database is damaged.",
    "Its file was changed from outside, or the disk has errors.",
    "Whoever runs the server can put back the latest back-up.",
)
_UNREACHABLE = (
    "The database cannot be reached.",
    "It was ended, it is being started, or the network to it is down.",
    _TRY_AGAIN,
)
_REFUSED = (
    "The database refuses the server.",
    "The account or password in QENN_DATABASE_URL is not accepted.",
    "Whoever runs the server can correct it.",
)

# By the primary result code of SQLite.
_SQLITE = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_AUTH: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: _READ_ONLY,
    sqlite3.SQLITE_IOERR: _UNWRITABLE,
    sqlite3.SQLITE_CORRUPT: _BROKEN,
    sqlite3.SQLITE_NOTADB: _BROKEN,
}
# By the code of the SQL standard or the beginning of it, the more exact ones first.
_POSTGRESQL = {
    "53100": _FULL,
    "25006": _READ_ONLY,
    "42501": _READ_ONLY,
    "55P03": _LOCKED,
    "40": _LOCKED,
    "58": _UNWRITABLE,
    "XX": _BROKEN,
    "28": _REFUSED,
    "53": _UNREACHABLE,
    "57P": _UNREACHABLE,
    "08": _UNREACHABLE,
}


def unavailable(error: DBAPIError | PoolTimeout) -> UnavailableError | None:
    """Return what an error of the database means in words, or ``None`` if it is a mistake in a statement."""
    if isinstance(error, PoolTimeout):
        return UnavailableError(*_UNREACHABLE)
    origin = error.orig
    if isinstance(origin, sqlite3.Error):
        # Extended codes carry the primary one in their low byte.
        words = _SQLITE.get(getattr(origin, "sqlite_errorcode", 0) & 0xFF)
    else:
        words = _postgresql(getattr(origin, "sqlstate", None), error.connection_invalidated)
    return UnavailableError(*words) if words else None


def _postgresql(state: str | None, disconnected: bool) -> tuple[str, str, str] | None:
    if state is None or disconnected:
        return _UNREACHABLE
    return next((words for code, words in _POSTGRESQL.items() if state.startswith(code)), None)
