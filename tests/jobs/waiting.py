"""Waiting for runs."""

from __future__ import annotations

import time
from collections.abc import Callable

from qenn_core.data.table import Table
from qenn_core.experiment import ExperimentSpec
from qenn_core.jobs.job_service import JobService
from qenn_core.jobs.snapshot import RunSnapshot

# Owners of the runs; ALICE unless a test is about several.
ALICE, BOB = "a" * 64, "b" * 64


def until(
    service: JobService,
    run: str,
    condition: Callable[[RunSnapshot], bool],
    seconds: float = 60.0,
    owner: str = ALICE,
) -> RunSnapshot:
    """Return the first snapshot that meets `condition`, within `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        snapshot = service.snapshot(run, owner)
        if condition(snapshot):
            return snapshot
        time.sleep(0.01)
    raise AssertionError(f"not within {seconds} s; state {snapshot.state}, {len(snapshot.history)} epochs")


def step_to(service: JobService, spec: ExperimentSpec, epochs: int, table: Table | None = None) -> str:
    """Return the id of a run that is paused after a number of epochs, however fast the machine."""
    run = service.submit(spec, table, paused=True, owner=ALICE)
    for _ in range(epochs):
        service.step(run, ALICE)
    until(service, run, lambda snapshot: snapshot.state == "paused" and len(snapshot.history) == epochs)
    return run


def settled(snapshot: RunSnapshot) -> bool:
    return snapshot.settled


def saved(snapshot: RunSnapshot) -> bool:
    return snapshot.settled and snapshot.saved


def in_state(state: str) -> Callable[[RunSnapshot], bool]:
    return lambda snapshot: snapshot.state == state


def with_epochs(number: int) -> Callable[[RunSnapshot], bool]:
    return lambda snapshot: len(snapshot.history) >= number


def soon(condition: Callable[[], bool], seconds: float = 60.0) -> bool:
    """Wait for a condition for at most `seconds`, and return whether it holds."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()
