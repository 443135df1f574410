from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.context import BaseContext

import pytest


@pytest.fixture(scope="session")
def starting() -> BaseContext:
    """How processes start that measure: forked, where possible, from one that has all imported."""
    forks = "forkserver" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if forks else "spawn")
    if forks:
        context.set_forkserver_preload(["torch", "pennylane", "sklearn.linear_model", "core.steps"])
    return context


@pytest.fixture(scope="module")
def processes(starting: BaseContext) -> Iterator[ProcessPoolExecutor]:
    """A new process for each measurement, since one keeps memory that it has had."""
    with ProcessPoolExecutor(1, mp_context=starting, max_tasks_per_child=1) as pool:
        yield pool


@pytest.fixture(scope="module")
def process(starting: BaseContext) -> Iterator[ProcessPoolExecutor]:
    """One process for all measurements of time."""
    with ProcessPoolExecutor(1, mp_context=starting) as pool:
        yield pool
