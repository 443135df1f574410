"""The background writer, with a real store and with one that fails on demand."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from store.changes import ANNA, BEN, epoch, epochs_change, first_change, later_change
from store.waiting import wait_until

from qenn_core import limits
from qenn_core.store import RunChange, SavedState, Store, StoreError, UnavailableError, Writer


class FakeDisk:
    """Saves changes in a list; a test can block it or let it fail."""

    def __init__(self) -> None:
        self.saved: list[RunChange] = []
        self.entered = threading.Event()
        self.unblocked = threading.Event()
        self.unblocked.set()
        self.error: Exception | None = None
        self.n_attempts = 0

    def save(self, change: RunChange) -> bool:
        self.n_attempts += 1
        self.entered.set()
        assert self.unblocked.wait(10)
        if self.error:
            raise self.error
        self.saved.append(change)
        return True


@pytest.fixture
def disk() -> FakeDisk:
    return FakeDisk()


@pytest.fixture
def writer(disk: FakeDisk) -> Iterator[Writer]:
    writer = Writer(disk.save)
    yield writer
    disk.error = None
    disk.unblocked.set()
    writer.close(5)


def test_saves_queued_changes(store: Store) -> None:
    store.writer.enqueue(new := first_change(name="x"))
    for number in range(1, 51):
        store.writer.enqueue(epochs_change(new.run, number, checkpoint=SavedState(number, b"c" * number)))
    wait_until(lambda: store.writer.is_saved(new.run))
    assert store.runs.epochs(ANNA, new.run) == [epoch(number) for number in range(1, 51)]
    assert store.runs.checkpoint(ANNA, new.run) == SavedState(50, b"c" * 50)
    assert store.writer.error is None


def test_close_saves_pending_changes(disk: FakeDisk) -> None:
    writer = Writer(disk.save)
    changes = [first_change() for _ in range(20)]
    for new in changes:
        writer.enqueue(new)
    assert writer.close(5)
    assert disk.saved == changes


def test_enqueue_never_waits(disk: FakeDisk, writer: Writer) -> None:
    disk.unblocked.clear()
    writer.enqueue(new := first_change())
    assert disk.entered.wait(5)
    begin = time.monotonic()
    for number in range(200):
        writer.enqueue(epochs_change(new.run, number))
    assert time.monotonic() - begin < 1.0
    assert not writer.is_saved(new.run)
    assert not writer.flush(0.05)
    disk.unblocked.set()
    assert writer.flush(5)
    assert writer.is_saved(new.run)
    # Everything queued in the meantime is saved as one change.
    assert [len(saved.epochs) for saved in disk.saved] == [0, 200]


def test_retries_until_saved(disk: FakeDisk, writer: Writer) -> None:
    disk.error = UnavailableError("The disk is full.")
    first, second = first_change(), first_change()
    writer.enqueue(first)
    wait_until(lambda: writer.error is not None)
    assert str(writer.error) == "The disk is full."
    writer.enqueue(second)
    writer.enqueue(epochs_change(first.run, 1))
    assert not writer.is_saved(first.run)
    assert not writer.is_saved(second.run)
    # A failed change must stay ahead of what was queued after it.
    attempts = disk.n_attempts
    wait_until(lambda: disk.n_attempts > attempts)
    disk.error = None
    wait_until(lambda: writer.is_saved(first.run) and writer.is_saved(second.run))
    assert writer.error is None
    assert disk.saved == [first.merged(epochs_change(first.run, 1)), second]


def test_invalid_change_does_not_block_others(store: Store) -> None:
    bad, good = first_change(), first_change()
    store.writer.enqueue(replace(bad, epochs=({"epoch": 1, "loss": object()},)))
    store.writer.enqueue(good)
    wait_until(lambda: store.writer.is_saved(good.run))
    assert not store.writer.is_saved(bad.run)
    assert not store.writer.flush(1)
    assert store.runs.get(ANNA, bad.run) is None


def test_log_contains_nothing_of_a_change(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    store.runs.save(new := first_change())
    store.writer.enqueue(first_change(new.run, BEN, name="canary", spec='"canary"', data_name="canary"))
    assert not store.writer.flush(5)
    assert "cannot be saved" in caplog.text
    assert "canary" not in caplog.text
    assert BEN not in caplog.text


def test_discarded_run_is_not_saved(disk: FakeDisk, writer: Writer) -> None:
    disk.unblocked.clear()
    writer.enqueue(first := first_change())
    assert disk.entered.wait(5)
    writer.enqueue(waiting := first_change())
    writer.enqueue(later_change(first.run, state="running"))
    writer.discard(waiting.run)
    discarding = threading.Thread(target=writer.discard, args=(first.run,))
    discarding.start()
    time.sleep(0.05)
    assert discarding.is_alive(), "discard waits for the save in progress"
    disk.unblocked.set()
    discarding.join(5)
    writer.enqueue(later_change(first.run, state="finished"))
    writer.enqueue(later_change(waiting.run, state="finished"))
    assert writer.flush(5)
    assert disk.saved == [first]


def test_discarded_run_is_not_retried(disk: FakeDisk, writer: Writer) -> None:
    disk.error = UnavailableError("The database is locked.")
    writer.enqueue(new := first_change())
    wait_until(lambda: writer.error is not None)
    writer.discard(new.run)
    disk.error = None
    assert writer.flush(5)
    assert disk.saved == []


def test_run_deleted_while_training_stays_deleted(store: Store) -> None:
    store.writer.enqueue(new := first_change())
    for number in range(1, 200):
        store.writer.enqueue(epochs_change(new.run, number))
        if number == 100:
            wait_until(lambda: store.runs.get(ANNA, new.run) is not None)
            store.writer.discard(new.run)
            store.runs.delete(ANNA, new.run)
    assert store.writer.flush(5)
    assert store.runs.get(ANNA, new.run) is None


def test_capacity_is_limited(disk: FakeDisk, writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_UNSAVED_BYTES", 10_000)
    disk.error = UnavailableError("The disk is full.")
    writer.enqueue(new := replace(first_change(), report=b"r" * 9_000))
    wait_until(lambda: writer.error is not None)
    writer.check_capacity()
    writer.enqueue(replace(later_change(new.run), checkpoint=SavedState(1, b"c" * 2_000)))
    with pytest.raises(StoreError, match=r"No new run .* The disk is full\."):
        writer.check_capacity()


# Each pair of these changes must have the same effect when merged.
CHANGES = [
    {"values": {"state": "running", "epochs": 3}},
    {"epochs": (epoch(3, 0.75), epoch(4))},
    {"epochs": (epoch(4, 0.25), epoch(5))},
    {"truncate_after": 3, "epochs": (epoch(4, 0.125),)},
    {"truncate_after": 2},
    {"report": b"report", "checkpoint": SavedState(4, b"a")},
    {"checkpoint": SavedState(5, b""), "model": SavedState(5, b"m"), "values": {"epochs": 5}},
]


def stored_content(store: Store, run: str) -> tuple[object, ...]:
    runs = store.runs
    stored = runs.get(ANNA, run)
    assert stored is not None
    return (
        replace(stored, id="", created=stored.created.min),
        runs.epochs(ANNA, run),
        runs.report(ANNA, run),
        runs.checkpoint(ANNA, run),
        runs.model(ANNA, run),
    )


@pytest.fixture(scope="module")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = Store(tmp_path_factory.mktemp("home"))
    yield store
    store.close()


@pytest.mark.parametrize("second", range(len(CHANGES)))
@pytest.mark.parametrize("first", range(len(CHANGES)))
def test_merged_changes_have_the_same_effect(shared_store: Store, first: int, second: int) -> None:
    separate, merged = (
        replace(first_change(), epochs=tuple(epoch(n) for n in range(1, 5))) for _ in range(2)
    )
    for new in (separate, merged):
        shared_store.runs.save(new)
    for index in (first, second):
        shared_store.runs.save(RunChange(separate.run, ANNA, **CHANGES[index]))
    shared_store.runs.save(
        RunChange(merged.run, ANNA, **CHANGES[first]).merged(RunChange(merged.run, ANNA, **CHANGES[second]))
    )
    assert stored_content(shared_store, separate.run) == stored_content(shared_store, merged.run)
