"""Where the store is: its folder, its database file or URL, and the environment variables that set them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock
from platformdirs import user_data_path
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from qenn_core import limits
from qenn_core.store.errors import StoreError

HOME_VARIABLE = "QENN_HOME"
DATABASE_VARIABLE = "QENN_DATABASE_URL"
UPLOAD_DAYS_VARIABLE = "QENN_UPLOAD_DAYS"
# Longer than the migration of a large database takes.
_OPENING_LOCK_SECONDS = 60.0


def configured_location() -> tuple[Path, str | None]:
    """Return the store's folder, and the URL of its PostgreSQL database if one is configured."""
    home = os.environ.get(HOME_VARIABLE)
    folder = Path(home) if home else user_data_path("qenn-studio", appauthor=False)
    return folder, os.environ.get(DATABASE_VARIABLE) or None


def configured_upload_days() -> int:
    """Return the number of days an upload is stored after its last use, at least 1.

    Raises
    ------
    StoreError
        If the environment variable is not a whole number from 1 up.
    """
    text = os.environ.get(UPLOAD_DAYS_VARIABLE) or str(limits.UPLOAD_DAYS)
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise StoreError(
            f"{UPLOAD_DAYS_VARIABLE} is {text!r}.",
            "It must be the number of days to store an uploaded file after its last use.",
            f"Set it to a whole number from 1 up, or leave it unset for {limits.UPLOAD_DAYS}.",
        )
    return int(text)


def create_private_folder(folder: Path) -> Path:
    """Create `folder`, if it is missing, so that only this user can open it.

    An existing one may be read by others, and the files in it are private; if others may also write to it,
    and so replace these, it is closed to them.

    Returns
    -------
    Path
        Its absolute path.

    Raises
    ------
    StoreError
        If it cannot be created, or is a folder to which everybody may write and stays so.
    """
    folder = folder.expanduser().absolute()
    with _translate_os_errors(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.name != "nt":
            _take_from_others(folder)
    return folder


def _take_from_others(folder: Path) -> None:
    found = folder.stat()
    writable = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    # A folder for the files of many, such as /tmp, is not for the store alone, whoever owns it.
    if writable and found.st_uid == os.getuid() and not found.st_mode & stat.S_ISVTX:
        folder.chmod(0o700)
    elif writable & stat.S_IWOTH:
        raise StoreError(
            f"Everybody on this computer can write to {folder}.",
            "Others could replace the stored runs and files.",
            f"Set {HOME_VARIABLE} to a folder of the server's own user.",
        )


@contextmanager
def opening_lock(home: Path) -> Iterator[None]:
    """Hold the lock that lets only one server at a time open the store in `home`."""
    lock = FileLock(home / "opening.lock", timeout=_OPENING_LOCK_SECONDS, fallback_to_soft=False)
    with _translate_os_errors(home), lock:
        yield


def sqlite_url(home: Path) -> URL:
    """Return the URL of the database file in `home`; a new file is readable by this user only."""
    path = home / "studio.db"
    with _translate_os_errors(home):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    return URL.create("sqlite+pysqlite", database=str(path))


@contextmanager
def _translate_os_errors(home: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"Nothing can be stored in {home}.",
            f"The system reports: {error.strerror or error}.",
            f"Set {HOME_VARIABLE} to a folder that the server can write to.",
        ) from error


def postgresql_url(text: str) -> URL:
    """Return the URL of a PostgreSQL database, with the driver that is installed.

    Raises
    ------
    StoreError
        If `text` is not such a URL.
    """
    try:
        url = make_url(text)
    except ArgumentError:
        url = None
    if url is None or url.get_backend_name() not in ("postgresql", "postgres"):
        # The message leaves out the text, which may contain a password.
        raise StoreError(
            f"{DATABASE_VARIABLE} is not the URL of a PostgreSQL database.",
            "Other databases are not supported.",
            "Set it to postgresql://user:password@host/name, or leave it unset to use a file.",
        )
    return url.set(drivername="postgresql+psycopg")
