"""The app as users start it: `streamlit run app.py`, in its own process."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

PROJECT = Path(__file__).parents[1]
# Several servers and clusters may start at once on a slow machine.
START_SECONDS = 240.0
STOP_SECONDS = 20.0


@dataclass(frozen=True)
class Server:
    """A running server."""

    url: str
    """Base URL, without a trailing slash."""
    pid: int
    log: Path

    def log_tail(self, length: int = 6000) -> str:
        """Return the last characters of the server's log."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-length:]


@contextmanager
def serving(log: Path, *options: str, **environment: str) -> Iterator[Server]:
    """Serve the app on a free port of the loopback interface until the block ends.

    Parameters
    ----------
    log : Path
        File for the server's output; its database is in the same folder.
    *options : str
        Command line options of Streamlit.
    **environment : str
        Environment variables in addition to those of this process.
    """
    port = _free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "streamlit", "run", str(PROJECT / "app.py")),
                *("--server.address=127.0.0.1", f"--server.port={port}", "--server.headless=true"),
                *options,
            ],
            cwd=PROJECT,
            env=os.environ | {"QENN_HOME": str(log.parent / "home")} | environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    server = Server(f"http://127.0.0.1:{port}", process.pid, log)
    try:
        _wait_until_healthy(server, process)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_healthy(server: Server, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(f"{server.url}/_stcore/health", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.05)
    raise RuntimeError(f"the server did not start:\n{server.log_tail()}")
