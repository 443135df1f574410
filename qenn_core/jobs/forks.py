"""Preloaded by nannies whose workers are forked from one process, which imports what they need.

So it is imported once, and is in memory once.
"""

from __future__ import annotations

from typing import Any

import dask
from distributed.utils import get_mp_context

IMPORTED = ["qenn_core.jobs.forked"]


def dask_setup(nanny: Any) -> None:
    """Have the workers forked."""
    dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"})
    get_mp_context().set_forkserver_preload(IMPORTED)
