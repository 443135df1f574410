"""Getting a worker process ready: what its tasks need is imported before anybody waits for it."""

from __future__ import annotations

import importlib
from threading import Thread

from distributed import Worker, WorkerPlugin

from qenn_core import logs
from qenn_core.data import delete_abandoned_folders
from qenn_core.jobs.commands import SlotKind
from qenn_core.jobs.dask_compat import close_http_server, use_monotonic_clock, worker_slots
from qenn_core.jobs.worker import tasks

use_monotonic_clock()


class _CancelReleasedTasks(WorkerPlugin):  # type: ignore[misc]
    """Ends the run of a task that Dask has released: the thread would otherwise compute on."""

    def transition(self, key: str, start: str, finish: str, **kwargs: object) -> None:
        if (start, finish) == ("executing", "released"):
            tasks.cancel(key)


async def dask_setup(worker: Worker) -> None:
    """Prepare a worker for the kinds of tasks that it offers slots for."""
    await worker.plugin_add(_CancelReleasedTasks())
    logs.configure()
    close_http_server(worker)
    slots = worker_slots(worker)
    if SlotKind.READING in slots:
        delete_abandoned_folders()
    if SlotKind.TRAINING in slots:
        _prepare_for_training()
    if SlotKind.REQUESTS in slots:
        _prepare_for_requests()


def _prepare_for_training() -> None:
    from qenn_core.jobs.worker.training_imports import NATIVE, torch, training

    # Every core has a worker; a second thread would only compete for the same core.
    torch.set_num_threads(1)
    training.warm_up()
    if NATIVE.is_wanted:
        # On the very first start, this takes a minute or two. Trainings that begin before its end do without.
        Thread(target=NATIVE.prepare, daemon=True).start()


def _prepare_for_requests() -> None:
    """Import what describes data, which a page asks first; drawing circuits imports more, and comes later."""
    importlib.import_module("qenn_core.analysis.overview")
    Thread(target=importlib.import_module, args=("qenn_core.analysis.drawing",), daemon=True).start()
