"""Processes in which memory and time are measured."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import pytest
from fresh_processes import fresh_processes


@pytest.fixture(scope="module")
def processes() -> Iterator[ProcessPoolExecutor]:
    """A pool that uses a new process for each measurement, because a process does not return all memory."""
    with ProcessPoolExecutor(1, mp_context=fresh_processes(), max_tasks_per_child=1) as pool:
        yield pool


@pytest.fixture(scope="module")
def process() -> Iterator[ProcessPoolExecutor]:
    """A pool with one process for all measurements of time."""
    with ProcessPoolExecutor(1, mp_context=fresh_processes()) as pool:
        yield pool
