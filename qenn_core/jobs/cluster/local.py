"""Workers on this machine: a scheduler, workers for trainings, and one for requests."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from distributed import Client, Security
from distributed.system import MEMORY_LIMIT

from qenn_core import limits
from qenn_core.jobs.cluster.backends import EVENT_LOOP
from qenn_core.jobs.cluster.processes import SchedulerProcess, WorkerProcesses
from qenn_core.jobs.commands import SlotKind

LOOPBACK = "127.0.0.1"
ROOT = Path(__file__).resolve().parents[3]

# Files that are read at the same time, each in a process of its own; one may take a minute.
READERS = 3
# Beyond this share of the memory the machine would start to swap. Part of it is used by the server, the
# scheduler and the nannies.
MEMORY_SHARE = 0.8
SERVER_BYTES = 200 * 2**20
# Whether a process that has imported torch can be forked.
CAN_FORK = sys.platform == "linux"
# A worker that has not joined by then, on the slowest of machines, has lost its scheduler.
DEATH_TIMEOUT_SECONDS = 300.0
# The nanny ends a worker over its limit; spilling to disk or pausing would only delay that.
WORKER_CONFIG = {f"distributed.worker.memory.{name}": False for name in ("target", "spill", "pause")}
# Settings that can be passed in no other way.
ENVIRONMENT = {
    "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
    "DASK_LOGGING__DISTRIBUTED": "warning",
    # Circuits are not thread-safe, and every core has a worker.
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "DASK_DISTRIBUTED__ADMIN__EVENT_LOOP": EVENT_LOOP,
    # The scheduler keeps recent events for monitors, of which there are none.
    "DASK_DISTRIBUTED__ADMIN__LOW_LEVEL_LOG_LENGTH": "10",
    # Processes profile themselves for the same monitors, which takes a sixth of their time.
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
    "DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__INTERVAL": "60s",
    "DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__GIL__ENABLED": "False",
    "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "1s",
    "DASK_DISTRIBUTED__ADMIN__TICK__CYCLE": "10s",
}

Slots = Mapping[SlotKind, int]


class LocalBackend:
    """Worker processes on this machine, which talk TLS on the loopback interface only.

    Dask processes unpickle what they receive, which can run any code. They accept only peers with the
    certificate of this start of the server, which lies in a private folder.

    Parameters
    ----------
    n_workers : int
        Number of training workers, at least 1. With several, one more worker answers requests; a single one
        answers them itself, between the steps of its training.
    """

    disconnected_message = (
        "The worker processes are not available.",
        "They did not start, or they have ended.",
        "Try again in a minute; if it happens again, the server's administrator finds the reason in its log.",
    )

    def __init__(self, n_workers: int) -> None:
        answering: Slots = {SlotKind.REQUESTS: 1, SlotKind.READING: READERS}
        self.slots: Slots = {SlotKind.TRAINING: n_workers, **answering}
        # Workers that share a process of nannies: their slots, by name.
        self._groups: list[dict[str, Slots]]
        if n_workers == 1:
            self._groups = [{"training-0": self.slots}]
        else:
            # The worker for requests comes first: a page sends requests before anybody trains.
            self._groups = [
                {"requests": answering},
                {f"training-{number}": {SlotKind.TRAINING: 1} for number in range(n_workers)},
            ]

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Client]:
        """Start the processes, connect to their scheduler, and kill them at the end of the block."""
        with TemporaryDirectory(prefix="qenn-", ignore_cleanup_errors=True) as name:
            launcher = _Launcher(Path(name), _write_certificate(Path(name)))
            async with AsyncExitStack() as processes:
                scheduler = launcher.scheduler()
                processes.callback(scheduler.kill)
                for group in self._groups:
                    workers = launcher.workers([self._worker_options(*worker) for worker in group.items()])
                    processes.callback(workers.kill)
                    processes.callback(asyncio.create_task(workers.restart_when_ended()).cancel)
                yield await processes.enter_async_context(
                    Client(
                        await scheduler.address(),
                        security=Security(**launcher.tls),
                        asynchronous=True,
                        direct_to_workers=True,
                        set_as_default=False,
                    )
                )

    def _worker_options(self, name: str, slots: Slots) -> dict[str, Any]:
        share = int((MEMORY_SHARE * MEMORY_LIMIT - SERVER_BYTES) / self.slots[SlotKind.TRAINING])
        return {
            "name": name,
            "nthreads": sum(slots.values()),
            "resources": {kind.value: number for kind, number in slots.items()},
            "memory_limit": share if SlotKind.TRAINING in slots else limits.PARSE_MEMORY_BYTES,
        }


@dataclass(frozen=True)
class _Launcher:
    """Starts the processes of one start of the server.

    Parameters
    ----------
    folder : Path
        A private folder for their files.
    tls : mapping
        Dask's TLS settings.
    """

    folder: Path
    tls: Mapping[str, Any]

    def scheduler(self) -> SchedulerProcess:
        """Start the scheduler."""
        options = {
            **self._common_options(),
            "dashboard": False,
            "dashboard_address": f"{LOOPBACK}:0",
            # A run that brought its worker down would bring down the next one too.
            "allowed_failures": 0,
            "preload": "qenn_core.jobs.cluster.watchdog",
            "preload_argv": self._watchdog_arguments(),
        }
        return SchedulerProcess(options, ENVIRONMENT)

    def workers(self, workers: Sequence[Mapping[str, Any]]) -> WorkerProcesses:
        """Start workers with the given options, in one process of nannies."""
        nanny_preloads = {"qenn_core.jobs.cluster.watchdog": self._watchdog_arguments()}
        # Forked workers share what was imported once; for a single one it would be in memory twice.
        if CAN_FORK and len(workers) > 1:
            nanny_preloads["qenn_core.jobs.cluster.forkserver"] = []
        common = {
            **self._common_options(),
            "local_directory": str(self.folder),
            "death_timeout": DEATH_TIMEOUT_SECONDS,
            "config": WORKER_CONFIG,
            "preload": "qenn_core.jobs.preload",
            "preload_nanny": list(nanny_preloads),
            "preload_nanny_argv": list(nanny_preloads.values()),
        }
        return WorkerProcesses(
            [{**common, **worker} for worker in workers],
            ENVIRONMENT,
            background=any(SlotKind.TRAINING in worker["resources"] for worker in workers),
        )

    def _common_options(self) -> dict[str, Any]:
        return {
            "host": LOOPBACK,
            "protocol": "tls://",
            "security": self.tls,
            "scheduler_file": str(self.folder / "scheduler.json"),
        }

    def _watchdog_arguments(self) -> list[str]:
        return [str(os.getpid()), str(self.folder)]


def _write_certificate(folder: Path) -> dict[str, Any]:
    """Write a new key and its certificate to `folder`; return Dask's settings that name the files."""
    temporary = Security.temporary()
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    for path, text in ((key, temporary.tls_client_key), (certificate, temporary.tls_client_cert)):
        path.touch(mode=0o600)
        path.write_text(text)
    roles = ("client", "scheduler", "worker")
    return (
        {"require_encryption": True, "tls_ca_file": str(certificate)}
        | {f"tls_{role}_key": str(key) for role in roles}
        | {f"tls_{role}_cert": str(certificate) for role in roles}
    )
