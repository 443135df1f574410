"""What the job service uses of Dask and Tornado beyond their public interfaces.

Each function says what it works around. Tried with distributed 2026.8 and Tornado 6.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from time import monotonic
from typing import Any, NamedTuple

import distributed.batched
from distributed import Client, get_worker
from distributed.utils import get_mp_context
from tornado.ioloop import IOLoop


def use_monotonic_clock() -> None:
    """Time Dask's messages by a clock that cannot be set.

    Dask and Tornado schedule by the wall clock: when it is set back, no message leaves the process until the
    clock has caught up. Call this in every process before it sends anything. Can go when
    ``distributed.batched.BatchedSend`` and ``tornado.ioloop.IOLoop`` use a monotonic clock by default.
    """

    def now(self: IOLoop) -> float:
        return monotonic()

    distributed.batched.time = monotonic
    IOLoop.time = now  # type: ignore[method-assign]


def close_http_server(process: Any) -> None:
    """Close the monitoring server that a Dask process opens to everybody on this machine.

    Disabling the dashboard leaves it open. Can go when there is a setting for it.
    """
    if hasattr(process, "http_server"):
        process.http_server.stop()


def worker_slots(worker: Any) -> Mapping[str, float]:
    """Return the resources that a worker was started with; only its state machine keeps them."""
    slots: Mapping[str, float] = worker.state.total_resources
    return slots


def worker_memory_limit() -> int | None:
    """Return the memory limit of the worker that runs the current task, in bytes; ``None`` without one."""
    limit: int | None = get_worker().memory_manager.memory_limit
    return limit or None


def preload_in_forkserver(modules: list[str]) -> None:
    """Import modules in the process that the workers are forked from.

    Dask offers only its own setting for this, which it reads too early.
    """
    get_mp_context().set_forkserver_preload(modules)


class SchedulerInfo(NamedTuple):
    """What the scheduler knows of its workers and tasks."""

    offered: dict[str, Mapping[str, float]]
    """The slots that each worker offers, by its address."""
    in_progress: dict[str, str]
    """The worker of each task in progress."""
    last_seen: dict[str, float]
    """When each worker was last heard of, by the scheduler's wall clock."""


async def scheduler_info(client: Client) -> SchedulerInfo:
    """Return what the scheduler knows at this moment.

    `Client.scheduler_info` returns a cached copy, so this calls the scheduler's own handlers.
    """
    identity, processing = await asyncio.gather(
        client.scheduler.identity(n_workers=-1), client.scheduler.processing(workers=None)
    )
    workers = identity["workers"]
    return SchedulerInfo(
        {address: worker["resources"] for address, worker in workers.items()},
        {task: address for address, keys in processing.items() for task in keys},
        {address: worker["last_seen"] for address, worker in workers.items()},
    )


async def allowed_failures(client: Client) -> int:
    """Return how often the scheduler gives a task that brought its worker down to another worker."""
    failures: int = await client.run_on_scheduler(_read_allowed_failures)
    return failures


def _read_allowed_failures(dask_scheduler: Any) -> int:
    return int(dask_scheduler.allowed_failures)
