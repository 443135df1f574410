"""Alembic's environment, used when the server migrates its database and by the command line."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, TypeDecorator

from qenn_core.store import location, schema
from qenn_core.store.database import Database


def _render_type(kind: str, item: Any, _autogenerate: AutogenContext) -> str | Literal[False]:
    """Render a custom type as its database type, so that migrations do not depend on custom types."""
    return f"sa.{item.impl!r}" if kind == "type" and isinstance(item, TypeDecorator) else False


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=schema.metadata,
        # SQLite has to rebuild a table to change a column.
        render_as_batch=True,
        render_item=_render_type,
    )
    with context.begin_transaction():
        context.run_migrations()


if connection := context.config.attributes.get("connection"):
    _run(connection)
else:
    home, url = location.configured_location()
    with Database(location.create_private_folder(home), url).schema_transaction() as connection:
        _run(connection)
