"""A class whose pupils train simultaneously: its results, and the resources it used on the server."""

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
    """The measurements of one class.

    Parameters
    ----------
    answers : tuple of Answer
        All answers of the server.
    errors : tuple of str
        The errors, one for each pupil who could not continue.
    stored : int
        Number of runs that are stored as finished, with their weights.
    seconds : float
        Time from the first press of Train until the last run ended.
    seen : float
        Time from the first press of Train until the last pupil saw the end of their run.
    usage : Usage
        CPU time of the server's processes, from the first press until the last page was drawn.
    pupils_cpu : float
        CPU time of the pupils in the same period, on the same cores.
    memory : int
        Memory of the server process at the end, in bytes.
    """

    answers: tuple[Answer, ...]
    errors: tuple[str, ...]
    stored: int
    seconds: float
    seen: float
    usage: Usage
    pupils_cpu: float
    memory: int


async def run_lesson(server: RunningServer, n_pupils: int, *, link: str = "", seed: int = 0) -> Lesson:
    """Let pupils open the app, train simultaneously once all have opened it, and leave.

    Parameters
    ----------
    server : RunningServer
        The server of the app.
    n_pupils : int
        Number of pupils, each with their own browser.
    link : str
        Settings in the link that they open, such as ``ep=5``.
    seed : int
        Seed of the settings that they change during training.
    """
    async with AsyncExitStack() as tabs:
        pupils = [
            Pupil(await tabs.enter_async_context(Tab(server.url, link)), seed * n_pupils + number)
            for number in range(n_pupils)
        ]
        opened = await asyncio.gather(*(pupil.open() for pupil in pupils), return_exceptions=True)
        pressed = datetime.now(UTC)
        started, usage, own_cpu = time.monotonic(), server.usage(), time.process_time()
        trained = await asyncio.gather(*(pupil.train() for pupil in pupils), return_exceptions=True)
        stored = _stored_runs(server, pupils)
        return Lesson(
            answers=tuple(answer for pupil in pupils for answer in pupil.answers),
            errors=tuple(chain.from_iterable(map(_texts, filter(None, (*opened, *trained))))),
            stored=sum(run.state == "finished" and run.has_model for run in stored),
            seconds=max(((run.ended - pressed).total_seconds() for run in stored if run.ended), default=0.0),
            seen=max(pupil.ended_at for pupil in pupils) - started,
            usage=server.usage().since(usage),
            pupils_cpu=time.process_time() - own_cpu,
            memory=server.memory(),
        )


def _texts(error: BaseException) -> Iterator[str]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _texts(inner)
    else:
        yield str(error) or type(error).__name__


def _stored_runs(server: RunningServer, pupils: list[Pupil]) -> list[StoredRun]:
    """Read the runs from the database, like another program."""
    with closing(Store(server.home)) as store:
        found = (store.runs.get(owner_of(pupil.workspace), pupil.run) for pupil in pupils)
        return [run for run in found if run is not None]
