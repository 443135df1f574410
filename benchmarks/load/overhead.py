"""One run that a page watches, beside the generator of its training alone."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.load.bare import BareWorkers
from benchmarks.load.pupil import UNDER_WAY, Pupil, as_a_page_does
from benchmarks.load.server import RunningServer
from benchmarks.load.tab import Tab
from qenn_core.experiment import ExperimentSpec

# The end of the run is to be seen when it comes, not a quarter of a second later.
EAGER_MS = 10


@dataclass(frozen=True)
class Comparison:
    """Seconds for one and the same experiment.

    Parameters
    ----------
    watched : float
        From the press of Train until the end of the run is told.
    run : float
        The run in a bare process.
    training : float
        Its training alone, which it has in common with any other way to run it.
    """

    watched: float
    run: float
    training: float


async def compare(
    server: RunningServer, bare: BareWorkers, link: str, spec: ExperimentSpec, repeats: int
) -> list[Comparison]:
    """Measure all three by turns, as often as asked."""
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
        pupil = Pupil(tab, seed, _eager)
        await pupil.open()
        begun = time.monotonic()
        await pupil.train()
        return pupil.ended_at - begun


def _eager(run: Mapping[str, Any]) -> int | None:
    return EAGER_MS if run["state"] in UNDER_WAY else as_a_page_does(run)
