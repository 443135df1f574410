"""Worker processes as the rest of the server sees them: slots, each for one task at a time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from asyncio import run_coroutine_threadsafe
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from uuid import uuid4

import dask
from distributed import Client, KilledWorker
from distributed import Future as DaskFuture
from distributed.client import FutureCancelledError
from distributed.comm import CommClosedError
from distributed.utils import LoopRunner

from qenn_core import limits
from qenn_core.errors import JobError
from qenn_core.jobs.cluster.backends import EVENT_LOOP, Backend
from qenn_core.jobs.cluster.heartbeats import Heartbeats
from qenn_core.jobs.commands import SlotKind
from qenn_core.jobs.dask_compat import scheduler_info, use_monotonic_clock

R = TypeVar("R")

use_monotonic_clock()
logger = logging.getLogger(__name__)

POLL_SECONDS = 0.25
RECONNECT_SECONDS = 3.0
# A scheduler that is silent for longer counts as lost.
SILENCE_SECONDS = 30.0
CLOSE_SECONDS = 5.0
LARGE_BYTES = 2**20
# By default Dask looks up the source of the code that submits, and warns of large uploads.
SERVER_CONFIG = {
    "distributed.admin.event-loop": EVENT_LOOP,
    "distributed.diagnostics.computations.nframes": 0,
    "distributed.admin.large-graph-warning-threshold": 2 * limits.MAX_DECOMPRESSED_BYTES,
}

LOST_WORKER = (
    "The process that worked on this has ended.",
    "It ran out of memory, or something else on the computer ended it.",
    "Try again; if it happens again, use fewer qubits, rows or columns.",
)
LOST_CLUSTER = (
    "The connection to the worker processes was lost.",
    "Their scheduler has ended, or the network has failed.",
    "Try again in a minute: the server reconnects by itself.",
)
BUSY = ("There is no reply yet.", "The server is busy with other requests.", "Try again in a few seconds.")


class WorkerLostError(JobError):
    """The process that worked on a task ended before the task did."""


class ClusterLostError(JobError):
    """There is no connection to the worker processes."""


class BusyError(JobError):
    """No slot became free in time."""


@dataclass(frozen=True)
class _WorkerSlots:
    """The slots of one kind at one worker."""

    worker: str
    kind: SlotKind


@dataclass(frozen=True)
class _Task(Generic[R]):
    """A function to call in a slot."""

    kind: SlotKind
    function: Callable[..., R]
    args: tuple[object, ...]
    payload: bytes
    key: str = field(default_factory=lambda: uuid4().hex)

    @property
    def dask_key(self) -> str:
        """The key in Dask's graph, from which the kind of a task of any server can be told."""
        return f"{self.kind.value}-{self.key}"


