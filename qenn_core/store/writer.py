"""A thread that saves runs in the background, so that neither training nor pages wait for a disk."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Condition, Thread

from qenn_core import limits
from qenn_core.store.entities import RunChange
from qenn_core.store.errors import StoreError, UnavailableError

logger = logging.getLogger(__name__)

# Changes within this time are saved as one: a run has up to a hundred epochs per second.
BATCH_SECONDS = 0.2
# The wait before a failed save is retried; it doubles each time.
FIRST_RETRY_SECONDS = 0.25
MAX_RETRY_SECONDS = 5.0
# Approximate memory of an epoch's record.
_EPOCH_BYTES = 1_000


class Writer:
    """Saves queued changes in order, as soon as it can.

    Parameters
    ----------
    save : callable
        Saves a change as a whole; see `Runs.save`.
    """

    def __init__(self, save: Callable[[RunChange], bool]) -> None:
        self._save = save
        self._condition = Condition()
        self._pending: dict[str, RunChange] = {}
        self._current: RunChange | None = None
        self._discarded: set[str] = set()
        self._failed: set[str] = set()
        self._error: StoreError | None = None
        self._flushes = 0
        self._closed = False
        self._thread = Thread(target=self._work, name="qenn-writer", daemon=True)
        self._thread.start()

    def enqueue(self, change: RunChange) -> None:
        """Queue a change to be saved; returns immediately."""
        with self._condition:
            if change.run in self._discarded:
                return
            pending = self._pending.get(change.run)
            self._pending[change.run] = pending.merged(change) if pending else change
            self._condition.notify_all()

    def is_saved(self, run: str) -> bool:
        """Return whether all queued changes of a run are on the disk."""
        with self._condition:
            return not (run in self._pending or run in self._failed or self._is_saving(run))

    @property
    def error(self) -> StoreError | None:
        """Why nothing can be saved at the moment; ``None`` while saving works."""
        return self._error

    def check_capacity(self) -> None:
        """Raise `StoreError` if so many changes are pending that no new run should start."""
        with self._condition:
            pending = sum(map(_memory_of, self._pending.values()))
        if pending > limits.MAX_UNSAVED_BYTES:
            raise StoreError(
                "No new run can start at the moment.",
                self._error.what if self._error else "Too many runs are waiting to be saved.",
                "Active runs continue, and are saved as soon as possible. Try again later.",
            )

    def discard(self, run: str) -> None:
        """Save nothing more of a run, now or later; waits for a save of it in progress."""
        with self._condition:
            self._discarded.add(run)
            self._pending.pop(run, None)
            self._failed.discard(run)
            self._condition.wait_for(lambda: not self._is_saving(run))

    def flush(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds until everything is saved, and return whether it is."""
        with self._condition:
            self._flushes += 1
            self._condition.notify_all()
            done = self._condition.wait_for(lambda: not self._pending and self._current is None, timeout)
            self._flushes -= 1
            return done and not self._failed

    def close(self, timeout: float) -> bool:
        """Save pending changes for up to `timeout` seconds and stop; returns whether everything was saved."""
        done = self.flush(timeout)
        with self._condition:
            self._closed = True
            self._condition.notify_all()
        self._thread.join(timeout)
        if not done:
            logger.error("the server stops before all runs were saved")
        return done

    def _is_saving(self, run: str) -> bool:
        return self._current is not None and self._current.run == run

    # In the writer's thread

    def _work(self) -> None:
        retry = FIRST_RETRY_SECONDS
        while self._wait_for_changes():
            if self._save_pending():
                retry = FIRST_RETRY_SECONDS
                self._sleep(BATCH_SECONDS, wake_for_flush=True)
            else:
                self._sleep(retry, wake_for_flush=False)
                retry = min(2 * retry, MAX_RETRY_SECONDS)

    def _wait_for_changes(self) -> bool:
        """Wait until there is something to save; ``False`` once the writer is closed."""
        with self._condition:
            self._condition.wait_for(lambda: self._pending or self._closed)
            return not self._closed

    def _sleep(self, seconds: float, *, wake_for_flush: bool) -> None:
        with self._condition:
            self._condition.wait_for(lambda: self._closed or (self._flushes > 0 and wake_for_flush), seconds)

    def _save_pending(self) -> bool:
        """Save the changes that are pending now, and return whether the database allowed it."""
        with self._condition:
            runs = list(self._pending)
        return all(self._save_run(run) for run in runs)

    def _save_run(self, run: str) -> bool:
        with self._condition:
            change = self._current = self._pending.pop(run, None)
        if change is None:
            return True  # discarded in the meantime
        error: StoreError | None = None
        failed = False
        try:
            self._save(change)
        except UnavailableError as unavailable:
            error = unavailable
        except Exception:
            # The change itself is at fault, not the database: it must not block other runs for ever.
            logger.exception("run %s cannot be saved", run)
            failed = True
        with self._condition:
            self._current = None
            self._set_error(error)
            if run not in self._discarded:
                if failed:
                    self._failed.add(run)
                if error:
                    later = self._pending.pop(run, None)
                    # Back to the front, so that runs are inserted in the order in which they started.
                    self._pending = {run: change.merged(later) if later else change, **self._pending}
            self._condition.notify_all()
        return error is None

    def _set_error(self, error: StoreError | None) -> None:
        if error and not self._error:
            logger.error("runs cannot be saved at the moment: %s", error)
        elif self._error and not error:
            logger.info("runs are saved again")
        self._error = error


def _memory_of(change: RunChange) -> int:
    """Return the approximate memory that a change takes, in bytes."""
    states = [state for state in (change.checkpoint, change.model) if state]
    return (
        len(change.epochs) * _EPOCH_BYTES
        + len(change.report or b"")
        + sum(len(state.content) for state in states)
    )
