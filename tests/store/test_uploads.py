from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, update
from store.changes import ANNA, BEN
from store.clocks import HandClock
from store.conftest import Opener, Place

from qenn_core import limits
from qenn_core.store import schema
from qenn_core.store.database import Database
from qenn_core.store.errors import DamagedError, StoreError
from qenn_core.store.store import Store
from qenn_core.store.store_age import DAY

CSV = b"width,height\n" + b"1.5,2.5\n" * 1_000


def kept_contents(database: Database) -> int:
    with database.reading() as connection:
        return connection.execute(select(func.count()).select_from(schema.contents)).scalar_one()


def test_what_is_kept_is_had_again(store: Store) -> None:
    fingerprint = store.uploads.keep(ANNA, "flowers.csv", CSV)
    assert fingerprint == hashlib.sha256(CSV).hexdigest()
    assert store.uploads.content(ANNA, fingerprint) == CSV
    (upload,) = store.uploads.listed(ANNA)
    assert (upload.fingerprint, upload.file_name, upload.size) == (fingerprint, "flowers.csv", len(CSV))
    assert upload.days_left == limits.UPLOAD_DAYS
    assert upload.kept.tzinfo is not None


@pytest.mark.parametrize("content", [b"", b"\0\xff" * 10, bytes(range(256)) * 100])
def test_any_bytes_are_kept(store: Store, content: bytes) -> None:
    assert store.uploads.content(ANNA, store.uploads.keep(ANNA, "x", content)) == content


def test_a_name_of_any_length_is_kept_as_far_as_a_file_can_have_it(store: Store) -> None:
    store.uploads.keep(ANNA, "'; --\0%" * 1_000, CSV)
    assert store.uploads.listed(ANNA)[0].file_name.startswith("'; --%'; --%")
    assert len(store.uploads.listed(ANNA)[0].file_name) <= limits.MAX_FILE_NAME_LENGTH


def test_nothing_of_others_is_found(store: Store) -> None:
    fingerprint = store.uploads.keep(ANNA, "flowers.csv", CSV)
    assert store.uploads.content(BEN, fingerprint) is None
    assert store.uploads.listed(BEN) == []
    assert not store.uploads.delete(BEN, fingerprint)
    assert store.uploads.content(ANNA, fingerprint) == CSV


def test_the_same_file_is_kept_once_and_goes_with_its_last_owner(store: Store, database: Database) -> None:
    fingerprint = store.uploads.keep(ANNA, "a.csv", CSV)
    store.uploads.keep(BEN, "b.csv", CSV)
    store.uploads.keep(ANNA, "again.csv", CSV)
    assert kept_contents(database) == 1
    assert [upload.file_name for upload in store.uploads.listed(ANNA)] == ["again.csv"]
    assert store.uploads.delete(ANNA, fingerprint)
    assert not store.uploads.delete(ANNA, fingerprint)
    assert store.uploads.content(ANNA, fingerprint) is None
    assert store.uploads.content(BEN, fingerprint) == CSV
    store.uploads.delete(BEN, fingerprint)
    assert kept_contents(database) == 0


def test_an_owner_has_a_budget(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_OWNER_UPLOAD_BYTES", 2_500)
    first = store.uploads.keep(ANNA, "1", b"1" * 1_000)
    store.uploads.keep(ANNA, "2", b"2" * 1_000)
    with pytest.raises(StoreError, match="Delete files"):
        store.uploads.keep(ANNA, "3", b"3" * 1_000)
    store.uploads.keep(ANNA, "1", b"1" * 1_000)
    store.uploads.keep(BEN, "3", b"3" * 1_000)
    store.uploads.delete(ANNA, first)
    store.uploads.keep(ANNA, "3", b"3" * 1_000)
    assert [upload.file_name for upload in store.uploads.listed(ANNA)] == ["3", "2"]


def test_all_have_a_budget_together(
    store: Store, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = bytes(range(256)) * 4
    store.uploads.keep(ANNA, "1", first)
    monkeypatch.setattr(limits, "MAX_KEPT_UPLOAD_BYTES", 600)
    with pytest.raises(StoreError, match="no room"):
        store.uploads.keep(BEN, "2", hashlib.sha512(b"").digest() * 10 + bytes(range(255, -1, -1)))
    store.uploads.keep(BEN, "1", first)
    assert kept_contents(database) == 1


def test_a_damaged_file_is_not_given_out(store: Store, database: Database) -> None:
    fingerprint = store.uploads.keep(ANNA, "flowers.csv", CSV)
    with database.writing() as connection:
        packed = bytearray(connection.execute(select(schema.contents.c.packed)).scalar_one())
        packed[len(packed) // 2] ^= 1
        connection.execute(update(schema.contents).values(packed=bytes(packed)))
    with pytest.raises(DamagedError, match="The file is damaged"):
        store.uploads.content(ANNA, fingerprint)


def test_a_file_goes_some_days_after_its_last_use(place: Place, database: Database, opening: Opener) -> None:
    clock = HandClock()
    store = opening(place, clock=clock.clock, upload_days=3)
    used = store.uploads.keep(ANNA, "used", b"used")
    store.uploads.keep(ANNA, "unused", b"unused")
    store.uploads.keep(BEN, "shared", b"used")
    clock.pass_by(2 * DAY)
    assert store.uploads.content(ANNA, used) == b"used"
    assert [upload.days_left for upload in store.uploads.listed(ANNA)] == [1, 3]
    assert store.clean() == 0
    clock.pass_by(1 * DAY + 1)
    assert store.clean() == 2
    assert [upload.file_name for upload in store.uploads.listed(ANNA)] == ["used"]
    assert store.uploads.listed(BEN) == []
    clock.pass_by(3 * DAY)
    assert store.clean() == 1
    assert kept_contents(database) == 0


def test_many_keep_and_delete_the_same_file_at_once(
    place: Place, database: Database, opening: Opener
) -> None:
    stores = [opening(place), opening(place)]

    def keep_and_delete(number: int) -> None:
        uploads, owner = stores[number % 2].uploads, f"{number:064x}"
        for _ in range(4):
            fingerprint = uploads.keep(owner, "x", CSV)
            assert uploads.content(owner, fingerprint) == CSV
            assert uploads.delete(owner, fingerprint)

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(keep_and_delete, range(6)))
    assert kept_contents(database) == 0


def test_what_was_deleted_is_in_no_file_any_more(sqlite_place: Place, opening: Opener) -> None:
    store = opening(sqlite_place)
    # Not compressed away: the bytes lie in the file as they are.
    secret = hashlib.shake_256(b"secret").digest(300_000)
    fingerprint = store.uploads.keep(ANNA, "x", secret)

    def in_a_file() -> bool:
        return any(secret[5_000:5_064] in path.read_bytes() for path in sqlite_place.home.glob("studio.db*"))

    assert in_a_file()
    size = (sqlite_place.home / "studio.db").stat().st_size
    store.uploads.delete(ANNA, fingerprint)
    store.close()
    assert not in_a_file()
    assert (sqlite_place.home / "studio.db").stat().st_size <= size
