"""Uploaded files, each kept once however many have it, until nobody has used it for a while."""

from __future__ import annotations

import contextlib
from math import ceil

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from qenn_core import limits
from qenn_core.store.clock import Clock
from qenn_core.store.compression import digest_of, pack, unpack
from qenn_core.store.database import Database, Purpose
from qenn_core.store.entities import Upload
from qenn_core.store.errors import StoreError, UnavailableError
from qenn_core.store.schema import contents, uploads
from qenn_core.store.store_age import DAY, Age


class Uploads:
    """The files of all workspaces; who asks names the owner, and finds nothing of others.

    Parameters
    ----------
    database : Database
        Where they lie.
    age : Age
        The clock of their lifetime.
    clock : Clock
        For the time at which one came.
    days : int
        How long one is kept after its last use.
    """

    def __init__(self, database: Database, age: Age, clock: Clock, days: int) -> None:
        self._database = database
        self._age = age
        self._clock = clock
        self._lifetime = days * DAY

    def keep(self, owner: str, file_name: str, content: bytes) -> str:
        """Keep a file for its owner and return its fingerprint, the SHA-256 of its bytes.

        Raises
        ------
        StoreError
            If there is no room for it.
        """
        fingerprint = digest_of(content)
        file_name = file_name[: limits.MAX_FILE_NAME_LENGTH]
        own = _of(owner, fingerprint)
        again = update(uploads).where(own).values(file_name=file_name, used=self._age.now())
        with self._database.writing() as connection:
            if connection.execute(again).rowcount:
                return fingerprint
        # Before it begins to write, since others wait meanwhile.
        packed = pack(content)
        # One at a time, so that nobody takes up a content whose last owner is about to go.
        with self._database.writing_alone(Purpose.CHANGE_UPLOADS) as connection:
            if connection.execute(again).rowcount:
                return fingerprint
            _refuse_too_much(connection, owner, len(content))
            if not connection.execute(
                select(contents.c.size).where(contents.c.fingerprint == fingerprint)
            ).first():
                _refuse_overflow(connection, len(packed))
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
        """Return the bytes of a file, whose lifetime begins anew; ``None`` if its owner has no such file.

        Raises
        ------
        DamagedError
            If it is not what was kept.
        """
        statement = select(contents.c.packed, uploads.c.used).join_from(uploads, contents)
        with self._database.reading() as connection:
            row = connection.execute(statement.where(_of(owner, fingerprint))).one_or_none()
        if row is None:
            return None
        if self._age.now() - row.used > DAY:
            self._use(owner, fingerprint)
        return unpack(row.packed, fingerprint, "The file")

    def _use(self, owner: str, fingerprint: str) -> None:
        statement = update(uploads).where(_of(owner, fingerprint)).values(used=self._age.now())
        # Who reads need not wait until the database can be written; the next to read tries again.
        with contextlib.suppress(UnavailableError), self._database.writing() as connection:
            connection.execute(statement)

    def listed(self, owner: str) -> list[Upload]:
        """Return the files of an owner, the newest first."""
        columns = select(uploads, contents.c.size).join_from(uploads, contents)
        statement = columns.where(uploads.c.owner == owner).order_by(uploads.c.number.desc())
        with self._database.reading() as connection:
            rows = connection.execute(statement).all()
        return [
            Upload(row.fingerprint, row.file_name, row.size, row.kept, self._days_left(row.used))
            for row in rows
        ]

    def _days_left(self, used: float) -> int:
        return max(0, ceil((used + self._lifetime - self._age.now()) / DAY))

    def delete(self, owner: str, fingerprint: str) -> bool:
        """Delete a file of an owner; ``False`` if there is no such file."""
        with self._database.writing_alone(Purpose.CHANGE_UPLOADS) as connection:
            deleted = connection.execute(delete(uploads).where(_of(owner, fingerprint))).rowcount > 0
            _delete_unowned(connection)
            return deleted

    def clean(self) -> int:
        """Delete the files that have outlived their time, and return their number."""
        with self._database.writing_alone(Purpose.CHANGE_UPLOADS) as connection:
            self._age.save(connection)
            old = uploads.c.used < self._age.now() - self._lifetime
            deleted = connection.execute(delete(uploads).where(old)).rowcount
            _delete_unowned(connection)
            return deleted


def _of(owner: str, fingerprint: str) -> ColumnElement[bool]:
    return (uploads.c.owner == owner) & (uploads.c.fingerprint == fingerprint)


def _delete_unowned(connection: Connection) -> None:
    owned = select(uploads.c.number).where(uploads.c.fingerprint == contents.c.fingerprint)
    connection.execute(delete(contents).where(~owned.exists()))


def _refuse_too_much(connection: Connection, owner: str, size: int) -> None:
    sizes = select(func.coalesce(func.sum(contents.c.size), 0)).join_from(uploads, contents)
    has = connection.execute(sizes.where(uploads.c.owner == owner)).scalar_one()
    if has + size > limits.MAX_OWNER_UPLOAD_BYTES:
        raise StoreError(
            "The file is not kept.",
            f"Your files would take {_megabytes(has + size)}, more than "
            f"{_megabytes(limits.MAX_OWNER_UPLOAD_BYTES)}.",
            "Delete files that you need no more.",
            place="data.source",
        )


def _refuse_overflow(connection: Connection, packed_size: int) -> None:
    all_kept = connection.execute(select(func.coalesce(func.sum(contents.c.packed_size), 0))).scalar_one()
    if all_kept + packed_size > limits.MAX_KEPT_UPLOAD_BYTES:
        raise StoreError(
            "The file is not kept.",
            "The server has no room for more files.",
            "It can be used until you close this tab; keep your own copy.",
            place="data.source",
        )


def _megabytes(size: int) -> str:
    return f"{size / 2**20:,.0f} MB"
