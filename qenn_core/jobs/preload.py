"""Preloaded by the workers: what a run needs is imported before somebody waits for it."""

from __future__ import annotations

from typing import Any

import psutil

from qenn_core.jobs.guard import close_http

# Below the server, so that pages answer while every core trains.
PRIORITY = psutil.BELOW_NORMAL_PRIORITY_CLASS if psutil.WINDOWS else 5


def dask_setup(worker: Any) -> None:
    """Lower the priority of this worker process, and import the core."""
    psutil.Process().nice(PRIORITY)
    close_http(worker)
    import torch

    # Every core has a worker: a second thread would only fight for the same core.
    torch.set_num_threads(1)
    from qenn_core.jobs import work

    work.warm_up()
