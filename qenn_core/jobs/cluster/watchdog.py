"""Preloaded by the scheduler and the nannies: ends them when the server ends, however it ends."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from typing import Any

import click
import psutil

from qenn_core import logs
from qenn_core.jobs.dask_compat import close_http_server, use_monotonic_clock

use_monotonic_clock()


@click.command()
@click.argument("server_pid", type=int)
@click.argument("folder")
def dask_setup(process: Any, server_pid: int, folder: str) -> None:
    """Watch the server from a thread of this process."""
    logs.configure()
    close_http_server(process)
    threading.Thread(target=_exit_with, args=(server_pid, folder), daemon=True).start()


def _exit_with(server_pid: int, folder: str) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(server_pid).wait()
    shutil.rmtree(folder, ignore_errors=True)
    # Without a clean-up, since all peers end now too. A worker ends with its nanny.
    os._exit(1)
