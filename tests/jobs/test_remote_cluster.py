"""A scheduler and workers started by Dask's own commands, as docs/deployment.md describes."""

from __future__ import annotations

import operator
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from uuid import uuid4

import dask
import pandas as pd
import pytest
import torch
from dask.config import collect_env, merge
from distributed import Security
from jobs.specs import LONG, SHORT
from jobs.waiting import ALICE, settled, soon, until, with_epochs

from qenn_core.data.table import Table
from qenn_core.errors import JobError
from qenn_core.experiment import DataSpec
from qenn_core.jobs.cluster.remote import RemoteBackend
from qenn_core.jobs.commands import SlotKind
from qenn_core.jobs.job_service import JobService
from qenn_core.jobs.requests import DRAW_CIRCUIT, READ_TABLE, Request
from qenn_core.store.store import Store

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
ENDLESS = LONG.with_(**{"data.params": {"n_samples": 400}, "circuit.n_qubits": 7, "training.batch_size": 1})
# Memory limit of a worker, about half of which is used before its first run (PyTorch for GPUs uses more), and
# a run that needs more than that.
MEMORY = (900 if torch.version.cuda is None else 1250) * 2**20
LARGE = SHORT.with_(
    **{
        "data.params": {"n_samples": 400},
        "circuit.n_qubits": 12,
        "circuit.n_layers": 5,
        "training.batch_size": 256,
    }
)
# Memory that the system does not count towards the limit of a run; some libraries allocate like this.
OVERSIZED = f"""
import builtins, mmap
builtins.oversized = mmap.mmap(-1, {MEMORY})
for page in range(0, {MEMORY}, mmap.PAGESIZE):
    builtins.oversized[page] = 1
"""


