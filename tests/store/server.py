"""A server process that a test may kill: it saves epochs and prints which are saved."""

from __future__ import annotations

import sys
from pathlib import Path

from store.changes import epochs_change, first_change

from qenn_core.store import SavedState, Store


def checkpoint_content(number: int) -> bytes:
    """Return the checkpoint after an epoch."""
    return number.to_bytes(4, "big") * 1_000


def main(home: str, url: str, n_epochs: str) -> None:
    """Save a run epoch by epoch and print which is saved; close after a line of input."""
    store = Store(Path(home), url or None)
    store.writer.enqueue(new := first_change(state="running"))
    for number in range(1, int(n_epochs) + 1):
        checkpoint = SavedState(number, checkpoint_content(number))
        store.writer.enqueue(epochs_change(new.run, number, checkpoint=checkpoint))
        if store.writer.is_saved(new.run) or (number % 20 == 0 and store.writer.flush(10)):
            print(new.run, number, flush=True)
    store.writer.flush(10)
    print(new.run, n_epochs, flush=True)
    sys.stdin.readline()
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
