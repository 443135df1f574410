"""The scheduler and the workers as processes of this machine.

Dask has such processes too, but starts them in a way that Windows does not know.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

START_SECONDS = 30.0
POLL_SECONDS = 0.05
# Below the server, so that pages answer while every core trains, or gets ready to.
BACKGROUND = psutil.BELOW_NORMAL_PRIORITY_CLASS if psutil.WINDOWS else 10


class _DaskProcess:
    """A process that runs one Dask server.

    Parameters
    ----------
    kind : str
        The dotted name of the server's class.
    options : mapping
        What its constructor is given, as JSON.
    environment : mapping
        Variables that it gets beside those of this process.
    joins : tuple of str
        The address of the scheduler, if it joins one.
    """

    def __init__(
        self, kind: str, options: Mapping[str, Any], environment: Mapping[str, str], *joins: str
    ) -> None:
        spec = json.dumps({"cls": kind, "opts": dict(options)})
        self._command = [sys.executable, "-m", "dask", "spec", *joins, "--spec", spec]
        self._environment = environment
        self._process: psutil.Popen | None = None

    def launch(self) -> psutil.Popen:
        """Start the process."""
        self._process = psutil.Popen(self._command, env={**os.environ, **self._environment})
        return self._process

    async def close(self) -> None:
        """End the process, and those that it has started."""
        if self._process and self._process.poll() is None:
            with contextlib.suppress(psutil.NoSuchProcess):
                for child in self._process.children(recursive=True):
                    with contextlib.suppress(psutil.NoSuchProcess):
                        child.kill()
            self._process.kill()
            # A killed process ends at once; no thread can be started to wait while the interpreter ends.
            self._process.wait()


class SchedulerProcess(_DaskProcess):
    """A scheduler, which writes its address into the file that its options name."""

    def __init__(self, options: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        super().__init__("distributed.Scheduler", options, environment)
        self._file = Path(options["scheduler_file"])

    async def start(self) -> str:
        """Start the scheduler, and return its address."""
        return await asyncio.wait_for(self._told_address(self.launch()), START_SECONDS)

    async def _told_address(self, process: psutil.Popen) -> str:
        while True:
            if process.poll() is not None:
                raise RuntimeError("the scheduler ended while it was starting")
            # The file comes to be, and fills, at any moment.
            with contextlib.suppress(OSError, json.JSONDecodeError):
                return str(json.loads(self._file.read_text())["address"])
            await asyncio.sleep(POLL_SECONDS)


class WorkerProcess(_DaskProcess):
    """A nanny, which keeps a worker process going and replaces it when it ends.

    Both have a lower priority if they are to work in the background.
    """

    def __init__(
        self, scheduler: str, options: Mapping[str, Any], environment: Mapping[str, str], background: bool
    ) -> None:
        super().__init__("distributed.Nanny", options, environment, scheduler)
        self._background = background

    async def start(self) -> None:
        """Start the nanny, which starts the worker; what a process starts takes over its priority."""
        process = self.launch()
        if self._background:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.nice(BACKGROUND)
