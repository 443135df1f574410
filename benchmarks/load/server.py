"""The app as users run it: `streamlit run app.py` in separate processes, and the resources these use."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil

PROJECT = Path(__file__).parents[2]
START_SECONDS = 90.0
STOP_SECONDS = 30.0


@dataclass(frozen=True)
class Usage:
    """CPU time of the processes of a server since their start, in seconds."""

    server: float
    scheduler: float
    workers: float

    def since(self, before: Usage) -> Usage:
        """Return the usage since `before`."""
        return Usage(
            self.server - before.server, self.scheduler - before.scheduler, self.workers - before.workers
        )


class RunningServer:
    """A running server of the app.

    Parameters
    ----------
    process : subprocess.Popen
        The server process.
    url : str
        Its address, without a trailing slash.
    home : Path
        The folder of its data.
    log : Path
        The output of all its processes.
    """

    def __init__(self, process: subprocess.Popen[bytes], url: str, home: Path, log: Path) -> None:
        self.url = url
        self.home = home
        self.log = log
        self._process = process
        self._server = psutil.Process(process.pid)

    def usage(self) -> Usage:
        """Return the CPU time used so far."""
        seconds = {"server": _cpu(self._server), "scheduler": 0.0, "workers": 0.0}
        for child in self._server.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                role = "scheduler" if "Scheduler" in "".join(child.cmdline()) else "workers"
                seconds[role] += _cpu(child)
        return Usage(**seconds)

    def memory(self) -> int:
        """Return the memory of the server process in bytes."""
        rss: int = self._server.memory_info().rss
        return rss

    def wait_until_healthy(self) -> None:
        """Wait until pages are served, or raise a ``RuntimeError`` with the log if they are not."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with suppress(URLError, OSError), urlopen(f"{self.url}/_stcore/health", timeout=5):
                return
            time.sleep(0.05)
        raise RuntimeError(f"the server did not start:\n{self.log.read_text(errors='replace')[-5000:]}")

    def stop(self) -> None:
        """Stop the server, which stops its workers."""
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def serving(home: Path, workers: int, **environment: str) -> Iterator[RunningServer]:
    """Serve the app on a free port of the loopback interface until the block is left.

    Parameters
    ----------
    home : Path
        The folder of the server's data and log.
    workers : int
        Number of training workers.
    **environment : str
        Further environment variables.
    """
    port = _free_port()
    log = home / "server.log"
    command = [
        *(sys.executable, "-m", "streamlit", "run", str(PROJECT / "app.py")),
        *("--server.address=127.0.0.1", f"--server.port={port}", "--server.headless=true"),
    ]
    settings = {"QENN_WORKERS": str(workers), "QENN_HOME": str(home)}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=PROJECT,
            env=os.environ | settings | environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    server = RunningServer(process, f"http://127.0.0.1:{port}", home, log)
    try:
        server.wait_until_healthy()
        yield server
    finally:
        server.stop()


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    seconds: float = times.user + times.system
    return seconds


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
