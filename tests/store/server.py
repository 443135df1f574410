"""A server in a process of its own, which a test may kill: it trains on, and says what is saved."""

from __future__ import annotations

import sys
from pathlib import Path

from store.changes import change, with_epochs

from qenn_core.store.entities import SavedState
from qenn_core.store.store import Store


def content(number: int) -> bytes:
    """Return the checkpoint after an epoch."""
    return number.to_bytes(4, "big") * 1_000


def main(home: str, url: str, n_epochs: str) -> None:
    """Save a run epoch by epoch, saying which is saved; close when told to."""
    store = Store(Path(home), url or None)
    store.writer.put(new := change(state="running"))
    for number in range(1, int(n_epochs) + 1):
        store.writer.put(with_epochs(new.run, number, checkpoint=SavedState(number, content(number))))
        if store.writer.is_saved(new.run) or (number % 20 == 0 and store.writer.flush(10)):
            print(new.run, number, flush=True)
    store.writer.flush(10)
    print(new.run, n_epochs, flush=True)
    sys.stdin.readline()
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
