"""The processes in which circuits run: a scheduler, workers for trainings, and one for questions."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import dask
import psutil
from distributed import Client, Future, Security, SpecCluster

from qenn_core import limits
from qenn_core.jobs.preload import ANSWERING, TRAINING
from qenn_core.jobs.processes import SchedulerProcess, WorkerProcess

LOOPBACK = "127.0.0.1"
QUESTIONS = "questions"
ROOT = Path(__file__).resolve().parents[2]

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
}
LARGE_BYTES = 2**20
# What Dask does in the server's process, unless told otherwise: end a nanny whose worker has not come back in
# 15 seconds, look up the source of whoever submits, and warn of large uploads.
SERVER_CONFIG = {
    "distributed.deploy.lost-worker-timeout": "1 day",
    "distributed.diagnostics.computations.nframes": 0,
    "distributed.admin.large-graph-warning-threshold": 2 * limits.MAX_DECOMPRESSED_BYTES,
}


class Cluster:
    """Worker processes of this machine, that talk over TLS on the loopback interface only.

    A message to a Dask process is unpickled, which can run code: only who holds the certificate of this
    start of the server, kept in a private folder, is heard.

    Parameters
    ----------
    n_workers : int
        Number of training workers, at least one; the worker for questions is one more.
    """

    def __init__(self, n_workers: int) -> None:
        self._folder = TemporaryDirectory(prefix="qenn-", ignore_cleanup_errors=True)
        self.folder = Path(self._folder.name)
        self.training = tuple(f"training-{number}" for number in range(n_workers))
        self._tls = _certificate(self.folder)
        self._guard = [str(os.getpid()), str(self.folder)]
        dask.config.set(SERVER_CONFIG)
        share = int(MEMORY_SHARE * psutil.virtual_memory().total / n_workers)
        workers = {name: self._worker(name, share, TRAINING) for name in self.training}
        workers[QUESTIONS] = self._worker(QUESTIONS, limits.PARSE_MEMORY_BYTES, ANSWERING)
        self._processes = SpecCluster(
            scheduler=self._scheduler(),
            workers=workers,
            security=Security(**self._tls),
            silence_logs=logging.WARNING,
        )
        self.client = Client(self._processes, direct_to_workers=True, set_as_default=False)

    def submit(self, worker: str, function: Callable[..., Any], *args: Any, payload: bytes) -> Future:
        """Let `worker` call ``function(*args, payload)``, also if it is being replaced at this moment."""
        return self.client.submit(
            function, *args, self._hand_over(worker, payload), resources={worker: 1}, pure=False
        )

    def _hand_over(self, worker: str, payload: bytes) -> bytes | Future:
        """Bring a large payload straight to `worker`, ten times faster than through the scheduler."""
        if len(payload) < LARGE_BYTES:
            return payload
        workers = self.client.scheduler_info(n_workers=-1)["workers"]
        addresses = [address for address, known in workers.items() if known["name"] == worker]
        if not addresses:
            return payload
        return self.client.scatter([payload], workers=addresses, direct=True, hash=False)[0]

    def wait_for_workers(self, timeout: float) -> None:
        """Return when every worker has imported the core; raises ``TimeoutError`` after `timeout` seconds."""
        self.client.wait_for_workers(len(self.training) + 1, timeout)

    def close(self) -> None:
        """End all processes, and remove what they wrote."""
        self.client.close()
        self._processes.close()
        self._folder.cleanup()

    def _scheduler(self) -> dict[str, Any]:
        options = {
            "host": LOOPBACK,
            "protocol": "tls://",
            "security": self._tls,
            "dashboard": False,
            "dashboard_address": f"{LOOPBACK}:0",
            # A run that brought its worker down would bring down the next one too.
            "allowed_failures": 0,
            "scheduler_file": str(self.folder / "scheduler.json"),
            "preload": "qenn_core.jobs.guard",
            "preload_argv": self._guard,
        }
        return {"cls": SchedulerProcess, "options": {"options": options, "environment": ENVIRONMENT}}

    def _worker(self, name: str, memory: int, duty: str) -> dict[str, Any]:
        options = {
            "host": LOOPBACK,
            "protocol": "tls://",
            "security": self._tls,
            "nthreads": 1,
            # A resource of its own lets a task be sent to this worker, also while it is being replaced.
            "resources": {name: 1},
            "memory_limit": memory,
            "local_directory": str(self.folder),
            "env": ONE_THREAD,
            "config": WORKER_CONFIG,
            "preload": "qenn_core.jobs.preload",
            "preload_argv": [duty],
            "preload_nanny": "qenn_core.jobs.guard",
            "preload_nanny_argv": self._guard,
        }
        return {
            "cls": WorkerProcess,
            "options": {
                "name": name,
                "options": options,
                "environment": ENVIRONMENT,
                "background": duty == TRAINING,
            },
        }


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
