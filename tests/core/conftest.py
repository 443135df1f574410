"""Processes in which memory and time are measured."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.context import BaseContext

import pytest


@pytest.fixture(scope="session")
def starting() -> BaseContext:
    """The start method for measuring processes: forked, if possible, from one with all libraries imported."""
    forks = "forkserver" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if forks else "spawn")
    if forks:
        context.set_forkserver_preload(["torch", "pennylane", "sklearn.linear_model", "core.steps"])
    return context


@pytest.fixture(scope="module")
def processes(starting: BaseContext) -> Iterator[ProcessPoolExecutor]:
    """A pool that uses a new process for each measurement, because a process does not return all memory."""
    with ProcessPoolExecutor(1, mp_context=starting, max_tasks_per_child=1) as pool:
        yield pool


@pytest.fixture(scope="module")
def process(starting: BaseContext) -> Iterator[ProcessPoolExecutor]:
    """A pool with one process for all measurements of time."""
    with ProcessPoolExecutor(1, mp_context=starting) as pool:
        yield pool
