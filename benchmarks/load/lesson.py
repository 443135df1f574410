"""A class that trains at once: what came of it, and what the server took for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain

from benchmarks.load.pupil import Answer, Pupil
from benchmarks.load.server import RunningServer, Usage
from benchmarks.load.tab import Tab
from qenn_core.store import Store, StoredRun
from qenn_core.workspace import owner_of


@dataclass(frozen=True)
class Lesson:
    """What a class met.

    Parameters
    ----------
    answers : tuple of Answer
        All that the server answered.
    errors : tuple of str
        What went wrong: one for each pupil who could not go on.
    stored : int
        Number of runs that the database has as finished, with their weights.
    seconds : float
        From the first press of Train until the last run ended.
    seen : float
        From the first press of Train until the last pupil saw their run ended.
    usage : Usage
        CPU time of the server's processes, from the first press until the last page was drawn.
    pupils_cpu : float
        CPU time that the pupils took themselves meanwhile, on the same cores.
    memory : int
        Bytes held by the server's own process at the end.
    """

    answers: tuple[Answer, ...]
    errors: tuple[str, ...]
    stored: int
    seconds: float
    seen: float
    usage: Usage
    pupils_cpu: float
    memory: int


async def give(server: RunningServer, n_pupils: int, *, link: str = "", seed: int = 0) -> Lesson:
    """Let `n_pupils` open the app, train at once when all are there, and leave.

    Parameters
    ----------
    server : RunningServer
        Where the app is.
    n_pupils : int
        Each has a browser of their own.
    link : str
        Settings in the link that they open.
    seed : int
        Of what they do meanwhile.
    """
    async with AsyncExitStack() as tabs:
        pupils = [
            Pupil(await tabs.enter_async_context(Tab(server.url, link)), seed * n_pupils + number)
            for number in range(n_pupils)
        ]
        opened = await asyncio.gather(*(pupil.open() for pupil in pupils), return_exceptions=True)
        pressed = datetime.now(UTC)
        begun, before, own = time.monotonic(), server.usage(), time.process_time()
        trained = await asyncio.gather(*(pupil.train() for pupil in pupils), return_exceptions=True)
        kept = _kept(server, pupils)
        return Lesson(
            answers=tuple(answer for pupil in pupils for answer in pupil.answers),
            errors=tuple(chain.from_iterable(map(_texts, filter(None, (*opened, *trained))))),
            stored=sum(run.state == "finished" and run.has_weights for run in kept),
            seconds=max(((run.ended - pressed).total_seconds() for run in kept if run.ended), default=0.0),
            seen=max(pupil.ended_at for pupil in pupils) - begun,
            usage=server.usage().since(before),
            pupils_cpu=time.process_time() - own,
            memory=server.memory(),
        )


def _texts(error: BaseException) -> Iterator[str]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _texts(inner)
    else:
        yield str(error) or type(error).__name__


def _kept(server: RunningServer, pupils: list[Pupil]) -> list[StoredRun]:
    """Look into the database, as another program would."""
    with closing(Store(server.home)) as store:
        found = (store.runs.get(owner_of(pupil.workspace), pupil.run) for pupil in pupils)
        return [run for run in found if run is not None]
