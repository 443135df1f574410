"""What a run is told while it runs: how far it may go.

The server tells a wish, the latest of which holds: so it does no harm if wishes arrive twice or out of order.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Condition


@dataclass(frozen=True)
class Wish:
    """How far a run may go.

    Parameters
    ----------
    version : int
        A wish with a higher version replaces this one.
    epochs : float
        The run waits once it has completed this many epochs; infinity lets it go on.
    stop : bool
        Whether it is to end now.
    unwanted : bool
        Whether nobody wants its scores either.
    """

    version: int = 0
    epochs: float = math.inf
    stop: bool = False
    unwanted: bool = False

    @property
    def paused(self) -> bool:
        """Whether an end other than the run's own is set."""
        return self.epochs < math.inf and not self.stop

    def pause(self, done: int) -> Wish:
        """Wish to wait, with `done` epochs complete."""
        return replace(self, version=self.version + 1, epochs=done)

    def resume(self) -> Wish:
        """Wish to go on to the end."""
        return replace(self, version=self.version + 1, epochs=math.inf)

    def step(self, done: int) -> Wish:
        """Wish for one epoch more than `done`, or than wished before."""
        waiting_at = self.epochs if self.paused else done
        return replace(self, version=self.version + 1, epochs=max(done, waiting_at) + 1)

    def end(self) -> Wish:
        """Wish to end now."""
        return replace(self, version=self.version + 1, stop=True)

    def drop(self) -> Wish:
        """Wish to end now, without scores."""
        return replace(self.end(), unwanted=True)


class Control:
    """The wish as the run sees it: told by one thread, obeyed by another."""

    def __init__(self, wish: Wish) -> None:
        self._wish = wish
        self._changed = Condition()

    def tell(self, wish: Wish) -> None:
        """Take up `wish`, unless a later one is known."""
        with self._changed:
            if wish.version > self._wish.version:
                self._wish = wish
                self._changed.notify_all()

    @property
    def stopped(self) -> bool:
        """Whether the run is to end now."""
        return self._wish.stop

    @property
    def unwanted(self) -> bool:
        """Whether nobody wants anything more of the run."""
        return self._wish.unwanted

    def must_wait(self, done: int) -> bool:
        """Whether the run, with `done` epochs complete, may not go on for now."""
        return not self._wish.stop and done >= self._wish.epochs

    def wait(self, done: int, seconds: float) -> bool:
        """Wait until the run may go on; return whether it may, at the latest after `seconds`."""
        with self._changed:
            return self._changed.wait_for(lambda: not self.must_wait(done), seconds)


_controls: dict[str, Control] = {}


@contextmanager
def controlled(run: str, wish: Wish) -> Iterator[Control]:
    """Let a run of this worker process be told, for as long as it runs."""
    _controls[run] = Control(wish)
    try:
        yield _controls[run]
    finally:
        del _controls[run]


def tell(run: str, wish: Wish) -> None:
    """Tell a run of this worker process, if it still runs."""
    control = _controls.get(run)
    if control:
        control.tell(wish)
