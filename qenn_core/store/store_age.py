"""The age of the store, by which uploads expire: a clock that a wrong wall clock cannot set ahead.

While a server runs, its monotonic clock counts. From one server to the next only the wall clock can, which
may have been set in the meantime: at most one day of it counts. If the server is often off for days, a file
with a lifetime of thirty days is stored for longer; a wrong clock never deletes it.
"""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from qenn_core.store.clock import Clock
from qenn_core.store.database import Database
from qenn_core.store.schema import age

DAY = 86_400.0
_ROW_ID = 1


class StoreAge:
    """The age of a store, in seconds.

    Parameters
    ----------
    database : Database
        The database of the store.
    clock : Clock
        The clocks of this computer.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._clock = clock
        self._opened = clock.monotonic()
        with database.read_transaction() as connection:
            row = connection.execute(select(age.c.seconds, age.c.wall)).one_or_none()
        self._age_when_opened = row.seconds + min(max(clock.wall() - row.wall, 0.0), DAY) if row else 0.0

    def now(self) -> float:
        """Return the current age."""
        return self._age_when_opened + self._clock.monotonic() - self._opened

    def save(self, connection: Connection) -> None:
        """Save the age for the next server; the saved age never decreases."""
        values = {"seconds": self.now(), "wall": self._clock.wall()}
        saved = connection.execute(select(age.c.seconds)).scalar()
        if saved is None:
            connection.execute(insert(age).values(id=_ROW_ID, **values))
        else:
            connection.execute(update(age).values(values | {"seconds": max(saved, values["seconds"])}))
