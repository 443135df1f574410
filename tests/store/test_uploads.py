from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, update
from store.changes import ANNA, BEN
from store.clocks import ManualClock
from store.conftest import Location, StoreOpener

from qenn_core import limits
from qenn_core.store import Store, StoreError, schema
from qenn_core.store.database import Database
from qenn_core.store.errors import DamagedError
from qenn_core.store.store_age import DAY

CSV = b"width,height\n" + b"1.5,2.5\n" * 1_000


def n_contents(database: Database) -> int:
    with database.read_transaction() as connection:
        return connection.execute(select(func.count()).select_from(schema.contents)).scalar_one()


def test_saves_and_returns_a_file(store: Store) -> None:
    fingerprint = store.uploads.save(ANNA, "flowers.csv", CSV)
    assert fingerprint == hashlib.sha256(CSV).hexdigest()
    assert store.uploads.content(ANNA, fingerprint) == CSV
    (upload,) = store.uploads.list_by_owner(ANNA)
    assert (upload.fingerprint, upload.file_name, upload.size) == (fingerprint, "flowers.csv", len(CSV))
    assert upload.days_left == limits.UPLOAD_DAYS
    assert upload.uploaded.tzinfo is not None


@pytest.mark.parametrize("content", [b"", b"\0\xff" * 10, bytes(range(256)) * 100])
def test_any_bytes_are_saved(store: Store, content: bytes) -> None:
    assert store.uploads.content(ANNA, store.uploads.save(ANNA, "x", content)) == content


def test_long_name_is_truncated(store: Store) -> None:
    store.uploads.save(ANNA, "'; --\0%" * 1_000, CSV)
    assert store.uploads.list_by_owner(ANNA)[0].file_name.startswith("'; --%'; --%")
    assert len(store.uploads.list_by_owner(ANNA)[0].file_name) <= limits.MAX_FILE_NAME_LENGTH


def test_other_owners_find_nothing(store: Store) -> None:
    fingerprint = store.uploads.save(ANNA, "flowers.csv", CSV)
    assert store.uploads.content(BEN, fingerprint) is None
    assert store.uploads.list_by_owner(BEN) == []
    assert not store.uploads.delete(BEN, fingerprint)
    assert store.uploads.content(ANNA, fingerprint) == CSV


def test_same_file_is_stored_once_until_its_last_owner_deletes_it(store: Store, database: Database) -> None:
    fingerprint = store.uploads.save(ANNA, "a.csv", CSV)
    store.uploads.save(BEN, "b.csv", CSV)
    store.uploads.save(ANNA, "again.csv", CSV)
    assert n_contents(database) == 1
    assert [upload.file_name for upload in store.uploads.list_by_owner(ANNA)] == ["again.csv"]
    assert store.uploads.delete(ANNA, fingerprint)
    assert not store.uploads.delete(ANNA, fingerprint)
    assert store.uploads.content(ANNA, fingerprint) is None
    assert store.uploads.content(BEN, fingerprint) == CSV
    store.uploads.delete(BEN, fingerprint)
    assert n_contents(database) == 0


def test_quota_of_an_owner(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_OWNER_UPLOAD_BYTES", 2_500)
    first = store.uploads.save(ANNA, "1", b"1" * 1_000)
    store.uploads.save(ANNA, "2", b"2" * 1_000)
    with pytest.raises(StoreError, match="Delete files"):
        store.uploads.save(ANNA, "3", b"3" * 1_000)
    store.uploads.save(ANNA, "1", b"1" * 1_000)
    store.uploads.save(BEN, "3", b"3" * 1_000)
    store.uploads.delete(ANNA, first)
    store.uploads.save(ANNA, "3", b"3" * 1_000)
    assert [upload.file_name for upload in store.uploads.list_by_owner(ANNA)] == ["3", "2"]


def test_quota_of_the_server(store: Store, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    first = bytes(range(256)) * 4
    store.uploads.save(ANNA, "1", first)
    monkeypatch.setattr(limits, "MAX_TOTAL_UPLOAD_BYTES", 600)
    with pytest.raises(StoreError, match="no space"):
        store.uploads.save(BEN, "2", hashlib.sha512(b"").digest() * 10 + bytes(range(255, -1, -1)))
    store.uploads.save(BEN, "1", first)
    assert n_contents(database) == 1


def test_damaged_file_is_not_returned(store: Store, database: Database) -> None:
    fingerprint = store.uploads.save(ANNA, "flowers.csv", CSV)
    with database.write_transaction() as connection:
        packed = bytearray(connection.execute(select(schema.contents.c.packed)).scalar_one())
        packed[len(packed) // 2] ^= 1
        connection.execute(update(schema.contents).values(packed=bytes(packed)))
    with pytest.raises(DamagedError, match="The file is damaged"):
        store.uploads.content(ANNA, fingerprint)


def test_files_expire_after_their_last_use(
    location: Location, database: Database, open_store: StoreOpener
) -> None:
    clock = ManualClock()
    store = open_store(location, clock=clock.clock, upload_days=3)
    used = store.uploads.save(ANNA, "used", b"used")
    store.uploads.save(ANNA, "unused", b"unused")
    store.uploads.save(BEN, "shared", b"used")
    clock.advance(2 * DAY)
    assert store.uploads.content(ANNA, used) == b"used"
    assert [upload.days_left for upload in store.uploads.list_by_owner(ANNA)] == [1, 3]
    assert store.uploads.delete_expired() == 0
    clock.advance(1 * DAY + 1)
    assert store.uploads.delete_expired() == 2
    assert [upload.file_name for upload in store.uploads.list_by_owner(ANNA)] == ["used"]
    assert store.uploads.list_by_owner(BEN) == []
    clock.advance(3 * DAY)
    assert store.uploads.delete_expired() == 1
    assert n_contents(database) == 0


def test_owners_save_and_delete_the_same_file_at_once(
    location: Location, database: Database, open_store: StoreOpener
) -> None:
    stores = [open_store(location), open_store(location)]

    def save_and_delete(number: int) -> None:
        uploads, owner = stores[number % 2].uploads, f"{number:064x}"
        for _ in range(4):
            fingerprint = uploads.save(owner, "x", CSV)
            assert uploads.content(owner, fingerprint) == CSV
            assert uploads.delete(owner, fingerprint)

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(save_and_delete, range(6)))
    assert n_contents(database) == 0


def test_deleted_content_is_overwritten(sqlite_location: Location, open_store: StoreOpener) -> None:
    store = open_store(sqlite_location)
    # Incompressible, so that its bytes appear in the file as they are.
    secret = hashlib.shake_256(b"secret").digest(300_000)
    fingerprint = store.uploads.save(ANNA, "x", secret)

    def is_on_disk() -> bool:
        return any(
            secret[5_000:5_064] in path.read_bytes() for path in sqlite_location.home.glob("studio.db*")
        )

    assert is_on_disk()
    size = (sqlite_location.home / "studio.db").stat().st_size
    store.uploads.delete(ANNA, fingerprint)
    store.close()
    assert not is_on_disk()
    assert (sqlite_location.home / "studio.db").stat().st_size <= size
