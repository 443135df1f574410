"""The runs that go on: which wait, which are with a worker, and what is known of each."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from threading import Event, RLock, Thread
from typing import Any

from qenn_core import limits
from qenn_core.errors import JobError, QennError
from qenn_core.jobs import (
    control,
    steady,  # noqa: F401  before this process says anything to the workers
    tasks,
)
from qenn_core.jobs.allowance import Allowance
from qenn_core.jobs.cluster import Cluster
from qenn_core.jobs.control import Wish
from qenn_core.jobs.keeping import Keeper
from qenn_core.jobs.queue import fair_order
from qenn_core.jobs.run import Run
from qenn_core.jobs.snapshot import RunSnapshot, State
from qenn_core.jobs.tasks import TRAINING
from qenn_core.jobs.telling import News

logger = logging.getLogger(__name__)

# Ended runs that are kept at hand, some 200 kB each; the others lie in the store.
MAX_ENDED = 50
# What waits at a worker for the end of the run before it is lost with that worker; it is handed over again.
MAX_ATTEMPTS = 3
INTERRUPTED = "This training was interrupted."
SERVER_ENDED = "The server was stopped while it went on."
RESUME = (
    "Press Resume to go on from the last epoch saved; if it comes back, use fewer qubits, rows or columns."
)


Connect = Callable[[Callable[[Any], None], Callable[[], None]], Cluster]


class Dispatcher:
    """Brings runs to the workers, and the workers' messages to the runs.

    Every method may be called from any thread.

    Parameters
    ----------
    connect : callable
        Returns the cluster, given who takes its messages and who is called when its size has changed.
    keeper : Keeper
        Hands what changes to the store.
    allowance : Allowance
        What each run may take of a worker.
    """

    def __init__(self, connect: Connect, keeper: Keeper, allowance: Allowance) -> None:
        self._keeper = keeper
        self._allowance = allowance
        self._lock = RLock()
        self._runs: dict[str, Run] = {}
        self._leaving: dict[str, Run] = {}
        self._waiting: list[Run] = []
        self._served: dict[str, int] = {}
        self._wake = Event()
        self._closed = False
        self.cluster = connect(self._take, self._wake.set)
        self._thread = Thread(target=self._work, name="qenn-dispatch", daemon=True)
        self._thread.start()

    def add(self, run: Run, *, known: bool = False) -> None:
        """Line up a run.

        Parameters
        ----------
        run : Run
            A new one, or one that goes on.
        known : bool
            Whether the store has all of it so far.

        Raises
        ------
        JobError
            If too many wait, of its owner or of all.
        """
        with self._lock:
            self._refuse_too_many(run.owner)
            self._keeper.refuse_if_crowded()
            self._runs[run.id] = run
            self._waiting.append(run)
            if known:
                self._keeper.know(run)
            self._keeper.keep(run)
        _log("run waits", run)
        self._wake.set()

    def find(self, run_id: str) -> Run | None:
        """Return a run that is at hand."""
        with self._lock:
            return self._runs.get(run_id)

    def snapshot(self, run: Run, since_epoch: int = 0, since_map: int = 0) -> RunSnapshot:
        """Return a run as it stands now, with its place in the queue."""
        with self._lock:
            queue = self._queue()
            place = queue.index(run) + 1 if run in queue else 0
            trouble = self._keeper.trouble_with(run)
            if place and self.cluster.trouble:
                trouble = f"{self.cluster.trouble} This run begins as soon as they are there."
            saved = self._keeper.is_saved(run)
            return run.snapshot(since_epoch, since_map, place=place, saved=saved, trouble=trouble)

    def wish(self, run: Run, change: Callable[[Run], Wish], waiting_state: State) -> None:
        """Tell a run how far it may go.

        Parameters
        ----------
        run : Run
            The run; one that has ended takes no notice.
        change : callable
            Returns the new wish.
        waiting_state : str
            What becomes of the run if no worker has it.
        """
        with self._lock:
            if run.ended:
                return
            run.wish = change(run)
            if not run.working:
                # One that was trained before goes to a worker once more, for its scores.
                run.change(state="queued" if waiting_state == "stopped" and run.begun else waiting_state)
                if run.ended:
                    self._waiting.remove(run)
                    _log("run ended", run)
            self._keeper.keep(run)
        self._tell(run)
        self._wake.set()

    def remove(self, run: Run) -> None:
        """End a run, and know nothing of it any more."""
        with self._lock:
            self._runs.pop(run.id, None)
            if run in self._waiting:
                self._waiting.remove(run)
            if run.working:
                self._leaving[run.id] = run
            run.wish = run.wish.drop()
        self._tell(run)
        self._keeper.forget(run)
        _log("run deleted", run)

    def close(self) -> None:
        """Take no more runs, and note of those that go on that they were interrupted."""
        self._closed = True
        self._wake.set()
        self._thread.join()
        with self._lock:
            for run in self._runs.values():
                if not run.ended:
                    run.interrupt(JobError(INTERRUPTED, SERVER_ENDED, RESUME))
                    self._keeper.keep(run)
            self._runs.clear()

    def _refuse_too_many(self, owner: str) -> None:
        own = sum(run.owner == owner for run in self._waiting)
        if own >= limits.MAX_WAITING_PER_USER:
            raise JobError(
                f"{own} of your trainings are waiting already.",
                "More would take their turn from nobody but yourself, and fill the server.",
                "Wait until one has begun, or stop one on the Runs page.",
            )
        if len(self._waiting) >= limits.MAX_WAITING:
            raise JobError(
                "The queue is full.",
                f"{limits.MAX_WAITING} trainings are waiting for a free worker.",
                "Try again in a few minutes.",
            )

    # The way to the workers

    def _work(self) -> None:
        while not self._closed:
            self._wake.wait()
            self._wake.clear()
            while not self._closed and (run := self._next()):
                try:
                    self._hand_over(run)
                except Exception as error:  # whatever is wrong with this run, others wait behind it
                    self._give_up(run, error)

    def _hand_over(self, run: Run) -> None:
        payload = pickle.dumps((run.spec, run.table, run.checkpoint, self._allowance))
        task = self.cluster.submit(TRAINING, tasks.run, self.cluster.topic, run.id, run.wish, payload=payload)
        task.add_done_callback(partial(self._done, run))

    def _next(self) -> Run | None:
        """Take the run that is next out of the queue, if it may begin now."""
        with self._lock:
            owners = self._under_way()
            if len(owners) >= self.cluster.slots():
                return None
            for run in self._queue()[:1]:
                if owners.count(run.owner) < limits.MAX_RUNNING_PER_USER:
                    self._waiting.remove(run)
                    self._served[run.owner] = max(self._served.values(), default=0) + 1
                    run.begin()
                    self._keeper.keep(run)
                    _log("run begun", run)
                    return run
            return None

    def _queue(self) -> list[Run]:
        """Return the runs that wait for a worker, the next one first."""
        ready = [run for run in self._waiting if run.ready]
        owners = [run.owner for run in ready]
        return [ready[position] for position in fair_order(owners, self._under_way(), self._served)]

    def _under_way(self) -> list[str]:
        working = [run for run in self._runs.values() if run.working]
        return [run.owner for run in (*working, *self._leaving.values()) if not run.ending]

    def _tell(self, run: Run) -> None:
        """Pass on the wish; a run whose worker is not known yet is told once it has begun."""
        if run.worker:
            self.cluster.everywhere(control.tell, run.id, run.wish, workers=[run.worker])

    # The way back

    def _take(self, message: tuple[str, News]) -> None:
        """Take news of a worker; they come in the order in which it sent them."""
        run_id, news = message
        with self._lock:
            run = self._runs.get(run_id) or self._leaving.get(run_id)
            if run is None or not run.working:
                return
            begins, goes_on = run.worker is None, not run.ending
            for field, value in news:
                run.take(field, value)
            if run_id in self._runs:
                self._keeper.keep(run)
        if begins:
            self._tell(run)
        if goes_on and run.ending and run.worker:
            self.cluster.expect_place(TRAINING, run.worker)
            self._wake.set()

    def _done(self, run: Run, task: Future[None]) -> None:
        with self._lock:
            if self._closed or run.id not in self._runs:
                self._leaving.pop(run.id, None)
                self._wake.set()
                return
            if error := task.exception():
                self._give_up(run, error)
                return
            run.end()
            self._put_away(run)

    def _give_up(self, run: Run, error: BaseException) -> None:
        """Interrupt a run that its worker cannot go on with; one that had not begun there waits again."""
        logger.error("run %s has lost its worker: %r", run.id, error)
        why = f"{error.what} {error.why}" if isinstance(error, QennError) else type(error).__name__
        with self._lock:
            if 0 < run.attempts < MAX_ATTEMPTS:
                run.wait_again()
            else:
                run.interrupt(JobError(INTERRUPTED, why, RESUME))
            self._put_away(run)

    def _put_away(self, run: Run) -> None:
        """Keep a run that no worker has any more, or let it wait again."""
        if not run.ended:
            self._waiting.append(run)
        _log("run ended" if run.ended else "run waits", run)
        self._keeper.keep(run)
        self._make_room()
        self._wake.set()

    def _make_room(self) -> None:
        """Let go of the oldest ended runs that are saved, and of who was served without waiting now."""
        ended = [run for run in self._runs.values() if run.ended]
        for run in ended[:-MAX_ENDED]:
            if self._keeper.is_saved(run):
                del self._runs[run.id]
        present = {run.owner for run in self._runs.values()}
        self._served = {owner: number for owner, number in self._served.items() if owner in present}


def _log(event: str, run: Run) -> None:
    finished = run.facts.finished
    facts = {
        "run": run.id,
        "state": run.state,
        "epochs": run.done,
        "seconds": round(run.seconds, 3),
        "reason": finished.reason if finished else None,
    }
    logger.info(event, extra=facts)
