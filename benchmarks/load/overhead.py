"""One run that a page watches, beside the generator of its training alone."""

from __future__ import annotations

import time

from benchmarks.load.bare import BareWorkers
from benchmarks.load.pupil import Pupil
from benchmarks.load.server import RunningServer
from benchmarks.load.tab import Tab
from qenn_core.spec import ExperimentSpec

# The end of the run is to be seen when it comes, not a quarter of a second later.
EAGER_MS = {"queued": 10, "running": 10, "paused": 10}


async def compare(
    server: RunningServer, bare: BareWorkers, link: str, spec: ExperimentSpec, repeats: int
) -> list[tuple[float, float]]:
    """Return the seconds of a watched run and of its bare training, as often as asked, by turns.

    A watched run counts from the press of Train until its end is told.
    """
    return [
        (await _watched_run(server, link, seed), bare.seconds_for_training(spec)) for seed in range(repeats)
    ]


async def _watched_run(server: RunningServer, link: str, seed: int) -> float:
    async with Tab(server.url, link) as tab:
        pupil = Pupil(tab, seed, EAGER_MS)
        await pupil.open()
        begun = time.monotonic()
        await pupil.train()
        return pupil.ended_at - begun
