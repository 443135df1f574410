"""What ends a training before its time, seen from inside of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from qenn_core.jobs import turn
from qenn_core.jobs.control import Control
from qenn_core.training import StopReason


class UnwantedError(Exception):
    """Nobody wants to know how the run ends."""


class Reins:
    """Tells a training whether to go on; it asks before each step.

    Parameters
    ----------
    control : Control
        What the user wants.
    seconds : float
        How long the run may take, its pauses aside.
    clock : callable
        Tells the time in seconds; one that is never set.
    """

    def __init__(self, control: Control, seconds: float, clock: Callable[[], float] = monotonic) -> None:
        self._control = control
        self._clock = clock
        self._end = clock() + seconds

    def reason_to_end(self) -> StopReason | None:
        """Return why to end now, or ``None``; questions of the pages get their turn meanwhile.

        Raises
        ------
        UnwantedError
            If not even the scores are wanted.
        """
        turn.give_way()
        if self._control.unwanted:
            raise UnwantedError
        if self._control.stopped:
            return "user"
        return "time" if self._clock() > self._end else None

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Let others compute within the block, whose time does not count."""
        begun = self._clock()
        with turn.left():
            yield
        self._end += self._clock() - begun
