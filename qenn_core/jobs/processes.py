"""The scheduler and the workers as processes of this machine.

Dask has such processes too, but starts them in a way that Windows does not know.
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
POLL_SECONDS = 0.05
# Long enough for the scheduler to note that its workers are gone.
LOOK_SECONDS = 1.0
# Below the server, so that pages answer while every core trains, or gets ready to.
BACKGROUND = psutil.BELOW_NORMAL_PRIORITY_CLASS if psutil.WINDOWS else 10


class DaskProcess:
    """A process that runs Dask servers of one kind.

    Parameters
    ----------
    kind : str
        The dotted name of the servers' class.
    options : sequence of mapping
        What the constructor of each is given, as JSON.
    environment : mapping
        Variables that it gets beside those of this process.
    """

    def __init__(
        self, kind: str, options: Sequence[Mapping[str, Any]], environment: Mapping[str, str]
    ) -> None:
        spec = {number: {"cls": kind, "opts": dict(each)} for number, each in enumerate(options)}
        self._command = [sys.executable, "-m", "dask", "spec", "--spec", json.dumps(spec)]
        self._environment = {**os.environ, **environment}
        self._process = self._start()

    def _start(self) -> psutil.Popen:
        return psutil.Popen(self._command, env=self._environment)

    @property
    def ended(self) -> bool:
        """Whether it is no longer there."""
        return self._process.poll() is not None

    def end(self) -> None:
        """End the process, and those that it has started."""
        if self.ended:
            return
        with contextlib.suppress(psutil.NoSuchProcess):
            for child in self._process.children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    child.kill()
        self._process.kill()
        # A killed process ends at once; no thread can be started to wait while the interpreter ends.
        self._process.wait()


class SchedulerProcess(DaskProcess):
    """A scheduler, which writes its address into the file that its options name."""

    def __init__(self, options: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        super().__init__("distributed.Scheduler", [options], environment)
        self._file = Path(options["scheduler_file"])

    async def address(self) -> str:
        """Return its address, once it has one."""
        return await asyncio.wait_for(self._told_address(), START_SECONDS)

    async def _told_address(self) -> str:
        while True:
            if self.ended:
                raise RuntimeError("the scheduler ended while it was starting")
            # The file comes to be, and fills, at any moment.
            with contextlib.suppress(OSError, json.JSONDecodeError):
                return str(json.loads(self._file.read_text())["address"])
            await asyncio.sleep(POLL_SECONDS)


class WorkerProcesses(DaskProcess):
    """A process with a nanny for each worker, which keeps it going and replaces it when it ends.

    They find the scheduler by the file that their options name. All have a lower priority if they are to work
    in the background: what a process starts takes over its priority.
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

    async def keep_up(self) -> None:
        """Start the process again whenever it ended; its workers end with it."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self.ended:
                logger.error("the process that keeps up workers ended; it is started again")
                self._process = self._start()
