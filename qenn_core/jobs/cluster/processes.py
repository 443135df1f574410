"""The scheduler and the workers as processes of this machine.

Dask can start such processes too, but not on Windows.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

logger = logging.getLogger(__name__)

START_SECONDS = 30.0
ADDRESS_POLL_SECONDS = 0.05
# Long enough for the scheduler to notice that the workers of an ended process are gone.
PROCESS_POLL_SECONDS = 1.0
# Below the server's priority, so that pages respond while every core trains or starts a worker.
BACKGROUND = psutil.BELOW_NORMAL_PRIORITY_CLASS if psutil.WINDOWS else 10


class DaskProcess:
    """A process that runs Dask servers of one class.

    Parameters
    ----------
    server_class : str
        Dotted name of the class.
    options : sequence of mapping
        Keyword arguments for the constructor of each server, as JSON values.
    environment : mapping
        Environment variables in addition to those of this process.
    """

    def __init__(
        self, server_class: str, options: Sequence[Mapping[str, Any]], environment: Mapping[str, str]
    ) -> None:
        spec = {number: {"cls": server_class, "opts": dict(each)} for number, each in enumerate(options)}
        self._command = [sys.executable, "-m", "dask", "spec", "--spec", json.dumps(spec)]
        self._environment = {**os.environ, **environment}
        self._process = self._start()

    def _start(self) -> psutil.Popen:
        return psutil.Popen(self._command, env=self._environment)

    @property
    def ended(self) -> bool:
        """Whether the process has ended."""
        return self._process.poll() is not None

    def kill(self) -> None:
        """Kill the process and its descendants."""
        if self.ended:
            return
        with contextlib.suppress(psutil.NoSuchProcess):
            for child in self._process.children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    child.kill()
        self._process.kill()
        # It ends at once. No thread can be started for the wait while the interpreter shuts down.
        self._process.wait()


class SchedulerProcess(DaskProcess):
    """A scheduler, which writes its address to the ``scheduler_file`` of its options."""

    def __init__(self, options: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        super().__init__("distributed.Scheduler", [options], environment)
        self._file = Path(options["scheduler_file"])

    async def address(self) -> str:
        """Wait for the address of the scheduler and return it."""
        return await asyncio.wait_for(self._read_address(), START_SECONDS)

    async def _read_address(self) -> str:
        while True:
            if self.ended:
                raise RuntimeError("the scheduler ended while it was starting")
            # The file may be missing or incomplete.
            with contextlib.suppress(OSError, json.JSONDecodeError):
                return str(json.loads(self._file.read_text())["address"])
            await asyncio.sleep(ADDRESS_POLL_SECONDS)


class WorkerProcesses(DaskProcess):
    """A process with a nanny for each worker, which replaces the worker when it ends.

    Workers find the scheduler through the ``scheduler_file`` of their options.

    Parameters
    ----------
    options, environment
        See `DaskProcess`.
    background : bool
        Whether the workers run at a lower priority; they inherit that of this process.
    """

    def __init__(
        self, options: Sequence[Mapping[str, Any]], environment: Mapping[str, str], background: bool
    ) -> None:
        self._background = background
        super().__init__("distributed.Nanny", options, environment)

    def _start(self) -> psutil.Popen:
        process = super()._start()
        if self._background:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.nice(BACKGROUND)
        return process

    async def restart_when_ended(self) -> None:
        """Start the process again whenever it has ended; its workers have ended with it."""
        while True:
            await asyncio.sleep(PROCESS_POLL_SECONDS)
            if self.ended:
                logger.error("a process of nannies has ended; it is started again")
                self._process = self._start()
