"""Preloaded by the workers: what their tasks need is imported before somebody waits for it."""

from __future__ import annotations

import importlib
from threading import Thread
from typing import Any

import click

from qenn_core.jobs.guard import close_http

TRAINING, ANSWERING = "training", "answering"


@click.command()
@click.argument("duty", type=click.Choice([TRAINING, ANSWERING]))
def dask_setup(worker: Any, duty: str) -> None:
    """Get this worker process ready for its duty."""
    close_http(worker)
    if duty == TRAINING:
        _prepare_to_train()
    else:
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
