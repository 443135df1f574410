"""Preloaded by the scheduler and the nannies: they end when the server does, however it ended."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from typing import Any

import click
import psutil

from qenn_core import logs
from qenn_core.jobs import steady  # noqa: F401  before the process says anything


@click.command()
@click.argument("server_pid", type=int)
@click.argument("folder")
def dask_setup(process: Any, server_pid: int, folder: str) -> None:
    """Watch the server from a thread of this process."""
    logs.configure()
    close_http(process)
    threading.Thread(target=_end_with, args=(server_pid, folder), daemon=True).start()


def close_http(process: Any) -> None:
    """Close the monitoring server that a Dask process opens to everybody on this machine."""
    if hasattr(process, "http_server"):
        process.http_server.stop()


def _end_with(server_pid: int, folder: str) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(server_pid).wait()
    shutil.rmtree(folder, ignore_errors=True)
    # At once, since all its peers end now; a worker ends with its nanny.
    os._exit(1)
