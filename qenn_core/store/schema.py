"""The tables. A change here needs a migration in `migrations/versions`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
)
from sqlalchemy.engine import Dialect


class SanitizedText(TypeDecorator[str]):
    """Text of any origin; characters that a database cannot store are removed or replaced by ``?``."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Remove NUL, which PostgreSQL rejects, and replace lone surrogates, which both databases reject."""
        return None if value is None else value.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


class Json(TypeDecorator[Any]):
    """Plain values as JSON text. Unlike the databases' JSON types it allows NaN, which a loss can be."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        """Serialise the value."""
        return json.dumps(value, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Parse the text."""
        return None if value is None else json.loads(value)


class Timestamp(TypeDecorator[datetime]):
    """A point in time, stored as seconds since 1970: the same in both databases, whatever the time zone."""

    impl = Double
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> float | None:
        """Convert to seconds; raise ``ValueError`` if the timezone is missing."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A point in time needs a timezone.")
        return value.timestamp()

    def process_result_value(self, value: float | None, dialect: Dialect) -> datetime | None:
        """Convert to a datetime in UTC."""
        return None if value is None else datetime.fromtimestamp(value, UTC)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)

# SQLite generates numbers only in a column of type INTEGER.
_Number = BigInteger().with_variant(Integer, "sqlite")
_Id = String(32)
_Hash = String(64)


def _run_number() -> Column[int]:
    return Column("run", _Number, ForeignKey("runs.number", ondelete="CASCADE"), primary_key=True)


runs = Table(
    "runs",
    metadata,
    # The order of the history: unlike a clock, this never goes back.
    Column("number", _Number, primary_key=True, autoincrement=True),
    Column("id", _Id, nullable=False, unique=True),
    Column("owner", _Hash, nullable=False, index=True),
    # The server process that saved it last, and works on it until it ends.
    Column("server", _Id, nullable=False),
    Column("name", SanitizedText, nullable=False, server_default=""),
    Column("starred", Boolean, nullable=False, server_default=false()),
    Column("state", String(16), nullable=False, server_default="queued"),
    Column("created", Timestamp, nullable=False),
    Column("ended", Timestamp),
    Column("spec", SanitizedText, nullable=False),
    Column("data_name", SanitizedText, nullable=False, server_default=""),
    Column("fingerprint", _Hash, nullable=False, server_default=""),
    Column("epochs", Integer, nullable=False, server_default="0"),
    Column("seconds", Double, nullable=False, server_default="0"),
    Column("train_accuracy", Double),
    Column("validation_accuracy", Double),
    Column("test_accuracy", Double),
    Column("parameters", BigInteger),
    Column("error", SanitizedText),
    Column("versions", Json, nullable=False, server_default="{}"),
    # Finds the servers of unfinished runs without reading the rows.
    Index(None, "state", "server"),
    sqlite_autoincrement=True,
)

epochs = Table(
    "epochs",
    metadata,
    _run_number(),
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("record", Json, nullable=False),
)

# Large values, in a table of their own so that lists of runs do not read them.
artifacts = Table(
    "artifacts",
    metadata,
    _run_number(),
    Column("kind", String(16), primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("digest", _Hash, nullable=False),
    Column("packed", LargeBinary, nullable=False),
)

contents = Table(
    "contents",
    metadata,
    Column("fingerprint", _Hash, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("packed_size", BigInteger, nullable=False),
    Column("packed", LargeBinary, nullable=False),
)

uploads = Table(
    "uploads",
    metadata,
    Column("number", _Number, primary_key=True, autoincrement=True),
    Column("owner", _Hash, nullable=False),
    Column("fingerprint", _Hash, ForeignKey("contents.fingerprint"), nullable=False, index=True),
    Column("file_name", SanitizedText, nullable=False),
    Column("kept", Timestamp, nullable=False),
    # In seconds of the store's age.
    Column("used", Double, nullable=False),
    UniqueConstraint("owner", "fingerprint"),
    sqlite_autoincrement=True,
)

# A single row; see `qenn_core.store.store_age`.
age = Table(
    "age",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seconds", Double, nullable=False),
    Column("wall", Double, nullable=False),
)
