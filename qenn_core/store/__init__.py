"""What is kept: runs with their records and weights, and uploaded files."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qenn_core.store.store import Store


def open_store() -> Store:
    """Open the store that the environment names: `QENN_HOME`, and `QENN_DATABASE_URL` for PostgreSQL.

    Raises
    ------
    StoreError
        If there is nothing that can be opened, in words for whoever runs the server.
    """
    # The plain records of this package are of use without the database.
    from qenn_core.store.place import place_from_environment, upload_days
    from qenn_core.store.store import Store

    return Store(*place_from_environment(), upload_days=upload_days())
