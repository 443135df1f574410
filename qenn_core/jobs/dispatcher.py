"""The runs in progress: sends them to workers, and applies the workers' events to them."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from threading import Event, RLock, Thread

from pydantic import ValidationError

from qenn_core import limits
from qenn_core.errors import ErrorMessage, JobError, QennError
from qenn_core.jobs.cluster.pool import WorkerPool
from qenn_core.jobs.commands import RunCommand, RunLimits, SlotKind, TrainingTask
from qenn_core.jobs.events import EventBatch, RunFailed
from qenn_core.jobs.queue import fair_order
from qenn_core.jobs.recorder import RunRecorder
from qenn_core.jobs.run import Run
from qenn_core.jobs.snapshot import RunSnapshot
from qenn_core.jobs.worker import control, tasks
from qenn_core.store import RunState

logger = logging.getLogger(__name__)

# Ended runs in memory, some 200 kB each; the others are in the store.
MAX_ENDED = 50
# A run that waits at a worker for the one before it is lost with that worker, and is then sent again.
MAX_ATTEMPTS = 3
INTERRUPTED = "This run was interrupted."
SERVER_STOPPED = "The server was stopped while it trained."
RESUME = "Press Resume to continue from the last saved epoch; if it happens again, use fewer qubits or rows."
SILENT_WORKER = (
    "The process of this run has not answered for some seconds: the computer is very busy, or has suspended "
    "it. The run goes on as soon as the process answers; after five minutes it is interrupted, and Resume "
    "continues it from the last saved epoch."
)
UNREADABLE_EVENTS = ErrorMessage(
    what="This run was stopped.",
    why="Its worker runs a different version of QENN Studio than the server.",
    remedy="The server's administrator can install the same version everywhere.",
)

ConnectPool = Callable[[Callable[[object], None], Callable[[], None]], WorkerPool]


class Dispatcher:
    """Sends runs to the workers, and applies the workers' events to the runs.

    All methods may be called from any thread.

    Parameters
    ----------
    connect_pool : callable
        Returns the worker pool, given its `on_message` and `on_resize`.
    recorder : RunRecorder
        Records changes in the store.
    run_limits : RunLimits
        What each run may use of a worker.
    """

    def __init__(self, connect_pool: ConnectPool, recorder: RunRecorder, run_limits: RunLimits) -> None:
        self._recorder = recorder
        self._run_limits = run_limits
        self._lock = RLock()
        self._runs: dict[str, Run] = {}
        # Deleted runs that a worker is still busy with.
        self._removed: dict[str, Run] = {}
        self._waiting: list[Run] = []
        self._last_served: dict[str, int] = {}
        self._wake = Event()
        self._closed = False
        self.pool = connect_pool(self._receive, self._wake.set)
        self._thread = Thread(target=self._dispatch, name="qenn-dispatcher", daemon=True)
        self._thread.start()

    def enqueue(self, run: Run, *, recorded: bool = False) -> None:
        """Add a run to the queue.

        Parameters
        ----------
        run : Run
            A new run, or one to resume.
        recorded : bool
            Whether the store has everything about it so far.

        Raises
        ------
        JobError
            If too many runs are waiting, of its owner or in total.
        StoreError
            If too much is waiting to be saved.
        """
        with self._lock:
            self._refuse_too_many(run.owner)
            self._recorder.check_capacity()
            self._runs[run.id] = run
            self._waiting.append(run)
            if recorded:
                self._recorder.mark_recorded(run)
            self._recorder.record(run)
        _log("run queued", run)
        self._wake.set()

    def find(self, run_id: str) -> Run | None:
        """Return a run that is in memory."""
        with self._lock:
            return self._runs.get(run_id)

    def snapshot(
        self, run: Run, since_epoch: int = 0, since_map: int = 0, since_frame: int = 0
    ) -> RunSnapshot:
        """Return a run at this moment, with its position in the queue."""
        with self._lock:
            queue = self._ordered_queue()
            position = queue.index(run) + 1 if run in queue else 0
            trouble = self._recorder.trouble_with(run)
            if run.worker and self.pool.is_silent(run.worker):
                trouble = SILENT_WORKER
            if position and self.pool.trouble:
                trouble = f"{self.pool.trouble} This run starts as soon as they are available."
            return run.snapshot(
                since_epoch,
                since_map,
                since_frame,
                queue_position=position,
                saved=self._recorder.is_saved(run),
                trouble=trouble,
            )

    def command(self, run: Run, change: Callable[[Run], RunCommand], waiting_state: RunState) -> None:
        """Change how far a run may go.

        Parameters
        ----------
        run : Run
            The run; nothing happens if it has ended.
        change : callable
            Returns the new command.
        waiting_state : RunState
            The new state if no worker has the run.
        """
        with self._lock:
            if run.ended:
                return
            run.command = change(run)
            if not run.assigned:
                # A stopped run that has trained goes to a worker once more, to be scored.
                to_score = waiting_state == "stopped" and run.epochs_done > 0
                run.set_waiting_state("queued" if to_score else waiting_state)
                if run.ended:
                    self._waiting.remove(run)
                    _log("run ended", run)
            self._recorder.record(run)
        self._send_command(run)
        self._wake.set()

    def remove(self, run: Run) -> None:
        """End a run and forget it."""
        with self._lock:
            self._runs.pop(run.id, None)
            if run in self._waiting:
                self._waiting.remove(run)
            if run.assigned:
                self._removed[run.id] = run
            run.command = run.command.with_discard()
        self._send_command(run)
        self._recorder.discard(run)
        _log("run deleted", run)

    def close(self) -> None:
        """Accept no more runs, and mark those in progress as interrupted."""
        self._closed = True
        self._wake.set()
        self._thread.join()
        with self._lock:
            for run in self._runs.values():
                if not run.ended:
                    run.interrupt(JobError(INTERRUPTED, SERVER_STOPPED, RESUME).message)
                    self._recorder.record(run)
            self._runs.clear()

    def _refuse_too_many(self, owner: str) -> None:
        own = sum(run.owner == owner for run in self._waiting)
        if own >= limits.MAX_WAITING_PER_USER:
            raise JobError(
                f"You already have {own} runs waiting.",
                "More would only wait behind your own, and fill the server.",
                "Wait until one has started, or stop one on the Runs page.",
            )
        if len(self._waiting) >= limits.MAX_WAITING:
            raise JobError(
                "The queue is full.",
                f"{limits.MAX_WAITING} runs are waiting for a free worker.",
                "Try again in a few minutes.",
            )

    # To the workers

    def _dispatch(self) -> None:
        while not self._closed:
            self._wake.wait()
            self._wake.clear()
            while not self._closed and (run := self._assign_next()):
                try:
                    self._send(run)
                except Exception as error:  # whatever is wrong with this run, others wait behind it
                    self._on_lost(run, error)

    def _send(self, run: Run) -> None:
        task = TrainingTask(run.spec, run.table, run.checkpoint, self._run_limits)
        future = self.pool.submit(
            SlotKind.TRAINING,
            tasks.run_training,
            self.pool.topic,
            run.id,
            run.command,
            payload=pickle.dumps(task),
        )
        future.add_done_callback(partial(self._on_done, run))

    def _assign_next(self) -> Run | None:
        """Take the next run out of the queue, if it may start now."""
        with self._lock:
            running = self._owners_running()
            if len(running) >= self.pool.slots():
                return None
            for run in self._ordered_queue()[:1]:
                if running.count(run.owner) < limits.MAX_RUNNING_PER_USER:
                    self._waiting.remove(run)
                    self._last_served[run.owner] = max(self._last_served.values(), default=0) + 1
                    run.assign()
                    self._recorder.record(run)
                    _log("run assigned", run)
                    return run
            return None

    def _ordered_queue(self) -> list[Run]:
        """Return the runs that wait for a worker, the next one first."""
        ready = [run for run in self._waiting if run.ready]
        owners = [run.owner for run in ready]
        order = fair_order(owners, self._owners_running(), self._last_served)
        return [ready[position] for position in order]

    def _owners_running(self) -> list[str]:
        """Return the owner of each run that a worker has and is not about to end."""
        assigned = [run for run in self._runs.values() if run.assigned]
        return [run.owner for run in (*assigned, *self._removed.values()) if not run.ending]

    def _send_command(self, run: Run) -> None:
        """Send the command of a run to its worker; before the run has started there, that waits."""
        if run.worker:
            self.pool.broadcast(control.send_command, run.id, run.command, workers=[run.worker])

    # From the workers

    def _receive(self, message: object) -> None:
        """Apply the events of a worker, which arrive in the order in which it sent them."""
        try:
            batch = EventBatch.from_message(message)
        except ValidationError:
            logger.exception("a worker has sent events that cannot be read")
            self._fail_unreadable(message)
            return
        with self._lock:
            run = self._runs.get(batch.run) or self._removed.get(batch.run)
            if run is None or not run.assigned:
                return
            had_started, was_ending = run.worker is not None, run.ending
            for event in batch.events:
                run.apply(event)
            if batch.run in self._runs:
                self._recorder.record(run)
        if not had_started:
            _log("run started", run)
            self._send_command(run)
        if run.ending and not was_ending and run.worker:
            self.pool.expect_free_slot(SlotKind.TRAINING, run.worker)
            self._wake.set()

    def _fail_unreadable(self, message: object) -> None:
        """Let the run fail whose worker has sent an unreadable message, if the message says which it is."""
        run = self.find(str(message[0])) if isinstance(message, list | tuple) and message else None
        if run is None or not run.assigned:
            return
        with self._lock:
            run.apply(RunFailed(error=UNREADABLE_EVENTS))
        if run.worker:
            command = run.command.with_discard()
            self.pool.broadcast(control.send_command, run.id, command, workers=[run.worker])

    def _on_done(self, run: Run, future: Future[None]) -> None:
        with self._lock:
            if self._closed or run.id not in self._runs:
                self._removed.pop(run.id, None)
                self._wake.set()
                return
            if error := future.exception():
                self._on_lost(run, error)
                return
            run.on_worker_done()
            self._release(run)

    def _on_lost(self, run: Run, error: BaseException) -> None:
        """Interrupt a run that has lost its worker; one that had not started there waits again."""
        logger.error("run %s has lost its worker: %r", run.id, error)
        why = f"{error.what} {error.why}" if isinstance(error, QennError) else type(error).__name__
        with self._lock:
            if self._closed:
                return
            if 0 < run.attempts < MAX_ATTEMPTS:
                run.on_worker_lost()
            else:
                run.interrupt(JobError(INTERRUPTED, why, RESUME).message)
            self._release(run)

    def _release(self, run: Run) -> None:
        """Record a run that no worker has any more, and let it wait again unless it has ended."""
        if not run.ended:
            self._waiting.append(run)
        _log("run ended" if run.ended else "run queued", run)
        self._recorder.record(run)
        self._evict_ended()
        self._wake.set()

    def _evict_ended(self) -> None:
        """Remove the oldest ended runs that are saved, and owners without runs."""
        ended = [run for run in self._runs.values() if run.ended]
        for run in ended[:-MAX_ENDED]:
            if self._recorder.is_saved(run):
                del self._runs[run.id]
        owners = {run.owner for run in self._runs.values()}
        self._last_served = {owner: n for owner, n in self._last_served.items() if owner in owners}


def _log(message: str, run: Run) -> None:
    finished = run.report.finished
    fields = {
        "run": run.id,
        "state": run.state,
        "epochs": run.epochs_done,
        "seconds": round(run.seconds, 3),
        "reason": finished.reason if finished else None,
    }
    logger.info(message, extra=fields)
