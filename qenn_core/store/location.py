"""Where things are kept."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock
from platformdirs import user_data_path
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from qenn_core import limits
from qenn_core.store.errors import StoreError

HOME = "QENN_HOME"
DATABASE = "QENN_DATABASE_URL"
UPLOAD_DAYS = "QENN_UPLOAD_DAYS"
# A migration of a large database takes no longer.
_TURN_SECONDS = 60.0


def place_from_environment() -> tuple[Path, str | None]:
    """Return the folder for all that is kept, and the URL of a database elsewhere if there is one."""
    home = os.environ.get(HOME)
    folder = Path(home) if home else user_data_path("qenn-studio", appauthor=False)
    return folder, os.environ.get(DATABASE) or None


def upload_days() -> int:
    """Return the days that an upload is kept after its last use."""
    text = os.environ.get(UPLOAD_DAYS) or str(limits.UPLOAD_DAYS)
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise StoreError(
            f"{UPLOAD_DAYS} is {text!r}.",
            "It is the number of days for which an uploaded file is kept after its last use.",
            f"Write a whole number from 1, or leave it out for {limits.UPLOAD_DAYS}.",
        )
    return int(text)


def private_folder(folder: Path) -> Path:
    """Return `folder` as an absolute path; if it is not there, make it for this user's eyes only."""
    folder = folder.expanduser().absolute()
    with _usable(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


@contextmanager
def turn_to_open(home: Path) -> Iterator[None]:
    """Let one server after another open what is kept in `home`."""
    with _usable(home), FileLock(home / "opening.lock", timeout=_TURN_SECONDS, fallback_to_soft=False):
        yield


def sqlite_url(home: Path) -> URL:
    """Return the URL of the database file in `home`; a new file is for this user's eyes only."""
    path = home / "studio.db"
    with _usable(home):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    return URL.create("sqlite+pysqlite", database=str(path))


@contextmanager
def _usable(home: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"Nothing can be kept in {home}.",
            f"The system says: {error.strerror or error}.",
            f"Set {HOME} to a folder that the server may write in.",
        ) from error


def postgresql_url(text: str) -> URL:
    """Return the URL of a PostgreSQL database with the driver that is installed here.

    Raises
    ------
    StoreError
        If it is none.
    """
    try:
        url = make_url(text)
    except ArgumentError:
        url = None
    if url is None or url.get_backend_name() not in ("postgresql", "postgres"):
        # The text may hold a password, and is not repeated.
        raise StoreError(
            f"{DATABASE} does not name a PostgreSQL database.",
            "Other databases are not supported.",
            "Write it as postgresql://user:password@host/name, or leave it out to keep everything in a file.",
        )
    return url.set(drivername="postgresql+psycopg")
