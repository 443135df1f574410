"""Worker processes of this machine: a scheduler, workers for trainings, and one for questions."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import dask
from distributed import Client, Security, SpecCluster
from distributed.system import MEMORY_LIMIT

from qenn_core import limits
from qenn_core.jobs.processes import SchedulerProcess, WorkerProcess
from qenn_core.jobs.tasks import QUESTIONS, READING, TRAINING

LOOPBACK = "127.0.0.1"
ROOT = Path(__file__).resolve().parents[2]

# Files that are read at the same time, each in a process of its own: one may take a minute.
READERS = 3
# Beyond this share of the memory the machine starts to swap, and every page with it.
MEMORY_SHARE = 0.8
# One thread each: circuits are not thread-safe, and every core has a worker of its own.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
# Over its limit a worker is ended by its nanny; writing data to disk or waiting would only delay that.
WORKER_CONFIG = {f"distributed.worker.memory.{name}": False for name in ("target", "spill", "pause")}
# What the processes can be told in no other way.
ENVIRONMENT = {
    "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
    "DASK_LOGGING__DISTRIBUTED": "warning",
    # The scheduler keeps the latest messages of the runs for monitors, which there are none of.
    "DASK_DISTRIBUTED__ADMIN__LOW_LEVEL_LOG_LENGTH": "10",
    # They watch themselves for the same monitors, up to a thousand times a second: a sixth of their time.
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
    "DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__INTERVAL": "60s",
    "DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__GIL__ENABLED": "False",
    "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "1s",
    "DASK_DISTRIBUTED__ADMIN__TICK__CYCLE": "10s",
}
# Unless told otherwise, Dask ends a nanny whose worker has not come back in 15 seconds.
SERVER_CONFIG = {"distributed.deploy.lost-worker-timeout": "1 day"}


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
        dask.config.set(SERVER_CONFIG)
        with TemporaryDirectory(prefix="qenn-", ignore_cleanup_errors=True) as name:
            start = _Start(Path(name), _certificate(Path(name)))
            processes = SpecCluster(
                scheduler=start.scheduler(),
                workers=self._workers(start),
                security=Security(**start.tls),
                silence_logs=logging.WARNING,
                asynchronous=True,
            )
            async with (
                processes,
                Client(processes, asynchronous=True, direct_to_workers=True, set_as_default=False) as client,
            ):
                yield client

    def _workers(self, start: _Start) -> dict[str, Any]:
        share = int(MEMORY_SHARE * MEMORY_LIMIT / self.slots[TRAINING])
        return {
            name: start.worker(name, offer, share if TRAINING in offer else limits.PARSE_MEMORY_BYTES)
            for name, offer in self._offers.items()
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

    def scheduler(self) -> dict[str, Any]:
        """Describe the scheduler to Dask."""
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
        return {"cls": SchedulerProcess, "options": {"options": options, "environment": ENVIRONMENT}}

    def worker(self, name: str, offer: Mapping[str, int], memory: int) -> dict[str, Any]:
        """Describe a worker to Dask, which takes on what it offers, each task in a thread."""
        options = {
            **self._common(),
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
        return {
            "cls": WorkerProcess,
            "options": {
                "name": name,
                "options": options,
                "environment": ENVIRONMENT,
                "background": TRAINING in offer,
            },
        }

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