class WorkerPool:
    """Submits tasks to workers, and reconnects whenever the connection is lost.

    The pool connects in the background, from a thread of its own, in which it also calls `on_message` and
    `on_resize`: these must not block. All methods but `expect_free_slot` may be called from any thread.

    Parameters
    ----------
    backend : Backend
        Where the workers run.
    on_message : callable
        Takes each message that a task logs by ``get_worker().log_event(pool.topic, message)``, in order.
    on_resize : callable
        Called when the number of slots may have changed.

    Attributes
    ----------
    topic : str
        The topic under which tasks of this server log messages; other servers may share the workers.
    trouble : ClusterLostError or None
        Why there is no connection, once that is known.
    """

    def __init__(
        self, backend: Backend, on_message: Callable[[object], None], on_resize: Callable[[], None]
    ) -> None:
        self.topic = f"qenn-{uuid4().hex}"
        self.trouble: ClusterLostError | None = None
        self._backend = backend
        self._on_message = on_message
        self._on_resize = on_resize
        self._slots: Mapping[SlotKind, int] = {}
        self._closing = False
        self._client: Client | None = None
        self._workers: Mapping[str, Mapping[str, float]] = {}
        self._heartbeats = Heartbeats()
        self._assigned: dict[str, str] = {}
        self._expected_free: set[_WorkerSlots] = set()
        self._slot_freed = asyncio.Event()
        self._running: set[asyncio.Task[Any]] = set()
        self._slot_queues: Mapping[SlotKind, asyncio.Lock] = {kind: asyncio.Lock() for kind in SlotKind}
        dask.config.set(SERVER_CONFIG)
        self._runner = LoopRunner()
        self._runner.start()
        self._loop = self._runner.loop.asyncio_loop
        run_coroutine_threadsafe(self._start(), self._loop).result()

    def slots(self, kind: SlotKind = SlotKind.TRAINING) -> int:
        """Return the number of tasks of a kind at a time; 0 without a connection."""
        return self._slots.get(kind, 0)

    def is_silent(self, worker: str) -> bool:
        """Return whether the worker at an address is connected, but has not been heard of for a while."""
        return self._heartbeats.is_silent(worker)

    def submit(
        self,
        kind: SlotKind,
        function: Callable[..., R],
        *args: object,
        payload: bytes,
        slot_timeout: float | None = None,
        result_timeout: float | None = None,
    ) -> Future[R]:
        """Let a worker call ``function(*args, payload)`` as soon as it has a free slot.

        Parameters
        ----------
        kind : SlotKind
            The kind of slot.
        function : callable
            A function that a worker can import from a light module.
        payload : bytes
            The large argument; it is sent straight to the worker where that is possible.
        slot_timeout : float, optional
            Seconds to wait for a slot.
        result_timeout : float, optional
            Seconds to wait for the result after that.

        Returns
        -------
        Future
            Ends with the result or the exception of the call, or with `WorkerLostError`, `ClusterLostError`,
            `BusyError` after `slot_timeout`, or ``TimeoutError`` after `result_timeout`. Cancelling it
            ends the task only while it waits for a slot. Callbacks run in the thread of the pool.
        """
        task = _Task(kind, function, args, payload)
        return run_coroutine_threadsafe(self._run(task, slot_timeout, result_timeout), self._loop)

    def expect_free_slot(self, kind: SlotKind, worker: str) -> None:
        """Count the slot of a task that has announced its end as free.

        The next task is sent meanwhile, and starts at the moment the other ends. Call this from `on_message`
        only: the end of the task arrives after its messages.
        """
        self._expected_free.add(_WorkerSlots(worker, kind))
        self._slot_freed.set()

    def broadcast(
        self, function: Callable[..., R], *args: object, workers: Iterable[str] | None = None
    ) -> Future[dict[str, R]]:
        """Let all workers, or those at the given addresses, call a quick function besides their tasks.

        Returns
        -------
        Future of dict
            Result of each worker that answered, by address.
        """
        return run_coroutine_threadsafe(self._broadcast(function, args, workers), self._loop)

    def wait_for_workers(self, timeout: float) -> None:
        """Wait until there is a slot of each kind; raise ``TimeoutError`` after `timeout` seconds."""
        run_coroutine_threadsafe(self._wait_until_ready(), self._loop).result(timeout)

    def close(self) -> None:
        """Close the connection, and end the processes that were started for it; this never takes long."""
        run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._runner.stop()

    # Connection

    async def _start(self) -> None:
        self._connecting = asyncio.create_task(self._stay_connected())

    async def _stop(self) -> None:
        self._closing = True
        for task in (tasks := [self._connecting, *self._running]):
            task.cancel()
        _, pending = await asyncio.wait(tasks, timeout=CLOSE_SECONDS)
        if pending:
            # The processes end by themselves when they find that the server has.
            logger.warning("the connection to the worker processes was not closed in time; it is given up")
        self._mark_disconnected()

    async def _stay_connected(self) -> None:
        while True:
            try:
                await self._connect()
                error: Exception = CommClosedError("the connection was lost")
            except Exception as raised:
                error = raised
            if self._closing:
                # Dask's client swallows a cancellation while it closes, as it does when its scheduler ends.
                return
            if not self.trouble:
                logger.error("no connection to the worker processes; retrying: %r", error, exc_info=error)
            self._mark_disconnected()
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _connect(self) -> None:
        """Connect, and poll the workers until the connection is lost."""
        async with self._backend.connected() as client:
            client.subscribe_topic(self.topic, self._receive)
            try:
                while client.status == "running":
                    await self._poll(client)
                    self._client, self.trouble = client, None
                    await asyncio.sleep(POLL_SECONDS)
            finally:
                # Ending the processes takes a while, during which nobody may count on the connection.
                self._mark_disconnected()

    def _receive(self, event: tuple[float, object]) -> None:
        try:
            self._on_message(event[1])
        except Exception:  # Dask would drop it silently
            logger.exception("a message of a worker was not processed")

    def _mark_disconnected(self) -> None:
        self._client, self._workers = None, {}
        self.trouble = ClusterLostError(*self._backend.disconnected_message)
        self._set_slots({})

    def _set_slots(self, slots: Mapping[SlotKind, int]) -> None:
        if slots != self._slots or not slots:
            self._slots = slots
            self._on_resize()

    async def _poll(self, client: Client) -> Counter[_WorkerSlots]:
        """Update the workers and their slots; return the slots that are in use, by any server."""
        async with asyncio.timeout(SILENCE_SECONDS):
            info = await scheduler_info(client)
        self._workers = info.offered
        self._heartbeats.note(info.last_seen)
        self._set_slots(self._backend.slots or _total(self._workers.values()))
        tasks = {**info.in_progress, **self._assigned}
        in_use = Counter(
            _WorkerSlots(worker, kind) for key, worker in tasks.items() if (kind := _kind_of(key))
        )
        return in_use - Counter(self._expected_free)

    async def _wait_until_ready(self) -> None:
        while not all(_total(self._workers.values())[kind] >= max(1, self.slots(kind)) for kind in SlotKind):
            await asyncio.sleep(POLL_SECONDS)

    # Tasks

    async def _run(self, task: _Task[R], slot_timeout: float | None, result_timeout: float | None) -> R:
        try:
            async with asyncio.timeout(slot_timeout):
                client, worker = await self._acquire_slot(task)
        except TimeoutError as error:
            raise BusyError(*BUSY) from error
        # The slot stays in use until the worker is done, even if nobody waits for the result any longer.
        running = asyncio.create_task(self._run_at(client, worker, task))
        self._running.add(running)
        running.add_done_callback(self._running.discard)
        running.add_done_callback(_mark_retrieved)
        async with asyncio.timeout(result_timeout):
            return await asyncio.shield(running)

    async def _run_at(self, client: Client, worker: str, task: _Task[R]) -> R:
        """Send a task to the worker where it has a slot, and wait for its result."""
        try:
            payload = await self._send_payload(client, worker, task.payload)
            future = client.submit(
                task.function,
                *task.args,
                payload,
                key=task.dask_key,
                workers=[worker],
                resources={task.kind.value: 1},
            )
            result: R = await self._wait_for_result(future, worker)
            return result
        except (KilledWorker, FutureCancelledError, CommClosedError) as error:
            if client.status == "running":
                raise WorkerLostError(*LOST_WORKER) from error
            raise ClusterLostError(*LOST_CLUSTER) from error
        finally:
            del self._assigned[task.dask_key]
            self._expected_free.discard(_WorkerSlots(worker, task.kind))
            self._slot_freed.set()

    async def _acquire_slot(self, task: _Task[Any]) -> tuple[Client, str]:
        """Wait for a free slot and assign the task to it."""
        async with self._slot_queues[task.kind]:
            while True:
                if self.trouble:
                    raise self.trouble
                self._slot_freed.clear()
                client = self._client
                if client and client.status == "running":
                    with contextlib.suppress(OSError):  # the connection was lost a moment ago
                        in_use = await self._poll(client)
                        if worker := self._least_busy(task.kind, in_use):
                            self._assigned[task.dask_key] = worker
                            return client, worker
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._slot_freed.wait(), POLL_SECONDS)

    def _least_busy(self, kind: SlotKind, in_use: Counter[_WorkerSlots]) -> str | None:
        """Return the address of the worker with the fewest tasks among those with a free slot of a kind."""
        free = [
            worker
            for worker, offered in self._workers.items()
            if in_use[_WorkerSlots(worker, kind)] < offered.get(kind.value, 0)
            and not self._heartbeats.is_silent(worker)
        ]
        return min(
            free, key=lambda worker: sum(in_use[_WorkerSlots(worker, k)] for k in SlotKind), default=None
        )

    async def _send_payload(self, client: Client, worker: str, payload: bytes) -> bytes | DaskFuture:
        """Send a large payload straight to the worker, ten times faster than through the scheduler."""
        if len(payload) < LARGE_BYTES:
            return payload
        return (await client.scatter([payload], workers=[worker], direct=True, hash=False))[0]

    async def _wait_for_result(self, future: DaskFuture, worker: str) -> Any:
        """Wait for a result; the scheduler is silent about a task for a worker that had left before."""
        result = asyncio.ensure_future(future)
        result.add_done_callback(_mark_retrieved)
        while worker in self._workers and not result.done():
            await asyncio.wait([result], timeout=POLL_SECONDS)
        if result.done():
            return result.result()
        result.cancel()
        raise CommClosedError(f"{worker} has left")

    async def _broadcast(
        self, function: Callable[..., R], args: tuple[object, ...], workers: Iterable[str] | None
    ) -> dict[str, R]:
        if self._client is None:
            return {}
        results: dict[str, R] = await self._client.run(
            function, *args, workers=None if workers is None else list(workers), on_error="ignore"
        )
        return results


def _mark_retrieved(future: asyncio.Future[Any]) -> None:
    """Retrieve the exception of a future: whoever waited for it has it, and asyncio should not warn."""
    if not future.cancelled():
        future.exception()


def _kind_of(dask_key: str) -> SlotKind | None:
    """Return the kind of a task; ``None`` for one that is not of this program."""
    prefix = dask_key.partition("-")[0]
    return next((kind for kind in SlotKind if kind == prefix), None)


def _total(offers: Iterable[Mapping[str, float]]) -> Counter[SlotKind]:
    """Return the number of slots of each kind that workers offer together."""
    total: Counter[SlotKind] = Counter()
    for offered in offers:
        total.update({kind: int(offered.get(kind.value, 0)) for kind in SlotKind})
    return total
