"""All that is kept, in one place."""

from __future__ import annotations

from contextlib import ExitStack, nullcontext
from pathlib import Path

from qenn_core import limits
from qenn_core.store.clock import Clock
from qenn_core.store.database import Database
from qenn_core.store.leases import FileLease, PostgresLease
from qenn_core.store.location import place_from_environment, private_folder, turn_to_open, upload_days
from qenn_core.store.runs import Runs
from qenn_core.store.schema_upgrade import migrate
from qenn_core.store.store_age import Age
from qenn_core.store.uploads import Uploads
from qenn_core.store.writer import Writer

_CLOSE_SECONDS = 10.0


class Store:
    """What is kept: `runs`, `uploads`, and the `writer` that saves runs without anyone waiting.

    Every method may be called from any thread, and several servers may share one store.

    Parameters
    ----------
    home : Path
        The folder of everything that is kept; made if it is missing.
    url : str, optional
        The URL of a PostgreSQL database that takes the place of the file in `home`.
    clock : Clock, optional
        The computer's clocks.
    upload_days : int, optional
        How long an upload is kept after its last use.

    Raises
    ------
    StoreError
        If nothing can be kept there.
    """

    def __init__(
        self,
        home: Path,
        url: str | None = None,
        clock: Clock | None = None,
        upload_days: int = limits.UPLOAD_DAYS,
    ) -> None:
        clock = clock or Clock()
        self.home = private_folder(home)
        with ExitStack() as undo:
            database = Database(self.home, url)
            undo.callback(database.close)
            # One server after another, where they share a folder; PostgreSQL sees to that itself.
            with turn_to_open(self.home) if database.is_file else nullcontext():
                migrate(database)
                presence = FileLease(self.home / "servers") if database.is_file else PostgresLease(database)
            undo.callback(presence.close)
            self.runs = Runs(database, presence, clock)
            self.uploads = Uploads(database, Age(database, clock), clock, upload_days)
            self.writer = Writer(self.runs.save)
            undo.callback(self.writer.close, _CLOSE_SECONDS)
            self._closing = undo.pop_all()

    def clean(self) -> int:
        """Delete the uploads that have outlived their time; return how many. To be called once a day."""
        return self.uploads.clean()

    def close(self) -> None:
        """Save what waits, as far as that is possible in some seconds, and let go of the database."""
        self._closing.close()


def open_store() -> Store:
    """Open the store that the environment names: `QENN_HOME`, and `QENN_DATABASE_URL` for PostgreSQL.

    Raises
    ------
    StoreError
        If there is nothing that can be opened, in words for whoever runs the server.
    """
    return Store(*place_from_environment(), upload_days=upload_days())
