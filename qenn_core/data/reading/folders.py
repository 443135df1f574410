"""The folders in which reading processes find a file, deleted even if their maker is killed."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

_PREFIX = "qenn-reading-"


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Make a folder that only this user can open, and delete it at the end of the block.

    If this process is killed in the block, `delete_abandoned_folders` deletes it.
    """
    folder, lock = _make_locked_folder()
    try:
        yield folder
    finally:
        lock.release()
        # The system removes what a killed reading process leaves behind; that is no reason to fail.
        shutil.rmtree(folder, ignore_errors=True)


def delete_abandoned_folders() -> None:
    """Delete the folders of processes that are gone; a living one, here or in a container, locks its own."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError, Timeout):
            if _is_own(folder):
                with _lock_of(folder).acquire(blocking=False):
                    shutil.rmtree(folder, ignore_errors=True)


def _make_locked_folder() -> tuple[Path, FileLock]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        lock = _lock_of(folder)
        with suppress(OSError, Timeout):
            lock.acquire(blocking=False)
            if folder.exists():
                return folder, lock
            lock.release()
        # Another process has taken it for abandoned before it was locked.


def _lock_of(folder: Path) -> FileLock:
    return FileLock(folder / "lock", thread_local=False, fallback_to_soft=False)


def _is_own(folder: Path) -> bool:
    """Return whether a folder, and not a link, belongs to the user of this process."""
    return os.name == "nt" or (folder.lstat().st_uid == os.getuid() and not folder.is_symlink())
