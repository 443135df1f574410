"""A scheduler and workers that somebody else started by Dask's own commands, as docs/deployment.md says."""

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
from dask.config import collect_env, merge
from distributed import Security
from jobs.specs import LONG, SHORT
from jobs.waiting import ALICE, settled, soon, until, with_epochs

from qenn_core.data.table import Table
from qenn_core.errors import JobError
from qenn_core.experiment import DataSpec
from qenn_core.jobs.elsewhere import Elsewhere
from qenn_core.jobs.runs import Jobs
from qenn_core.jobs.tasks import QUESTIONS, TRAINING
from qenn_core.store.store import Store

ROOT = Path(__file__).parents[2]
ENDLESS = LONG.with_(**{"data.params": {"n_samples": 400}, "circuit.n_qubits": 7, "training.batch_size": 1})
# What a worker may take, some half of which it has taken before its first run; and a run that takes more.
MEMORY = 900 * 2**20
LARGE = SHORT.with_(
    **{
        "data.params": {"n_samples": 400},
        "circuit.n_qubits": 12,
        "circuit.n_layers": 5,
        "training.batch_size": 256,
    }
)
# Memory that the system does not count to what a run may allocate, as some libraries take theirs.
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


class Place:
    """Where the processes are started."""

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
        """Start a worker that does everything."""
        offer = ("--nthreads", "3", "--resources", "training=1,questions=1,reading=1")
        return self.worker(*offer, "--memory-limit", str(MEMORY), "--preload", "qenn_core.jobs.preload")

    def server(self) -> Jobs:
        """Return the jobs of a server that holds the certificate."""
        with dask.config.set(merge(dask.config.config, collect_env(self.settings))):
            return Jobs(Elsewhere(self.address), Store(self.folder / uuid4().hex))

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


def pids(jobs: Jobs) -> set[int]:
    return set(jobs.cluster.everywhere(os.getpid).result().values())


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    place = Place(tmp_path_factory.mktemp("elsewhere"))
    try:
        yield place
    finally:
        place.close()


@pytest.fixture(scope="module")
def away(place: Place) -> Iterator[Jobs]:
    """A server that was started before its cluster."""
    service = place.server()
    place.scheduler()
    place.trainer()
    try:
        assert soon(lambda: service.cluster.slots() == 1, seconds=90)
        yield service
    finally:
        service.close()


def test_a_run_and_a_question_go_through(away: Jobs) -> None:
    run = away.submit(SHORT, owner=ALICE)
    snapshot = until(away, run, settled)
    assert snapshot.error is None
    assert snapshot.state == "finished"
    assert [epoch.epoch for epoch in snapshot.history] == [1, 2, 3, 4]
    assert type(away.ask("draw_circuit", SHORT, 2)).__name__ == "Drawing"


def test_a_file_is_read_and_its_large_table_trained_on(away: Jobs) -> None:
    lines = [
        f"{number:0100d},{number % 97},{'left' if number % 97 < 40 else 'right'}" for number in range(15_000)
    ]
    content = "\n".join(["remark,size,kind", *lines]).encode()
    table = away.ask("read_table", content, "large.csv", DataSpec(source="csv"))
    assert isinstance(table.frame, pd.DataFrame)
    spec = SHORT.with_(
        **{
            "data.params": {},
            "data.source": "csv",
            "data.target": "kind",
            "data.roles": {"remark": "ignore"},
        }
    )
    run = away.submit(spec, Table(table.frame, "large.csv"), owner=ALICE)
    until(away, run, lambda snapshot: snapshot.started is not None or snapshot.settled)
    away.stop(run, ALICE)
    assert until(away, run, settled).started is not None


def test_a_run_that_wants_too_much_memory_ends_in_words_and_its_worker_lives_on(away: Jobs) -> None:
    before = pids(away)
    failed = until(away, away.submit(LARGE, owner=ALICE), settled)
    assert failed.state == "failed"
    assert failed.error is not None
    assert "memory" in failed.error.what
    assert failed.error.remedy
    assert until(away, away.submit(SHORT, owner=ALICE), settled).state == "finished"
    assert pids(away) == before


