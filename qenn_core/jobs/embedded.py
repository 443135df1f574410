"""Worker processes of this machine: a scheduler, workers for trainings, and one for questions."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from distributed import Client, Security
from distributed.system import MEMORY_LIMIT

from qenn_core import limits
from qenn_core.jobs.cluster import EVENT_LOOP
from qenn_core.jobs.processes import SchedulerProcess, WorkerProcess
from qenn_core.jobs.tasks import QUESTIONS, READING, TRAINING

LOOPBACK = "127.0.0.1"
ROOT = Path(__file__).resolve().parents[2]

# Files that are read at the same time, each in a process of its own: one may take a minute.
READERS = 3
# Beyond this share of the memory the machine starts to swap, and every page with it; a part of it is taken by
# the server, the scheduler and the nannies.
MEMORY_SHARE = 0.8
SERVER_BYTES = 200 * 2**20
# One thread each: circuits are not thread-safe, and every core has a worker of its own.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
# Over its limit a worker is ended by its nanny; writing data to disk or waiting would only delay that.
WORKER_CONFIG = {f"distributed.worker.memory.{name}": False for name in ("target", "spill", "pause")}
# What the processes can be told in no other way.
ENVIRONMENT = {
    "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
    "DASK_LOGGING__DISTRIBUTED": "warning",
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
        trainers = [f"{TRAINING}-{number}" for number in range(n_workers)]
        self._offers: dict[str, dict[str, int]] = {name: {TRAINING: 1} for name in trainers}
        answering = {QUESTIONS: 1, READING: READERS}
        if n_workers == 1:
            self._offers[trainers[0]] |= answering
        else:
            self._offers[QUESTIONS] = answering
        self.slots: Mapping[str, int] = {TRAINING: n_workers, **answering}

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Client]:
        """Start the processes, and end them."""
        with TemporaryDirectory(prefix="qenn-", ignore_cleanup_errors=True) as name:
            start = _Start(Path(name), _certificate(Path(name)))
            async with AsyncExitStack() as processes:
                scheduler = start.scheduler()
                processes.push_async_callback(scheduler.close)
                address = await scheduler.start()
                for worker in self._workers(start, address):
                    processes.push_async_callback(worker.close)
                    await worker.start()
                yield await processes.enter_async_context(
                    Client(
                        address,
                        security=Security(**start.tls),
                        asynchronous=True,
                        direct_to_workers=True,
                        set_as_default=False,
                    )
                )

    def _workers(self, start: _Start, scheduler: str) -> Iterator[WorkerProcess]:
        share = int((MEMORY_SHARE * MEMORY_LIMIT - SERVER_BYTES) / self.slots[TRAINING])
        for name, offer in self._offers.items():
            memory = share if TRAINING in offer else limits.PARSE_MEMORY_BYTES
            yield start.worker(scheduler, name, offer, memory)


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
        """Return the scheduler, yet to be started."""
        options = {
            **self._common(),
            "dashboard": False,
            "dashboard_address": f"{LOOPBACK}:0",
            # A run that brought its worker down would bring down the next one too.
            "allowed_failures": 0,
            "scheduler_file": str(self.folder / "scheduler.json"),
            "preload": "qenn_core.jobs.guard",
            "preload_argv": self._guard(),
        }
        return SchedulerProcess(options, ENVIRONMENT)

    def worker(self, scheduler: str, name: str, offer: Mapping[str, int], memory: int) -> WorkerProcess:
        """Return a worker, yet to be started, which takes on what it offers, each task in a thread."""
        options = {
            **self._common(),
            "name": name,
            "nthreads": sum(offer.values()),
            "resources": dict(offer),
            "memory_limit": memory,
            "local_directory": str(self.folder),
            "env": ONE_THREAD,
            "config": WORKER_CONFIG,
            "preload": "qenn_core.jobs.preload",
            "preload_nanny": "qenn_core.jobs.guard",
            "preload_nanny_argv": self._guard(),
        }
        return WorkerProcess(scheduler, options, ENVIRONMENT, background=TRAINING in offer)

    def _common(self) -> dict[str, Any]:
        return {"host": LOOPBACK, "protocol": "tls://", "security": self.tls}

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
