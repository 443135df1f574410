"""The store: runs, uploads and the background writer."""

from __future__ import annotations

from contextlib import ExitStack, nullcontext
from pathlib import Path

from qenn_core import limits
from qenn_core.store.clock import Clock
from qenn_core.store.database import Database
from qenn_core.store.leases import FileLease, Lease, PostgresLease
from qenn_core.store.location import (
    configured_location,
    configured_upload_days,
    create_private_folder,
    opening_lock,
)
from qenn_core.store.runs import Runs
from qenn_core.store.schema_upgrade import migrate
from qenn_core.store.store_age import StoreAge
from qenn_core.store.uploads import Uploads
from qenn_core.store.writer import Writer

_CLOSE_SECONDS = 10.0


class Store:
    """Runs and uploads in a database, and a `writer` that saves runs in the background.

    All methods are thread-safe, and several servers may share one store.

    Parameters
    ----------
    home : Path
        The folder of the store; created if it is missing.
    url : str, optional
        The URL of a PostgreSQL database to use in place of the file in `home`.
    clock : Clock, optional
        The clocks of this computer.
    upload_days : int, optional
        Days an upload is stored after its last use.

    Raises
    ------
    StoreError
        If the store cannot be opened.
    """

    def __init__(
        self,
        home: Path,
        url: str | None = None,
        clock: Clock | None = None,
        upload_days: int = limits.UPLOAD_DAYS,
    ) -> None:
        clock = clock or Clock()
        self.home = create_private_folder(home)
        with ExitStack() as undo:
            database = Database(self.home, url)
            undo.callback(database.close)
            # Servers that share a folder open it one after another; PostgreSQL needs no lock for this.
            with opening_lock(self.home) if database.is_file else nullcontext():
                migrate(database)
                lease: Lease = (
                    FileLease(self.home / "servers") if database.is_file else PostgresLease(database)
                )
            undo.callback(lease.release)
            self.runs = Runs(database, lease, clock)
            self.uploads = Uploads(database, StoreAge(database, clock), clock, upload_days)
            self.writer = Writer(self.runs.save)
            undo.callback(self.writer.close, _CLOSE_SECONDS)
            self._resources = undo.pop_all()

    def close(self) -> None:
        """Save pending changes, for some seconds at most, and close the database."""
        self._resources.close()


def open_store() -> Store:
    """Open the store set by the environment: `QENN_HOME`, and `QENN_DATABASE_URL` for PostgreSQL.

    Raises
    ------
    StoreError
        If it cannot be opened; the message is for the server's administrator.
    """
    return Store(*configured_location(), upload_days=configured_upload_days())
