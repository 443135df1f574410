"""The thread that saves: with a store behind it, and with one that fails as a test wants it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from store.changes import ANNA, BEN, change, epoch, later, with_epochs
from store.waiting import until

from qenn_core import limits
from qenn_core.store.entities import RunChange, SavedState
from qenn_core.store.errors import StoreError, UnavailableError
from qenn_core.store.store import Store
from qenn_core.store.writer import Writer


class Disk:
    """Takes changes when it may; otherwise they wait, or fail."""

    def __init__(self) -> None:
        self.saved: list[RunChange] = []
        self.entered = threading.Event()
        self.free = threading.Event()
        self.free.set()
        self.error: Exception | None = None

    def save(self, change: RunChange) -> bool:
        self.entered.set()
        assert self.free.wait(10)
        if self.error:
            raise self.error
        self.saved.append(change)
        return True


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def writer(disk: Disk) -> Iterator[Writer]:
    writer = Writer(disk.save)
    yield writer
    disk.error = None
    disk.free.set()
    writer.close(5)


def test_what_is_put_is_saved(store: Store) -> None:
    store.writer.put(new := change(name="x"))
    for number in range(1, 51):
        store.writer.put(with_epochs(new.run, number, checkpoint=SavedState(number, b"c" * number)))
    until(lambda: store.writer.is_saved(new.run))
    assert store.runs.epochs(ANNA, new.run) == [epoch(number) for number in range(1, 51)]
    assert store.runs.checkpoint(ANNA, new.run) == SavedState(50, b"c" * 50)
    assert store.writer.trouble is None


def test_closing_saves_what_waits(disk: Disk) -> None:
    writer = Writer(disk.save)
    changes = [change() for _ in range(20)]
    for new in changes:
        writer.put(new)
    assert writer.close(5)
    assert disk.saved == changes


def test_putting_never_waits(disk: Disk, writer: Writer) -> None:
    disk.free.clear()
    writer.put(new := change())
    assert disk.entered.wait(5)
    begin = time.monotonic()
    for number in range(1_000):
        writer.put(with_epochs(new.run, number))
    assert time.monotonic() - begin < 1.0
    assert not writer.is_saved(new.run)
    assert not writer.flush(0.05)
    disk.free.set()
    assert writer.flush(5)
    assert writer.is_saved(new.run)
    # All that came meanwhile is one change.
    assert [len(saved.epochs) for saved in disk.saved] == [0, 1_000]


def test_it_tries_again_until_it_can(disk: Disk, writer: Writer) -> None:
    disk.error = UnavailableError("The disk is full.")
    first, second = change(), change()
    writer.put(first)
    until(lambda: writer.trouble is not None)
    assert str(writer.trouble) == "The disk is full."
    writer.put(second)
    writer.put(with_epochs(first.run, 1))
    assert not writer.is_saved(first.run)
    assert not writer.is_saved(second.run)
    disk.error = None
    until(lambda: writer.is_saved(first.run) and writer.is_saved(second.run))
    assert writer.trouble is None
    assert disk.saved == [first.merged(with_epochs(first.run, 1)), second]


def test_a_change_that_cannot_be_saved_holds_up_no_others(store: Store) -> None:
    bad, good = change(), change()
    store.writer.put(replace(bad, epochs=({"epoch": 1, "loss": object()},)))
    store.writer.put(good)
    until(lambda: store.writer.is_saved(good.run))
    assert not store.writer.is_saved(bad.run)
    assert not store.writer.flush(1)
    assert store.runs.get(ANNA, bad.run) is None


def test_the_log_says_nothing_of_what_was_saved(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    store.runs.save(new := change())
    store.writer.put(change(new.run, BEN, name="canary", spec='"canary"', data_name="canary"))
    assert not store.writer.flush(5)
    assert "cannot be saved" in caplog.text
    assert "canary" not in caplog.text
    assert BEN not in caplog.text


def test_a_dropped_run_is_not_saved_any_more(disk: Disk, writer: Writer) -> None:
    disk.free.clear()
    writer.put(first := change())
    assert disk.entered.wait(5)
    writer.put(waiting := change())
    writer.put(later(first.run, state="running"))
    writer.drop(waiting.run)
    dropping = threading.Thread(target=writer.drop, args=(first.run,))
    dropping.start()
    time.sleep(0.05)
    assert dropping.is_alive(), "it waits for what is being saved"
    disk.free.set()
    dropping.join(5)
    writer.put(later(first.run, state="finished"))
    writer.put(later(waiting.run, state="finished"))
    assert writer.flush(5)
    assert disk.saved == [first]


def test_a_dropped_run_is_not_tried_again(disk: Disk, writer: Writer) -> None:
    disk.error = UnavailableError("The database is locked.")
    writer.put(new := change())
    until(lambda: writer.trouble is not None)
    writer.drop(new.run)
    disk.error = None
    assert writer.flush(5)
    assert disk.saved == []


def test_a_run_deleted_while_it_goes_on_stays_deleted(store: Store) -> None:
    store.writer.put(new := change())
    for number in range(1, 200):
        store.writer.put(with_epochs(new.run, number))
        if number == 100:
            until(lambda: store.runs.get(ANNA, new.run) is not None)
            store.writer.drop(new.run)
            store.runs.delete(ANNA, new.run)
    assert store.writer.flush(5)
    assert store.runs.get(ANNA, new.run) is None


def test_so_much_may_wait(disk: Disk, writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_UNSAVED_BYTES", 10_000)
    disk.error = UnavailableError("The disk is full.")
    writer.put(new := replace(change(), report=b"r" * 9_000))
    until(lambda: writer.trouble is not None)
    writer.refuse_if_crowded()
    writer.put(replace(later(new.run), checkpoint=SavedState(1, b"c" * 2_000)))
    with pytest.raises(StoreError, match=r"No new run .* The disk is full\."):
        writer.refuse_if_crowded()


# What two changes do one after the other, their merger does at once.
CHANGES = [
    {"values": {"state": "running", "epochs": 3}},
    {"epochs": (epoch(3), epoch(4))},
    {"epochs": (epoch(4, 0.25), epoch(5))},
    {"truncate_after": 3, "epochs": (epoch(4, 0.125),)},
    {"truncate_after": 2},
    {"report": b"report", "checkpoint": SavedState(4, b"a")},
    {"checkpoint": SavedState(5, b""), "weights": SavedState(5, b"w"), "values": {"epochs": 5}},
]


def saved(store: Store, run: str) -> tuple[object, ...]:
    runs = store.runs
    stored = runs.get(ANNA, run)
    assert stored is not None
    return (
        replace(stored, id="", created=stored.created.min),
        runs.epochs(ANNA, run),
        runs.report(ANNA, run),
        runs.checkpoint(ANNA, run),
        runs.weights(ANNA, run),
    )


@pytest.mark.parametrize("second", range(len(CHANGES)))
@pytest.mark.parametrize("first", range(len(CHANGES)))
def test_merged_changes_do_the_same(
    opening: Callable[..., Store], sqlite_place: object, first: int, second: int
) -> None:
    store = opening(sqlite_place)
    one_by_one, at_once = (replace(change(), epochs=tuple(epoch(n) for n in range(1, 5))) for _ in range(2))
    for new in (one_by_one, at_once):
        store.runs.save(new)
    for which in (first, second):
        store.runs.save(RunChange(one_by_one.run, ANNA, **CHANGES[which]))
    store.runs.save(
        RunChange(at_once.run, ANNA, **CHANGES[first]).merged(RunChange(at_once.run, ANNA, **CHANGES[second]))
    )
    assert saved(store, one_by_one.run) == saved(store, at_once.run)
