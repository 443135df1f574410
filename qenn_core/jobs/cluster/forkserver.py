"""Preloaded by nannies whose workers are forked from one process.

What the workers need is imported once, and is in memory once.
"""

from __future__ import annotations

import dask
from distributed import Nanny

from qenn_core.jobs.dask_compat import preload_in_forkserver

IMPORTS = ["qenn_core.jobs.worker.training_imports"]


def dask_setup(nanny: Nanny) -> None:
    """Fork the workers of this nanny."""
    dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"})
    preload_in_forkserver(IMPORTS)
