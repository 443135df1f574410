"""A server in a process of its own, whose files may not grow for some time."""

from __future__ import annotations

import resource
import sys
from dataclasses import replace
from pathlib import Path

from store.changes import change
from store.faults import goes_on, incompressible, is_made_up_for
from store.waiting import until

from qenn_core.store.store import Store


def main(home: Path) -> None:
    """Save a run before, while and after there is a limit."""
    store = Store(home)
    store.runs.save(new := change())
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
    store.writer.put(large := replace(change(), report=incompressible(500_000)))
    goes_on(store, new.run, "The database cannot be read or written.")
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    is_made_up_for(store, new.run)
    until(lambda: store.writer.is_saved(large.run))
    store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
