"""What the store needs now and then, whoever is there."""

from __future__ import annotations

import logging
from threading import Event, Thread

from qenn_core.store import Store, UnavailableError

logger = logging.getLogger(__name__)

# Another server of the same store may end at any time, and leave its runs behind.
LOOK_SECONDS = 60.0
LOOKS_A_DAY = 24 * 60


class Care:
    """Looks after a store: at once, and from then on in the background.

    Parameters
    ----------
    store : Store
        The store.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._ended = Event()
        store.runs.interrupt_orphans()
        self._thread = Thread(target=self._work, name="qenn-care", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Look after it no more."""
        self._ended.set()
        self._thread.join()

    def _work(self) -> None:
        looks = 0
        while not self._ended.is_set():
            try:
                self._store.runs.interrupt_orphans()
                if looks % LOOKS_A_DAY == 0:
                    self._store.uploads.delete_expired()
            except UnavailableError:
                logger.warning("the store could not be looked after; the next time is in a minute")
            looks += 1
            self._ended.wait(LOOK_SECONDS)
