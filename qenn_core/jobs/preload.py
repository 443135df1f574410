"""Preloaded by the workers: what their tasks need is imported before somebody waits for it."""

from __future__ import annotations

import importlib
from threading import Thread
from typing import Any

from distributed import WorkerPlugin

from qenn_core import logs
from qenn_core.jobs.guard import close_http
from qenn_core.jobs.tasks import QUESTIONS, TRAINING, give_up


class _GivingUp(WorkerPlugin):  # type: ignore[misc]
    """Ends runs that no server waits for: a thread does not end with the task that it works on."""

    def transition(self, key: str, start: str, finish: str, **kwargs: Any) -> None:
        if (start, finish) == ("executing", "released"):
            give_up(key)


async def dask_setup(worker: Any) -> None:
    """Get this worker process ready for what it offers to do."""
    await worker.plugin_add(_GivingUp())
    logs.configure()
    close_http(worker)
    if TRAINING in worker.state.total_resources:
        _prepare_to_train()
    if QUESTIONS in worker.state.total_resources:
        _prepare_to_answer()


def _prepare_to_train() -> None:
    import torch

    # Every core has a worker: a second thread would only fight for the same core.
    torch.set_num_threads(1)
    from qenn_core.jobs import work

    work.warm_up()


def _prepare_to_answer() -> None:
    """Import what tells of data, which a page asks first; what draws circuits takes longer, and follows."""
    importlib.import_module("qenn_core.analysis.overview")
    Thread(target=importlib.import_module, args=("qenn_core.analysis.drawing",), daemon=True).start()
