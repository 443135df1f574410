"""Saves runs in a thread of its own, so that nobody who trains or watches waits for a disk."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Condition, Thread

from qenn_core import limits
from qenn_core.store.entities import RunChange
from qenn_core.store.errors import StoreError, UnavailableError

logger = logging.getLogger(__name__)

# Changes that come closer together are saved as one: a run has up to a hundred epochs a second.
PACE_SECONDS = 0.2
# How long it waits before it tries again what failed, longer each time.
FIRST_RETRY_SECONDS = 0.25
LAST_RETRY_SECONDS = 5.0
# What the record of an epoch takes in memory, about.
_EPOCH_BYTES = 1_000


class Writer:
    """Saves what is put, in order, as soon as it can.

    Parameters
    ----------
    save : callable
        Saves a change as a whole, as `Runs.save` does.
    """

    def __init__(self, save: Callable[[RunChange], bool]) -> None:
        self._save = save
        self._changed = Condition()
        self._waiting: dict[str, RunChange] = {}
        self._writing: RunChange | None = None
        self._dropped: set[str] = set()
        self._lost: set[str] = set()
        self._trouble: StoreError | None = None
        self._hurried = 0
        self._closed = False
        self._thread = Thread(target=self._work, name="qenn-writer", daemon=True)
        self._thread.start()

    def put(self, change: RunChange) -> None:
        """Take a change to be saved; returns at once."""
        with self._changed:
            if change.run in self._dropped:
                return
            before = self._waiting.get(change.run)
            self._waiting[change.run] = before.merged(change) if before else change
            self._changed.notify_all()

    def is_saved(self, run: str) -> bool:
        """Tell whether all that was put of a run is on the disk."""
        with self._changed:
            return not (run in self._waiting or run in self._lost or self._is_writing(run))

    @property
    def trouble(self) -> StoreError | None:
        """Why nothing can be saved at present, ``None`` when all is well."""
        return self._trouble

    def refuse_if_crowded(self) -> None:
        """Raise `StoreError` if so much waits to be saved that no new run should begin."""
        with self._changed:
            waiting = sum(map(_size, self._waiting.values()))
        if waiting > limits.MAX_UNSAVED_BYTES:
            raise StoreError(
                "No new run can begin at present.",
                self._trouble.what if self._trouble else "Many runs wait to be saved.",
                "What is running goes on, and is saved when that is possible. Try again later.",
            )

    def drop(self, run: str) -> None:
        """Save nothing of a run any more, now and later; returns when it is not being saved."""
        with self._changed:
            self._dropped.add(run)
            self._waiting.pop(run, None)
            self._lost.discard(run)
            self._changed.wait_for(lambda: not self._is_writing(run))

    def flush(self, timeout: float) -> bool:
        """Wait until all is saved, for `timeout` seconds at most, and return whether it is."""
        with self._changed:
            self._hurried += 1
            self._changed.notify_all()
            done = self._changed.wait_for(lambda: not self._waiting and self._writing is None, timeout)
            self._hurried -= 1
            return done and not self._lost

    def close(self, timeout: float) -> bool:
        """Save what waits, for `timeout` seconds at most, and end; returns whether all was saved."""
        done = self.flush(timeout)
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join(timeout)
        if not done:
            logger.error("the server ends before all runs were saved")
        return done

    def _is_writing(self, run: str) -> bool:
        return self._writing is not None and self._writing.run == run

    # In its own thread

    def _work(self) -> None:
        retry = FIRST_RETRY_SECONDS
        while self._has_work():
            if self._write_all():
                retry = FIRST_RETRY_SECONDS
                self._rest(PACE_SECONDS, even_if_hurried=False)
            else:
                self._rest(retry, even_if_hurried=True)
                retry = min(2 * retry, LAST_RETRY_SECONDS)

    def _has_work(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            return not self._closed

    def _rest(self, seconds: float, *, even_if_hurried: bool) -> None:
        with self._changed:
            self._changed.wait_for(
                lambda: self._closed or (self._hurried > 0 and not even_if_hurried), seconds
            )

    def _write_all(self) -> bool:
        """Save what waits now, and return whether that was possible."""
        with self._changed:
            waiting = list(self._waiting)
        return all(self._write(run) for run in waiting)

    def _write(self, run: str) -> bool:
        with self._changed:
            change = self._writing = self._waiting.pop(run, None)
        if change is None:
            return True  # dropped meanwhile
        trouble: StoreError | None = None
        lost = False
        try:
            self._save(change)
        except UnavailableError as error:
            trouble = error
        except Exception:
            # Not the database's state but the change itself: it must not hold up the others for ever.
            logger.exception("run %s cannot be saved", run)
            lost = True
        with self._changed:
            self._writing = None
            self._tell(trouble)
            if run not in self._dropped:
                if lost:
                    self._lost.add(run)
                if trouble:
                    later = self._waiting.pop(run, None)
                    # First again: what came first is older in the history.
                    self._waiting = {run: change.merged(later) if later else change, **self._waiting}
            self._changed.notify_all()
        return trouble is None

    def _tell(self, trouble: StoreError | None) -> None:
        if trouble and not self._trouble:
            logger.error("runs cannot be saved at present: %s", trouble)
        elif self._trouble and not trouble:
            logger.info("runs are saved again")
        self._trouble = trouble


def _size(change: RunChange) -> int:
    """Return about the bytes that a change takes in memory."""
    saved = [kept for kept in (change.checkpoint, change.weights) if kept]
    return (
        len(change.epochs) * _EPOCH_BYTES
        + len(change.report or b"")
        + sum(len(kept.content) for kept in saved)
    )
