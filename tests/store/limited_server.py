"""A server process whose files are limited in size for some time."""

from __future__ import annotations

import resource
import sys
from dataclasses import replace
from pathlib import Path

from store.changes import first_change
from store.faults import assert_changes_are_saved, assert_changes_wait, incompressible
from store.waiting import wait_until

from qenn_core.store import Store


def main(home: Path) -> None:
    """Save a run before, during and after the limit."""
    store = Store(home)
    store.runs.save(new := first_change())
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
    store.writer.enqueue(large := replace(first_change(), report=incompressible(500_000)))
    assert_changes_wait(store, new.run, "The database cannot be read or written.")
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert_changes_are_saved(store, new.run)
    wait_until(lambda: store.writer.is_saved(large.run))
    store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
