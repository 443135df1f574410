"""What a server must do while its database cannot be written, and afterwards."""

from __future__ import annotations

import hashlib

from store.changes import ANNA, epoch, epochs_change
from store.waiting import wait_until

from qenn_core.store import SavedState, Store


def incompressible(size: int) -> bytes:
    return hashlib.shake_256(b"").digest(size)


def assert_changes_wait(store: Store, run: str, message: str) -> None:
    """Queue epochs 1 to 4 of a run, and check that they stay unsaved with `message` as the error."""
    for number in range(1, 4):
        store.writer.enqueue(epochs_change(run, number, checkpoint=SavedState(number, b"c" * number)))
    wait_until(lambda: store.writer.error is not None)
    assert message in str(store.writer.error)
    store.writer.enqueue(epochs_change(run, 4))
    assert not store.writer.is_saved(run)


def assert_changes_are_saved(store: Store, run: str) -> None:
    """Check that the writer saves what `assert_changes_wait` queued."""
    wait_until(lambda: store.writer.is_saved(run), 20)
    assert store.writer.error is None
    assert store.runs.epochs(ANNA, run) == [epoch(number) for number in range(1, 5)]
    assert store.runs.checkpoint(ANNA, run) == SavedState(3, b"ccc")
