"""Worker processes as the rest of the server sees them: so many places, each for one task at a time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from asyncio import run_coroutine_threadsafe
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from importlib.util import find_spec
from typing import Any, Protocol
from uuid import uuid4

import dask
from distributed import Client, KilledWorker
from distributed import Future as Task
from distributed.client import FutureCancelledError
from distributed.comm import CommClosedError
from distributed.utils import LoopRunner

from qenn_core import limits
from qenn_core.errors import JobError
from qenn_core.jobs.tasks import KINDS, TRAINING

logger = logging.getLogger(__name__)

# A worker's address and a kind of task.
Place = tuple[str, str]

# How often the workers are counted, and how soon a cluster that was lost is tried again.
LOOK_SECONDS = 0.25
RETRY_SECONDS = 3.0
# A scheduler that is silent for longer is taken for lost.
SILENCE_SECONDS = 30.0
CLOSE_SECONDS = 20.0
LARGE_BYTES = 2**20
# The quicker one, on systems that have it.
EVENT_LOOP = "uvloop" if find_spec("uvloop") else "asyncio"
# What Dask does in the server's process, unless told otherwise: look up the source of whoever submits, and
# warn of large uploads.
SERVER_CONFIG = {
    "distributed.admin.event-loop": EVENT_LOOP,
    "distributed.diagnostics.computations.nframes": 0,
    "distributed.admin.large-graph-warning-threshold": 2 * limits.MAX_DECOMPRESSED_BYTES,
}

LOST_WORKER = (
    "The process that worked on this ended.",
    "It ran out of memory, or was ended from outside.",
    "Try again; if it comes back, use fewer qubits, rows or columns.",
)
LOST_CLUSTER = (
    "The connection to the worker processes was lost.",
    "Their scheduler ended, or the network failed.",
    "Try again in a minute: the server connects again by itself.",
)
BUSY = ("There is no answer yet.", "Other questions are being answered.", "Try again in a few seconds.")


class WorkerLostError(JobError):
    """The process that worked on a task ended before the task did."""


class ClusterLostError(JobError):
    """There is no connection to the worker processes."""


class BusyError(JobError):
    """No place became free in time."""


class Site(Protocol):
    """Where worker processes are."""

    @property
    def slots(self) -> Mapping[str, int] | None:
        """How many tasks of each kind go on at once; ``None`` if that is as many as its workers offer now."""
        ...

    @property
    def trouble(self) -> tuple[str, str, str]:
        """What to say while there is no connection."""
        ...

    def connected(self) -> AbstractAsyncContextManager[Client]:
        """Be connected to its scheduler."""
        ...


class Cluster:
    """Hands tasks to workers, and connects again whenever the connection was lost.

    It connects in the background, from a thread of its own, in which `heard` and `changed` are called too:
    these must not wait for anything. Every method but `expect_place` may be called from any thread.

    Parameters
    ----------
    site : Site
        Where the workers are.
    heard : callable
        Takes what a task tells by ``get_worker().log_event(cluster.topic, message)``, in its order.
    changed : callable
        Called when there may be another number of places than before.
    """

    def __init__(self, site: Site, heard: Callable[[Any], None], changed: Callable[[], None]) -> None:
        self.topic = f"qenn-{uuid4().hex}"
        """Under which the tasks of this server tell how they go; other servers may share the workers."""
        self.trouble: ClusterLostError | None = None
        """Why there is no connection, once that is known."""
        self._site = site
        self._heard = heard
        self._changed = changed
        self._slots: Mapping[str, int] = {}
        self._client: Client | None = None
        self._workers: Mapping[str, Mapping[str, float]] = {}
        self._given: dict[str, str] = {}
        self._expected: set[Place] = set()
        self._freed = asyncio.Event()
        self._followed: set[asyncio.Task[Any]] = set()
        self._queues: Mapping[str, asyncio.Lock] = {kind: asyncio.Lock() for kind in KINDS}
        dask.config.set(SERVER_CONFIG)
        self._runner = LoopRunner()
        self._runner.start()
        self._loop = self._runner.loop.asyncio_loop
        run_coroutine_threadsafe(self._begin(), self._loop).result()

    def slots(self, kind: str = TRAINING) -> int:
        """Return how many tasks of a kind may go on at once; none without a connection."""
        return self._slots.get(kind, 0)

    def submit(
        self,
        kind: str,
        function: Callable[..., Any],
        *args: Any,
        payload: bytes,
        patience: float | None = None,
        seconds: float | None = None,
    ) -> Future[Any]:
        """Let a worker call ``function(*args, payload)`` as soon as it has a free place for this kind.

        Parameters
        ----------
        kind : str
            One of `KINDS`.
        function : callable
            One that a worker can import from a light module.
        payload : bytes
            What is large goes straight to the worker, where it can be reached.
        patience : float, optional
            Seconds to wait for a place.
        seconds : float, optional
            Seconds to wait for the result from then on.

        Returns
        -------
        Future
            Ends with what the call returns or raises, or with `WorkerLostError`, `ClusterLostError`,
            `BusyError` after `patience`, or ``TimeoutError`` after `seconds`. To cancel it is to give the
            task up, which ends it only if it waits for a place. Its callbacks are called like `changed`.
        """
        return run_coroutine_threadsafe(
            self._call(kind, function, args, payload, patience, seconds), self._loop
        )

    def expect_place(self, kind: str, worker: str) -> None:
        """Count a place as free whose task has told that it is about to end.

        The next task is handed over meanwhile, and begins in the moment in which that ends. To be called from
        `heard` only: the end of the task is heard after it.
        """
        self._expected.add((worker, kind))
        self._freed.set()

    def everywhere(
        self, function: Callable[..., Any], *args: Any, workers: Iterable[str] | None = None
    ) -> Future[dict[str, Any]]:
        """Let all workers, or those at the addresses given, call a quick function beside their tasks.

        Returns
        -------
        Future of dict
            Address of each worker that answered, with what it returned.
        """
        return run_coroutine_threadsafe(self._everywhere(function, args, workers), self._loop)

    def wait_for_workers(self, timeout: float) -> None:
        """Return when each kind of task has a place that is ready; else raises ``TimeoutError``."""
        run_coroutine_threadsafe(self._ready(), self._loop).result(timeout)

    def close(self) -> None:
        """End the connection, and the processes that it started."""
        run_coroutine_threadsafe(self._end(), self._loop).result(CLOSE_SECONDS)
        self._runner.stop()

    # The connection

    async def _begin(self) -> None:
        self._keeping = asyncio.create_task(self._keep())

    async def _end(self) -> None:
        for task in (ending := [self._keeping, *self._followed]):
            task.cancel()
        await asyncio.wait(ending)
        self._lose()

    async def _keep(self) -> None:
        while True:
            try:
                await self._connect()
                error: Exception = CommClosedError("the connection was lost")
            except Exception as raised:
                error = raised
            if not self.trouble:
                logger.error("the worker processes are out of reach; trying on: %r", error, exc_info=error)
            self._lose()
            await asyncio.sleep(RETRY_SECONDS)

    async def _connect(self) -> None:
        """Be connected for as long as that lasts."""
        async with self._site.connected() as client:
            client.subscribe_topic(self.topic, lambda event: self._heard(event[1]))
            try:
                while client.status == "running":
                    await self._look(client)
                    self._client, self.trouble = client, None
                    await asyncio.sleep(LOOK_SECONDS)
            finally:
                # To end what was started takes a while, in which nobody shall count on it.
                self._lose()

    def _lose(self) -> None:
        self._client, self._workers = None, {}
        self.trouble = ClusterLostError(*self._site.trouble)
        self._offer({})

    def _offer(self, slots: Mapping[str, int]) -> None:
        if slots != self._slots or not slots:
            self._slots = slots
            self._changed()

    async def _look(self, client: Client) -> Counter[Place]:
        """Count the workers and what they offer; return how much of it is taken, by any server."""
        async with asyncio.timeout(SILENCE_SECONDS):
            scheduler = client.scheduler
            known, processing = await asyncio.gather(
                scheduler.identity(n_workers=-1), scheduler.processing(workers=None)
            )
        self._workers = {address: worker["resources"] for address, worker in known["workers"].items()}
        self._offer(self._site.slots or _sums(self._workers.values()))
        begun = {task: address for address, tasks in processing.items() for task in tasks}
        taken = Counter((address, _kind(task)) for task, address in {**begun, **self._given}.items())
        return taken - Counter(self._expected)

    async def _ready(self) -> None:
        while not all(_sums(self._workers.values())[kind] >= max(1, self.slots(kind)) for kind in KINDS):
            await asyncio.sleep(LOOK_SECONDS)

    # Tasks

    async def _call(
        self,
        kind: str,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        payload: bytes,
        patience: float | None,
        seconds: float | None,
    ) -> Any:
        name = f"{kind}-{uuid4().hex}"
        try:
            async with asyncio.timeout(patience):
                client, worker = await self._place(name)
        except TimeoutError as late:
            raise BusyError(*BUSY) from late
        # Also when nobody waits for it any longer, the place is taken until the worker is through with it.
        following = asyncio.create_task(self._follow(client, worker, name, function, args, payload))
        self._followed.add(following)
        following.add_done_callback(self._followed.discard)
        following.add_done_callback(_retrieve)
        async with asyncio.timeout(seconds):
            return await asyncio.shield(following)

    async def _follow(
        self,
        client: Client,
        worker: str,
        name: str,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        payload: bytes,
    ) -> Any:
        """Hand a task to the worker that has a place for it, and wait for its end."""
        try:
            handed = await self._hand_over(client, worker, payload)
            task = client.submit(
                function, *args, handed, key=name, workers=[worker], resources={_kind(name): 1}
            )
            return await self._result(task, worker)
        except (KilledWorker, FutureCancelledError, CommClosedError) as lost:
            if client.status == "running":
                raise WorkerLostError(*LOST_WORKER) from lost
            raise ClusterLostError(*LOST_CLUSTER) from lost
        finally:
            del self._given[name]
            self._expected.discard((worker, _kind(name)))
            self._freed.set()

    async def _place(self, task: str) -> tuple[Client, str]:
        """Give a task to the free worker that has least to do, once there is one."""
        kind = _kind(task)
        async with self._queues[kind]:
            while True:
                if self.trouble:
                    raise self.trouble
                self._freed.clear()
                client = self._client
                if client and client.status == "running":
                    with contextlib.suppress(OSError):  # the connection was lost a moment ago
                        taken = await self._look(client)
                        if worker := self._least_busy(kind, taken):
                            self._given[task] = worker
                            return client, worker
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._freed.wait(), LOOK_SECONDS)

    def _least_busy(self, kind: str, taken: Counter[Place]) -> str | None:
        """Return the address of the worker that has least to do, of those with a free place for a kind."""
        free = [
            worker for worker, offered in self._workers.items() if taken[worker, kind] < offered.get(kind, 0)
        ]
        return min(free, key=lambda worker: sum(taken[worker, kind] for kind in KINDS), default=None)

    async def _hand_over(self, client: Client, worker: str, payload: bytes) -> bytes | Task:
        """Bring a large payload straight to the worker, ten times faster than through the scheduler."""
        if len(payload) < LARGE_BYTES:
            return payload
        return (await client.scatter([payload], workers=[worker], direct=True, hash=False))[0]

    async def _result(self, task: Task, worker: str) -> Any:
        """Wait for a result; a scheduler does not tell of a task for a worker that had left already."""
        result = asyncio.ensure_future(task)
        result.add_done_callback(_retrieve)
        while worker in self._workers and not result.done():
            await asyncio.wait([result], timeout=LOOK_SECONDS)
        if result.done():
            return result.result()
        result.cancel()
        raise CommClosedError(f"{worker} has left")

    async def _everywhere(
        self, function: Callable[..., Any], args: tuple[Any, ...], workers: Iterable[str] | None
    ) -> dict[str, Any]:
        if self._client is None:
            return {}
        answers: dict[str, Any] = await self._client.run(
            function, *args, workers=None if workers is None else list(workers), on_error="ignore"
        )
        return answers


def _retrieve(task: asyncio.Future[Any]) -> None:
    """Take note of how a task ended: whoever waited for it was told, and asyncio shall not complain."""
    if not task.cancelled():
        task.exception()


def _kind(task: str) -> str:
    return task.partition("-")[0]


def _sums(offers: Iterable[Mapping[str, float]]) -> Counter[str]:
    """Return what workers offer together."""
    total: Counter[str] = Counter()
    for offered in offers:
        total.update({kind: int(offered.get(kind, 0)) for kind in KINDS})
    return total
