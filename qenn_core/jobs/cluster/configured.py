"""The backend that the settings of the server name."""

from __future__ import annotations

import os

from dask.system import CPU_COUNT

from qenn_core.jobs.cluster.backends import Backend
from qenn_core.jobs.cluster.local import LocalBackend
from qenn_core.jobs.cluster.remote import RemoteBackend


def configured_backend() -> Backend:
    """Return the scheduler named by ``QENN_SCHEDULER``, or workers on this machine."""
    address = os.environ.get("QENN_SCHEDULER")
    return RemoteBackend(address) if address else LocalBackend(n_training_workers())


def n_training_workers() -> int:
    """Return the number of training workers: ``QENN_WORKERS``, by default one per core."""
    return max(1, int(os.environ.get("QENN_WORKERS") or CPU_COUNT))
