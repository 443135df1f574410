"""Where the worker processes of this server are, as its settings say."""

from __future__ import annotations

import os

from dask.system import CPU_COUNT

from qenn_core.jobs.cluster import Site
from qenn_core.jobs.elsewhere import Elsewhere
from qenn_core.jobs.embedded import ThisMachine


def default_workers() -> int:
    """Return the number of training workers: the setting QENN_WORKERS, or one for each core."""
    return max(1, int(os.environ.get("QENN_WORKERS") or CPU_COUNT))


def default_site() -> Site:
    """Return where the workers are: at the scheduler of the setting QENN_SCHEDULER, or on this machine."""
    address = os.environ.get("QENN_SCHEDULER")
    return Elsewhere(address) if address else ThisMachine(default_workers())
