"""Processes that inherit nothing from the tests."""

from __future__ import annotations

import multiprocessing
from functools import cache
from multiprocessing.context import BaseContext

IMPORTS = ["torch._dynamo", "pennylane", "sklearn.linear_model", "core.steps"]


@cache
def fresh_processes() -> BaseContext:
    """Return their start method: forked, if possible, from a process with all libraries imported."""
    forks = "forkserver" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if forks else "spawn")
    if forks:
        context.set_forkserver_preload(IMPORTS)
    return context