def test_a_worker_that_is_over_its_memory_is_replaced_and_its_run_told(away: Jobs) -> None:
    before = pids(away)
    run = away.submit(LONG, owner=ALICE)
    until(away, run, with_epochs(1))
    away.cluster.everywhere(exec, OVERSIZED)
    lost = until(away, run, settled, seconds=5)
    assert lost.error is not None
    assert lost.history, "what it had told is kept"
    assert until(away, away.submit(SHORT, owner=ALICE), settled, seconds=60).state == "finished"
    assert not pids(away) & before


def test_the_places_follow_the_cluster_as_it_grows_and_shrinks(away: Jobs, place: Place) -> None:
    cluster = away.cluster
    more = place.worker("--no-nanny", "--nthreads", "1", "--resources", "training=1")
    assert soon(lambda: cluster.slots(TRAINING) == 2)
    assert cluster.slots(QUESTIONS) == 1
    more.terminate()
    assert soon(lambda: cluster.slots(TRAINING) == 1)


def test_two_servers_share_the_workers_and_hear_of_their_own_runs_only(away: Jobs, place: Place) -> None:
    other = place.server()
    try:
        assert soon(lambda: other.cluster.slots() == 1)
        runs = [(jobs, jobs.submit(SHORT, owner=ALICE)) for jobs in (away, other)]
        assert [until(jobs, run, settled).state for jobs, run in runs] == ["finished"] * 2
        assert len(other._dispatcher._runs) == 1
    finally:
        other.close()


def test_a_run_whose_server_is_gone_gives_its_place_to_others(away: Jobs, place: Place) -> None:
    other = place.server()
    run = other.submit(ENDLESS, owner=ALICE)
    try:
        until(other, run, with_epochs(1))
    finally:
        other.close()
    begun = time.monotonic()
    assert until(away, away.submit(SHORT, owner=ALICE), settled).state == "finished"
    assert time.monotonic() - begun < 10


def test_a_scheduler_that_goes_away_is_told_and_found_again(away: Jobs, place: Place) -> None:
    cluster = away.cluster
    run = away.submit(LONG, owner=ALICE)
    until(away, run, with_epochs(1))
    for process in place._running:
        process.kill()
    lost = until(away, run, settled, seconds=5)
    assert lost.error is not None
    assert lost.error.remedy
    assert lost.history, "what it had told is kept"
    assert soon(lambda: cluster.slots() == 0)
    begun = time.monotonic()
    with pytest.raises(JobError, match="cannot be reached") as raised:
        away.ask(operator.add, 1, 1)
    assert time.monotonic() - begun < 1
    assert "connects by itself" in raised.value.remedy

    place.scheduler()
    place.trainer()
    assert soon(lambda: cluster.slots() == 1)
    assert until(away, away.submit(SHORT, owner=ALICE), settled).state == "finished"


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:8786", "127.0.0.1:8786", "http://example.org", "tls"])
def test_an_address_without_tls_is_refused_in_words(address: str) -> None:
    with pytest.raises(JobError, match="TLS") as raised:
        Elsewhere(address)
    assert "tls://host:port" in raised.value.remedy


def test_who_has_another_certificate_is_not_connected(away: Jobs, place: Place, tmp_path: Path) -> None:
    stranger = Place(tmp_path)
    stranger.address = place.address
    jobs = stranger.server()
    try:
        assert soon(lambda: jobs.cluster.trouble is not None)
        assert jobs.cluster.slots() == 0
    finally:
        jobs.close()


def test_without_certificates_there_is_no_connection() -> None:
    with pytest.raises(JobError, match="certificates") as raised:
        Elsewhere("tls://127.0.0.1:8786")
    assert "deployment" in raised.value.remedy


def test_a_scheduler_that_hands_a_deadly_run_on_is_not_used(tmp_path: Path) -> None:
    other = Place(tmp_path)
    other.scheduler(failures=3)
    jobs = other.server()
    try:
        assert soon(lambda: jobs.cluster.trouble is not None)
        time.sleep(0.5)
        assert jobs.cluster.slots() == 0
    finally:
        jobs.close()
        other.close()
