"""What a running training obeys: the latest command of its user, and its time limit."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition
from time import monotonic
from typing import TYPE_CHECKING

from qenn_core.jobs.commands import RunCommand
from qenn_core.jobs.worker import compute_lock

if TYPE_CHECKING:
    from qenn_core.training import StopReason


class RunDiscardedError(Exception):
    """The run was deleted; not even its scores are needed."""


class RunControl:
    """Says whether a training may go on. Commands arrive in one thread and are obeyed in another.

    Parameters
    ----------
    command : RunCommand
        The first command.
    clock : callable
        Returns monotonic seconds.
    """

    def __init__(self, command: RunCommand, clock: Callable[[], float] = monotonic) -> None:
        self._command = command
        self._clock = clock
        self._deadline = math.inf
        self._updated = Condition()

    def update(self, command: RunCommand) -> None:
        """Follow `command`, unless a later one has arrived."""
        with self._updated:
            if command.version > self._command.version:
                self._command = command
                self._updated.notify_all()

    def limit_time(self, seconds: float) -> None:
        """Stop the training after `seconds` from now, pauses not counted."""
        self._deadline = self._clock() + seconds

    @property
    def stopped(self) -> bool:
        """Whether the user has stopped the run."""
        return self._command.stop

    def should_stop(self) -> StopReason | None:
        """Return the reason to stop training now, if any, after letting waiting requests compute.

        Raises
        ------
        RunDiscardedError
            If the run was deleted.
        """
        compute_lock.yield_to_waiting()
        if self._command.discard:
            raise RunDiscardedError
        if self._command.stop:
            return "user"
        return "time" if self._clock() > self._deadline else None

    def must_pause(self, epochs_done: int) -> bool:
        """Return whether the run has to wait after `epochs_done` epochs."""
        return not self._command.stop and epochs_done >= self._command.pause_after

    def wait_while_paused(self, epochs_done: int, seconds: float) -> bool:
        """Wait until the run may go on, and return whether it may, after `seconds` at the latest.

        Others may compute meanwhile, and the wait does not count towards the time limit.
        """
        started = self._clock()
        with compute_lock.released(), self._updated:
            may_continue = self._updated.wait_for(lambda: not self.must_pause(epochs_done), seconds)
        self._deadline += self._clock() - started
        return may_continue


_controls: dict[str, RunControl] = {}


@contextmanager
def registered(run: str, command: RunCommand) -> Iterator[RunControl]:
    """Let a run of this worker process receive commands within the block."""
    _controls[run] = RunControl(command)
    try:
        yield _controls[run]
    finally:
        del _controls[run]


def send_command(run: str, command: RunCommand) -> None:
    """Pass a command to a run of this worker process, if it is still running."""
    if control := _controls.get(run):
        control.update(command)
