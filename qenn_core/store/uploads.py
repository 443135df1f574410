"""Uploaded files in the database, each stored once however many workspaces have it."""

from __future__ import annotations

import contextlib
from math import ceil

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from qenn_core import limits
from qenn_core.store.clock import Clock
from qenn_core.store.compression import compress, decompress, sha256_hex
from qenn_core.store.database import Database, TransactionLock
from qenn_core.store.entities import Upload
from qenn_core.store.errors import StoreError, UnavailableError
from qenn_core.store.schema import contents, uploads
from qenn_core.store.store_age import DAY, StoreAge


class Uploads:
    """The files of all workspaces. A method that takes an owner never finds the files of others.

    Parameters
    ----------
    database : Database
        The database that holds them.
    age : StoreAge
        The clock by which they expire.
    clock : Clock
        The clock for the upload time.
    days : int
        Days a file is stored after its last use.
    """

    def __init__(self, database: Database, age: StoreAge, clock: Clock, days: int) -> None:
        self._database = database
        self._age = age
        self._clock = clock
        self._lifetime = days * DAY

    def save(self, owner: str, file_name: str, content: bytes) -> str:
        """Save a file for its owner and return its fingerprint, the SHA-256 of its content.

        Raises
        ------
        StoreError
            If it exceeds the quota of its owner or of the server.
        """
        fingerprint = sha256_hex(content)
        file_name = file_name[: limits.MAX_FILE_NAME_LENGTH]
        refresh = (
            update(uploads)
            .where(_is_upload(owner, fingerprint))
            .values(file_name=file_name, used=self._age.now())
        )
        with self._database.write_transaction() as connection:
            if connection.execute(refresh).rowcount:
                return fingerprint
        # Compressed before the transaction begins, since other writers wait for its end.
        packed = compress(content)
        # Locked so that a content is not reused while its last owner deletes it.
        with self._database.locked_transaction(TransactionLock.CHANGE_UPLOADS) as connection:
            if connection.execute(refresh).rowcount:
                return fingerprint
            _check_owner_quota(connection, owner, len(content))
            if not connection.execute(
                select(contents.c.size).where(contents.c.fingerprint == fingerprint)
            ).first():
                _check_total_quota(connection, len(packed))
                connection.execute(
                    insert(contents).values(
                        fingerprint=fingerprint, size=len(content), packed_size=len(packed), packed=packed
                    )
                )
            connection.execute(
                insert(uploads).values(
                    owner=owner,
                    fingerprint=fingerprint,
                    file_name=file_name,
                    kept=self._clock.now(),
                    used=self._age.now(),
                )
            )
        return fingerprint

    def content(self, owner: str, fingerprint: str) -> bytes | None:
        """Return the content of a file and restart its lifetime; ``None`` if the owner has no such file.

        Raises
        ------
        DamagedError
            If it differs from what was saved.
        """
        statement = select(contents.c.packed, uploads.c.used).join_from(uploads, contents)
        with self._database.read_transaction() as connection:
            row = connection.execute(statement.where(_is_upload(owner, fingerprint))).one_or_none()
        if row is None:
            return None
        if self._age.now() - row.used > DAY:
            self._record_use(owner, fingerprint)
        return decompress(row.packed, fingerprint, "The file")

    def _record_use(self, owner: str, fingerprint: str) -> None:
        statement = update(uploads).where(_is_upload(owner, fingerprint)).values(used=self._age.now())
        # A reader does not need a writable database; the next read tries again.
        with contextlib.suppress(UnavailableError), self._database.write_transaction() as connection:
            connection.execute(statement)

    def list_by_owner(self, owner: str) -> list[Upload]:
        """Return the files of an owner, newest first."""
        columns = select(uploads, contents.c.size).join_from(uploads, contents)
        statement = columns.where(uploads.c.owner == owner).order_by(uploads.c.number.desc())
        with self._database.read_transaction() as connection:
            rows = connection.execute(statement).all()
        return [
            Upload(row.fingerprint, row.file_name, row.size, row.kept, self._days_left(row.used))
            for row in rows
        ]

    def _days_left(self, used: float) -> int:
        return max(0, ceil((used + self._lifetime - self._age.now()) / DAY))

    def delete(self, owner: str, fingerprint: str) -> bool:
        """Delete a file of an owner; ``False`` if the owner has no such file."""
        with self._database.locked_transaction(TransactionLock.CHANGE_UPLOADS) as connection:
            deleted = connection.execute(delete(uploads).where(_is_upload(owner, fingerprint))).rowcount > 0
            _delete_unreferenced_contents(connection)
            return deleted

    def delete_expired(self) -> int:
        """Delete the files whose lifetime is over, and return their number. Call this once a day."""
        with self._database.locked_transaction(TransactionLock.CHANGE_UPLOADS) as connection:
            self._age.save(connection)
            expired = uploads.c.used < self._age.now() - self._lifetime
            deleted = connection.execute(delete(uploads).where(expired)).rowcount
            _delete_unreferenced_contents(connection)
            return deleted


def _is_upload(owner: str, fingerprint: str) -> ColumnElement[bool]:
    return (uploads.c.owner == owner) & (uploads.c.fingerprint == fingerprint)


def _delete_unreferenced_contents(connection: Connection) -> None:
    references = select(uploads.c.number).where(uploads.c.fingerprint == contents.c.fingerprint)
    connection.execute(delete(contents).where(~references.exists()))


def _check_owner_quota(connection: Connection, owner: str, size: int) -> None:
    sizes = select(func.coalesce(func.sum(contents.c.size), 0)).join_from(uploads, contents)
    stored = connection.execute(sizes.where(uploads.c.owner == owner)).scalar_one()
    if stored + size > limits.MAX_OWNER_UPLOAD_BYTES:
        raise StoreError(
            "The file was not saved.",
            f"Your files would take {_megabytes(stored + size)}, but the limit is "
            f"{_megabytes(limits.MAX_OWNER_UPLOAD_BYTES)}.",
            "Delete files that you no longer need.",
            place="data.source",
        )


def _check_total_quota(connection: Connection, packed_size: int) -> None:
    stored = connection.execute(select(func.coalesce(func.sum(contents.c.packed_size), 0))).scalar_one()
    if stored + packed_size > limits.MAX_TOTAL_UPLOAD_BYTES:
        raise StoreError(
            "The file was not saved.",
            "The server has no space for more files.",
            "You can use it until you close this tab; keep your own copy.",
            place="data.source",
        )


def _megabytes(size: int) -> str:
    return f"{size / 2**20:,.0f} MB"
