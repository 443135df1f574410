from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import requests

ROOT = Path(__file__).parents[2]


def wait_for(condition: Callable[[], object], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)


class Server:
    """A server as a user starts it, but from another folder.

    Parameters
    ----------
    folder : Path
        Working directory, also for its log and temporary files.
    options : str
        Command line options of Streamlit.
    base : str
        Base path of the app.
    **environment : str
        Environment variables.
    """

    def __init__(self, folder: Path, *options: str, base: str = "", **environment: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.base = base
        self.url = f"http://127.0.0.1:{self.port}{base}"
        self.folder = folder
        self.log = folder / "log.txt"
        # Python logs every module that this process imports, but not those of its children.
        python = [sys.executable, "-X", "importtime"]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [
                    *python,
                    "-m",
                    "streamlit",
                    "run",
                    str(ROOT / "app.py"),
                    f"--server.port={self.port}",
                    "--server.headless=true",
                    f"--server.baseUrlPath={base}/",
                    *options,
                ],
                cwd=folder,
                env=os.environ
                | {"QENN_WORKERS": "1", "TMPDIR": str(folder), "QENN_HOME": str(folder / "home")}
                | environment,
                stdout=log,
                stderr=log,
            )

    def wait_until_healthy(self) -> None:
        wait_for(self._is_healthy, 60)

    def _is_healthy(self) -> bool:
        try:
            return requests.get(f"{self.url}/_stcore/health", timeout=5).ok
        except requests.RequestException:
            return False

    @property
    def processes(self) -> list[psutil.Process]:
        """The process of the server, and all its descendants."""
        server = psutil.Process(self.process.pid)
        return [server, *server.children(recursive=True)]

    def wait_for_workers(self) -> None:
        """Wait until the scheduler, the nanny and the worker listen in addition to the app."""
        wait_for(lambda: len(self.listening()) >= 4, 60)

    def listening(self) -> set[tuple[str, int]]:
        """Return every address at which one of its processes listens."""
        found = set()
        for process in self.processes:
            try:
                found |= {
                    (connection.laddr.ip, connection.laddr.port)
                    for connection in process.net_connections("inet")
                    if connection.status == psutil.CONN_LISTEN
                }
            except psutil.NoSuchProcess:
                continue
        return found

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that the tests share; it has a base path, which applies to all routes."""
    started = Server(tmp_path_factory.mktemp("server"), base="/class")
    try:
        started.wait_until_healthy()
        yield started
    finally:
        started.stop()
