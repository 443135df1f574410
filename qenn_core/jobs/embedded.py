"""Worker processes of this machine: a scheduler, workers for trainings, and one for questions."""

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
from qenn_core.jobs.cluster import EVENT_LOOP
from qenn_core.jobs.processes import SchedulerProcess, WorkerProcesses
from qenn_core.jobs.tasks import QUESTIONS, READING, TRAINING

LOOPBACK = "127.0.0.1"
ROOT = Path(__file__).resolve().parents[2]

# Files that are read at the same time, each in a process of its own: one may take a minute.
READERS = 3
# Beyond this share of the memory the machine starts to swap, and every page with it; a part of it is taken by
# the server, the scheduler and the nannies.
MEMORY_SHARE = 0.8
SERVER_BYTES = 200 * 2**20
# Systems on which a process that has imported torch can be forked.
FORKS = sys.platform == "linux"
# A worker that is not there by then, on the slowest of machines, does not come: its scheduler has gone.
GIVE_UP_SECONDS = 300.0
# Over its limit a worker is ended by its nanny; writing data to disk or waiting would only delay that.
WORKER_CONFIG = {f"distributed.worker.memory.{name}": False for name in ("target", "spill", "pause")}
# What the processes can be told in no other way.
ENVIRONMENT = {
    "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
    "DASK_LOGGING__DISTRIBUTED": "warning",
    # One thread each: circuits are not thread-safe, and every core has a worker of its own.
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "DASK_DISTRIBUTED__ADMIN__EVENT_LOOP": EVENT_LOOP,
    # The scheduler keeps the latest messages of the runs for monitors, which there are none of.
    "DASK_DISTRIBUTED__ADMIN__LOW_LEVEL_LOG_LENGTH": "10",
    # They watch themselves for the same monitors, up to a thousand times a second: a sixth of their time.
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
    "DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__INTERVAL": "60s",
    "DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__GIL__ENABLED": "False",
    "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "1s",
    "DASK_DISTRIBUTED__ADMIN__TICK__CYCLE": "10s",
}


class ThisMachine:
    """Worker processes of this machine, that talk over TLS on the loopback interface only.

    A message to a Dask process is unpickled, which can run code: only who holds the certificate of this
    start of the server, kept in a private folder, is heard.

    Parameters
    ----------
    n_workers : int
        Number of training workers, at least one. The worker for questions is one more, unless there is only
        one, which answers them too: between the steps of what it trains.
    """

    trouble = (
        "The worker processes are not there.",
        "They did not start, or ended.",
        "Try again in a minute; if it comes back, whoever runs the server finds the reason in its log.",
    )

    def __init__(self, n_workers: int) -> None:
        answering = {QUESTIONS: 1, READING: READERS}
        self.slots: Mapping[str, int] = {TRAINING: n_workers, **answering}
        # Workers that are started together: by name, what each of them offers.
        self._groups: list[dict[str, Mapping[str, int]]]
        if n_workers == 1:
            self._groups = [{f"{TRAINING}-0": self.slots}]
        else:
            # A page asks before anybody trains.
            self._groups = [
                {QUESTIONS: answering},
                {f"{TRAINING}-{number}": {TRAINING: 1} for number in range(n_workers)},
            ]

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Client]:
        """Start the processes, and end them."""
        with TemporaryDirectory(prefix="qenn-", ignore_cleanup_errors=True) as name:
            start = _Start(Path(name), _certificate(Path(name)))
            async with AsyncExitStack() as processes:
                scheduler = start.scheduler()
                processes.callback(scheduler.end)
                for group in self._groups:
                    workers = start.workers([self._options(*worker) for worker in group.items()])
                    processes.callback(workers.end)
                    processes.callback(asyncio.create_task(workers.keep_up()).cancel)
                yield await processes.enter_async_context(
                    Client(
                        await scheduler.address(),
                        security=Security(**start.tls),
                        asynchronous=True,
                        direct_to_workers=True,
                        set_as_default=False,
                    )
                )

    def _options(self, name: str, offer: Mapping[str, int]) -> dict[str, Any]:
        share = int((MEMORY_SHARE * MEMORY_LIMIT - SERVER_BYTES) / self.slots[TRAINING])
        return {
            "name": name,
            "nthreads": sum(offer.values()),
            "resources": dict(offer),
            "memory_limit": share if TRAINING in offer else limits.PARSE_MEMORY_BYTES,
        }


@dataclass(frozen=True)
class _Start:
    """What the processes of one start have in common.

    Parameters
    ----------
    folder : Path
        Where they write.
    tls : mapping
        The settings that name their key and certificate.
    """

    folder: Path
    tls: Mapping[str, Any]

    def scheduler(self) -> SchedulerProcess:
        """Start the scheduler."""
        options = {
            **self._common(),
            "dashboard": False,
            "dashboard_address": f"{LOOPBACK}:0",
            # A run that brought its worker down would bring down the next one too.
            "allowed_failures": 0,
            "preload": "qenn_core.jobs.guard",
            "preload_argv": self._guard(),
        }
        return SchedulerProcess(options, ENVIRONMENT)

    def workers(self, workers: Sequence[Mapping[str, Any]]) -> WorkerProcesses:
        """Start workers, which take on what they offer, each task in a thread."""
        preloaded = {"qenn_core.jobs.guard": self._guard()}
        # Workers that are forked share what was imported once; for one alone, it would be there twice.
        if FORKS and len(workers) > 1:
            preloaded["qenn_core.jobs.forks"] = []
        common = {
            **self._common(),
            "local_directory": str(self.folder),
            "death_timeout": GIVE_UP_SECONDS,
            "config": WORKER_CONFIG,
            "preload": "qenn_core.jobs.preload",
            "preload_nanny": list(preloaded),
            "preload_nanny_argv": list(preloaded.values()),
        }
        return WorkerProcesses(
            [{**common, **worker} for worker in workers],
            ENVIRONMENT,
            background=any(TRAINING in worker["resources"] for worker in workers),
        )

    def _common(self) -> dict[str, Any]:
        return {
            "host": LOOPBACK,
            "protocol": "tls://",
            "security": self.tls,
            "scheduler_file": str(self.folder / "scheduler.json"),
        }

    def _guard(self) -> list[str]:
        return [str(os.getpid()), str(self.folder)]


def _certificate(folder: Path) -> dict[str, Any]:
    """Write a new key with its certificate into `folder`; return the settings that name their files."""
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
