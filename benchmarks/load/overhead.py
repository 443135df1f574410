"""The overhead of a run that a page watches, compared with the generator of its training alone."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.load.bare import BareWorkers
from benchmarks.load.pupil import ACTIVE, Pupil, poll_interval
from benchmarks.load.server import RunningServer
from benchmarks.load.tab import Tab
from qenn_core.experiment import ExperimentSpec

# The end of the run must be seen immediately, not a quarter of a second later.
FAST_POLL_MS = 10


@dataclass(frozen=True)
class Comparison:
    """Times of the same experiment, in seconds.

    Parameters
    ----------
    watched : float
        From the press of Train until the page receives the end of the run.
    run : float
        The run in a bare process.
    training : float
        Its training alone, which every way to run it includes.
    """

    watched: float
    run: float
    training: float


async def compare(
    server: RunningServer, bare: BareWorkers, link: str, spec: ExperimentSpec, repeats: int
) -> list[Comparison]:
    """Measure all three in turns, `repeats` times."""
    return [
        Comparison(
            watched=await _watched_run(server, link, seed),
            run=bare.seconds_for_runs(spec, 1),
            training=bare.seconds_for_training(spec),
        )
        for seed in range(repeats)
    ]


async def _watched_run(server: RunningServer, link: str, seed: int) -> float:
    async with Tab(server.url, link) as tab:
        pupil = Pupil(tab, seed, _fast_poll_interval)
        await pupil.open()
        started = time.monotonic()
        await pupil.train()
        return pupil.ended_at - started


def _fast_poll_interval(run: Mapping[str, Any]) -> int | None:
    return FAST_POLL_MS if run["state"] in ACTIVE else poll_interval(run)
