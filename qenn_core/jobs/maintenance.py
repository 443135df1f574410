"""Periodic maintenance of the store."""

from __future__ import annotations

import logging
from itertools import count
from threading import Event, Thread

from qenn_core.store import Store, UnavailableError

logger = logging.getLogger(__name__)

# Another server of the same store may end at any time and leave its runs unfinished.
INTERVAL_SECONDS = 60.0
CLEAN_EVERY = 24 * 60  # intervals: once a day


class StoreMaintenance:
    """Marks the runs of ended servers as interrupted and deletes expired uploads, in a background thread.

    The first pass over orphaned runs is done before the constructor returns.

    Parameters
    ----------
    store : Store
        The store.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stopped = Event()
        store.runs.interrupt_orphans()
        self._thread = Thread(target=self._run, name="qenn-maintenance", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the background thread."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        for number in count():
            try:
                if number > 0:
                    self._store.runs.interrupt_orphans()
                if number % CLEAN_EVERY == 0:
                    self._store.uploads.delete_expired()
            except UnavailableError:
                logger.warning("the store is unavailable for maintenance; trying again in a minute")
            if self._stopped.wait(INTERVAL_SECONDS):
                return