def certificates(folder: Path) -> dict[str, str]:
    """Make a key and a certificate; return Dask's settings that name them, as environment variables."""
    made = Security.temporary()
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    key.write_text(made.tls_client_key)
    certificate.write_text(made.tls_client_cert)
    prefix = "DASK_DISTRIBUTED__COMM__TLS"
    settings = {"DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "True", f"{prefix}__CA_FILE": str(certificate)}
    for role in ("SCHEDULER", "WORKER", "CLIENT"):
        settings |= {f"{prefix}__{role}__KEY": str(key), f"{prefix}__{role}__CERT": str(certificate)}
    return settings


class RemoteCluster:
    """Processes of a cluster."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = certificates(folder)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.address = f"tls://127.0.0.1:{self.port}"
        self._running: list[subprocess.Popen[bytes]] = []

    def scheduler(self, failures: int = 0) -> subprocess.Popen[bytes]:
        command = ["scheduler", "--protocol", "tls", "--host", "127.0.0.1", "--port", str(self.port)]
        allowed = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": str(failures)}
        return self._start([*command, "--no-dashboard"], allowed)

    def worker(self, *options: str) -> subprocess.Popen[bytes]:
        command = ["worker", self.address, "--protocol", "tls", "--host", "127.0.0.1", "--no-dashboard"]
        return self._start([*command, "--local-directory", str(self.folder), *options], {})

    def trainer(self) -> subprocess.Popen[bytes]:
        """Start a worker for all kinds of tasks."""
        offer = ("--nthreads", "3", "--resources", "training=1,questions=1,reading=1")
        return self.worker(*offer, "--memory-limit", str(MEMORY), "--preload", "qenn_core.jobs.preload")

    def server(self) -> JobService:
        """Return the service of a server that has the certificate."""
        with dask.config.set(merge(dask.config.config, collect_env(self.settings))):
            return JobService(RemoteBackend(self.address), Store(self.folder / uuid4().hex))

    def close(self) -> None:
        """Kill all processes: a worker does not end by itself while it waits for a scheduler that is gone."""
        for process in self._running:
            process.kill()
        for process in self._running:
            process.wait(20)

    def _start(self, command: list[str], settings: Mapping[str, str]) -> subprocess.Popen[bytes]:
        environment = {**os.environ, **self.settings, **settings, "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", *command], env=environment, stderr=subprocess.DEVNULL
        )
        self._running.append(process)
        return process


def pids(service: JobService) -> set[int]:
    return set(service.pool.broadcast(os.getpid).result().values())


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RemoteCluster]:
    cluster = RemoteCluster(tmp_path_factory.mktemp("remote"))
    try:
        yield cluster
    finally:
        cluster.close()


@pytest.fixture(scope="module")
def remote(cluster: RemoteCluster) -> Iterator[JobService]:
    """The service of a server that was started before its cluster."""
    service = cluster.server()
    cluster.scheduler()
    cluster.trainer()
    try:
        assert soon(lambda: service.pool.slots() == 1, seconds=150)
        yield service
    finally:
        service.close()


def test_run_and_request(remote: JobService) -> None:
    run = remote.submit(SHORT, owner=ALICE)
    snapshot = until(remote, run, settled)
    assert snapshot.error is None
    assert snapshot.state == "finished"
    assert [epoch.epoch for epoch in snapshot.history] == [1, 2, 3, 4]
    assert type(remote.call(DRAW_CIRCUIT, SHORT, 2)).__name__ == "Drawing"


def test_reads_a_file_and_trains_on_its_large_table(remote: JobService) -> None:
    lines = [
        f"{number:0100d},{number % 97},{'left' if number % 97 < 40 else 'right'}" for number in range(15_000)
    ]
    content = "\n".join(["remark,size,kind", *lines]).encode()
    table = remote.call(READ_TABLE, content, "large.csv", DataSpec(source="csv"))
    assert isinstance(table.frame, pd.DataFrame)
    spec = SHORT.with_(
        **{
            "data.params": {},
            "data.source": "csv",
            "data.target": "kind",
            "data.roles": {"remark": "ignore"},
        }
    )
    run = remote.submit(spec, Table(table.frame, "large.csv"), owner=ALICE)
    until(remote, run, lambda snapshot: snapshot.report.started is not None or snapshot.settled)
    remote.stop(run, ALICE)
    assert until(remote, run, settled).report.started is not None


def test_run_that_needs_too_much_memory_fails_and_its_worker_survives(remote: JobService) -> None:
    before = pids(remote)
    failed = until(remote, remote.submit(LARGE, owner=ALICE), settled)
    assert failed.state == "failed"
    assert failed.error is not None
    assert "memory" in failed.error.what
    assert failed.error.remedy
    assert until(remote, remote.submit(SHORT, owner=ALICE), settled).state == "finished"
    assert pids(remote) == before


def test_worker_over_its_memory_limit_is_replaced_and_its_run_interrupted(remote: JobService) -> None:
    before = pids(remote)
    run = remote.submit(LONG, owner=ALICE)
    until(remote, run, with_epochs(1))
    remote.pool.broadcast(exec, OVERSIZED)
    lost = until(remote, run, settled, seconds=5)
    assert lost.error is not None
    assert lost.history, "its epochs so far are kept"
    assert until(remote, remote.submit(SHORT, owner=ALICE), settled, seconds=150).state == "finished"
    assert not pids(remote) & before


def test_slots_follow_the_size_of_the_cluster(remote: JobService, cluster: RemoteCluster) -> None:
    pool = remote.pool
    more = cluster.worker("--no-nanny", "--nthreads", "1", "--resources", "training=1")
    assert soon(lambda: pool.slots(SlotKind.TRAINING) == 2)
    assert pool.slots(SlotKind.REQUESTS) == 1
    more.terminate()
    assert soon(lambda: pool.slots(SlotKind.TRAINING) == 1)


def test_two_servers_share_workers_and_receive_only_their_own_events(
    remote: JobService, cluster: RemoteCluster
) -> None:
    other = cluster.server()
    try:
        assert soon(lambda: other.pool.slots() == 1)
        runs = [(service, service.submit(SHORT, owner=ALICE)) for service in (remote, other)]
        assert [until(service, run, settled).state for service, run in runs] == ["finished"] * 2
        assert len(other._dispatcher._runs) == 1
    finally:
        other.close()


def test_run_of_a_closed_server_frees_its_slot(remote: JobService, cluster: RemoteCluster) -> None:
    other = cluster.server()
    run = other.submit(ENDLESS, owner=ALICE)
    try:
        until(other, run, with_epochs(1))
    finally:
        other.close()
    start = time.monotonic()
    assert until(remote, remote.submit(SHORT, owner=ALICE), settled).state == "finished"
    assert time.monotonic() - start < 10


def test_lost_scheduler_is_reported_and_found_again(remote: JobService, cluster: RemoteCluster) -> None:
    pool = remote.pool
    run = remote.submit(LONG, owner=ALICE)
    until(remote, run, with_epochs(1))
    for process in cluster._running:
        process.kill()
    lost = until(remote, run, settled, seconds=5)
    assert lost.error is not None
    assert lost.error.remedy
    assert lost.history, "its epochs so far are kept"
    assert soon(lambda: pool.slots() == 0)
    start = time.monotonic()
    with pytest.raises(JobError, match="cannot be reached") as raised:
        remote.call(Request(operator.add), 1, 1)
    assert time.monotonic() - start < 1
    assert "reconnects by itself" in raised.value.remedy

    cluster.scheduler()
    cluster.trainer()
    assert soon(lambda: pool.slots() == 1)
    assert until(remote, remote.submit(SHORT, owner=ALICE), settled).state == "finished"


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:8786", "127.0.0.1:8786", "http://example.org", "tls"])
def test_address_without_tls_is_refused(address: str) -> None:
    with pytest.raises(JobError, match="TLS") as raised:
        RemoteBackend(address)
    assert "tls://host:port" in raised.value.remedy


def test_other_certificate_is_not_accepted(
    remote: JobService, cluster: RemoteCluster, tmp_path: Path
) -> None:
    other = RemoteCluster(tmp_path)
    other.address = cluster.address
    service = other.server()
    try:
        assert soon(lambda: service.pool.trouble is not None)
        assert service.pool.slots() == 0
    finally:
        service.close()


def test_missing_certificates_are_refused() -> None:
    with pytest.raises(JobError, match="certificates") as raised:
        RemoteBackend("tls://127.0.0.1:8786")
    assert "deployment" in raised.value.remedy


def test_scheduler_that_retries_deadly_tasks_is_refused(tmp_path: Path) -> None:
    other = RemoteCluster(tmp_path)
    other.scheduler(failures=3)
    service = other.server()
    try:
        assert soon(lambda: service.pool.trouble is not None)
        time.sleep(0.5)
        assert service.pool.slots() == 0
    finally:
        service.close()
        other.close()
