"""How old the store is: the clock by which a lifetime is counted, which a wrong clock cannot set ahead.

While a server runs, its monotonic clock counts. From one server to the next only the wall's clock can tell,
which may have been set meanwhile: it counts for a day at most. What is kept for thirty days is so kept for
too long if the server is often off for days, and never deleted because a clock was wrong.
"""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from qenn_core.store.clock import Clock
from qenn_core.store.database import Database
from qenn_core.store.schema import age

DAY = 86_400.0
_ONLY = 1


class Age:
    """The age of a store in seconds.

    Parameters
    ----------
    database : Database
        The store's.
    clock : Clock
        This computer's.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._clock = clock
        self._begun = clock.monotonic()
        with database.reading() as connection:
            row = connection.execute(select(age.c.seconds, age.c.wall)).one_or_none()
        self._seconds = row.seconds + min(max(clock.wall() - row.wall, 0.0), DAY) if row else 0.0

    def now(self) -> float:
        """Return the age at this moment."""
        return self._seconds + self._clock.monotonic() - self._begun

    def save(self, connection: Connection) -> None:
        """Write the age down, for the server that comes next; it never goes back."""
        values = {"seconds": self.now(), "wall": self._clock.wall()}
        before = connection.execute(select(age.c.seconds)).scalar()
        if before is None:
            connection.execute(insert(age).values(id=_ONLY, **values))
        else:
            connection.execute(update(age).values(values | {"seconds": max(before, values["seconds"])}))
