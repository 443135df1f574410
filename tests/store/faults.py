"""What a server does while its database cannot be written, and after."""

from __future__ import annotations

import hashlib

from store.changes import ANNA, epoch, with_epochs
from store.waiting import until

from qenn_core.store.entities import SavedState
from qenn_core.store.store import Store


def incompressible(size: int) -> bytes:
    return hashlib.shake_256(b"").digest(size)


def goes_on(store: Store, run: str, trouble: str) -> None:
    """Put epochs; they wait, with the reason in words."""
    for number in range(1, 4):
        store.writer.put(with_epochs(run, number, checkpoint=SavedState(number, b"c" * number)))
    until(lambda: store.writer.trouble is not None)
    assert trouble in str(store.writer.trouble)
    store.writer.put(with_epochs(run, 4))
    assert not store.writer.is_saved(run)


def is_made_up_for(store: Store, run: str) -> None:
    """Make sure that all that waited is saved by and by."""
    until(lambda: store.writer.is_saved(run), 20)
    assert store.writer.trouble is None
    assert store.runs.epochs(ANNA, run) == [epoch(number) for number in range(1, 5)]
    assert store.runs.checkpoint(ANNA, run) == SavedState(3, b"ccc")
