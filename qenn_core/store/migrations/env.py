"""Run by Alembic, for the program as for whoever works on it."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, TypeDecorator

from qenn_core.store import location, schema
from qenn_core.store.database import Database


def _plain_types(kind: str, item: Any, _autogenerate: AutogenContext) -> str | Literal[False]:
    """Write a type of our own as the database's, so that a migration stays true when ours changes."""
    return f"sa.{item.impl!r}" if kind == "type" and isinstance(item, TypeDecorator) else False


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=schema.metadata,
        # SQLite can change a column only by making the table anew.
        render_as_batch=True,
        render_item=_plain_types,
    )
    with context.begin_transaction():
        context.run_migrations()


if connection := context.config.attributes.get("connection"):
    _run(connection)
else:
    home, url = location.place_from_environment()
    with Database(location.private_folder(home), url).restructuring() as connection:
        _run(connection)
