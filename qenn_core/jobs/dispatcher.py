"""The runs of this server: which wait, which run where, and what is known of each."""

from __future__ import annotations

import contextlib
import logging
import pickle
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import Lock
from typing import Any
from uuid import uuid4

from qenn_core.data.table import Table
from qenn_core.errors import DataError, JobError
from qenn_core.jobs import control, messages, tasks
from qenn_core.jobs.asking import ask
from qenn_core.jobs.cluster import Cluster, Site
from qenn_core.jobs.questions import Question
from qenn_core.jobs.run import Run
from qenn_core.jobs.sites import default_site
from qenn_core.jobs.snapshot import RunSnapshot
from qenn_core.jobs.tasks import TRAINING
from qenn_core.spec import ExperimentSpec

logger = logging.getLogger(__name__)

# More would wait for longer than somebody looks at a screen.
MAX_WAITING = 100
# Ended runs that are kept to be looked at again, some 200 kB each.
MAX_ENDED = 200
LOST = (
    "This training was lost.",
    "Its worker process ended: it ran out of memory, or was ended from outside.",
    "Press Train to start it again; if it comes back, use fewer qubits, rows or columns.",
)


class Jobs:
    """Starts, follows and steers runs in worker processes; every method may be called from any thread.

    Parameters
    ----------
    site : Site, optional
        Where the workers are; by default as the settings of the server say.
    """

    def __init__(self, site: Site | None = None) -> None:
        self._site = site or default_site()
        self._lock = Lock()
        self._runs: dict[str, Run] = {}
        self._waiting: list[Run] = []
        self._tasks: dict[str, Future[Any]] = {}
        self._thread = ThreadPoolExecutor(1, "qenn-dispatch")
        self._cluster: Cluster | None = None

    # Start and end

    def start(self) -> None:
        """Begin to start the workers, in the background; what is submitted meanwhile waits for them."""
        self._started()

    def wait_until_warm(self, timeout: float) -> None:
        """Return when all workers are ready; raises ``TimeoutError`` after about `timeout` seconds."""
        self._started().wait_for_workers(timeout)

    def close(self) -> None:
        """End all runs and all worker processes."""
        self._thread.shutdown(cancel_futures=True)
        if self._cluster:
            self._cluster.close()

    def _started(self) -> Cluster:
        with self._lock:
            if self._cluster is None:
                self._cluster = Cluster(self._site, self._take, self._dispatch_soon)
            return self._cluster

    # Runs

    def submit(self, spec: ExperimentSpec, table: Table | None = None, *, paused: bool = False) -> str:
        """Line up a run and return its id.

        Parameters
        ----------
        spec : ExperimentSpec
            What to train.
        table : Table, optional
            The rows of an uploaded file; a built-in data set is made by the worker.
        paused : bool
            Whether the run waits to be resumed or stepped, taking no worker from others.

        Raises
        ------
        DataError
            If the spec names an uploaded file and `table` is missing.
        JobError
            If too many runs wait.
        """
        if spec.data.is_csv and table is None:
            raise DataError(
                f"The rows of {spec.data.file_name or 'the file'} are not here.",
                "A link carries the settings, but not the data.",
                "Upload the file again, or pick a built-in data set.",
                place="data.source",
            )
        payload = pickle.dumps((spec, table))
        snapshot = RunSnapshot(
            run=uuid4().hex, epochs=spec.training.epochs, state="paused" if paused else "queued"
        )
        run = Run(snapshot, payload)
        if paused:
            run.wish = run.wish.pause(0)
        with self._lock:
            if len(self._waiting) >= MAX_WAITING:
                raise JobError(
                    "The queue is full.",
                    f"{MAX_WAITING} trainings are waiting for a free worker.",
                    "Try again in a few minutes.",
                )
            self._runs[run.id] = run
            self._waiting.append(run)
        self._dispatch_soon()
        return run.id

    def snapshot(self, run_id: str, since_epoch: int = 0, since_map: int = 0) -> RunSnapshot:
        """Return what is known of a run.

        Parameters
        ----------
        run_id : str
            Its id; raises `JobError` if it is not known.
        since_epoch : int
            Epochs up to this one are left out of the history.
        since_map : int
            The decision map and its points are left out if this is the version of the latest.
        """
        with self._lock:
            run = self._known(run_id)
            queue = [waiting for waiting in self._waiting if waiting.state == "queued"]
            place = queue.index(run) + 1 if run in queue else 0
            return run.snapshot(since_epoch, since_map, place)

    def pause(self, run_id: str) -> None:
        """Let a run wait after the epoch it is in; one that has yet to begin stays without a worker."""
        self._wish(run_id, lambda run: run.wish.pause(run.done), waiting_state="paused")

    def resume(self, run_id: str) -> None:
        """Let a run go on."""
        self._wish(run_id, lambda run: run.wish.resume(), waiting_state="queued")

    def step(self, run_id: str) -> None:
        """Let a run take one epoch and wait again."""
        self._wish(run_id, lambda run: run.wish.step(run.done), waiting_state="queued")

    def stop(self, run_id: str) -> None:
        """End a run; one that has begun still tells the scores of the best weights so far."""
        self._wish(run_id, lambda run: run.wish.end(), waiting_state="stopped")

    def forget(self, run_id: str) -> None:
        """End a run, and keep nothing of it."""
        self.stop(run_id)
        with self._lock:
            self._runs.pop(run_id, None)

    def _known(self, run_id: str) -> Run:
        if run_id not in self._runs:
            raise JobError(
                "This run is not known.",
                "The server was started again since, or the run has made room for newer ones.",
                "Press Train to run the same settings again.",
            )
        return self._runs[run_id]

    def _wish(self, run_id: str, change: Callable[[Run], control.Wish], waiting_state: str) -> None:
        with self._lock:
            run = self._known(run_id)
            if run.ended:
                return
            run.wish = change(run)
            if run in self._waiting:
                run.change(state=waiting_state)
                if run.ended:
                    self._waiting.remove(run)
                    self._make_room()
        self._tell(run)
        self._dispatch_soon()

    # The way to the workers and back

    def _dispatch_soon(self) -> None:
        with contextlib.suppress(RuntimeError):  # the server is being shut down
            self._thread.submit(self._dispatch)

    def _dispatch(self) -> None:
        cluster = self._started()
        if cluster.trouble:
            with self._lock:
                for waiting in self._waiting:
                    waiting.fail(cluster.trouble)
                self._waiting.clear()
        while run := self._next(cluster.slots()):
            task = cluster.submit(TRAINING, tasks.run, cluster.topic, run.id, run.wish, payload=run.payload)
            run.payload = b""
            with self._lock:
                self._tasks[run.id] = task
            task.add_done_callback(partial(self._done, run))

    def _next(self, slots: int) -> Run | None:
        """Take the run that is next, if there is a place for it."""
        with self._lock:
            run = next((run for run in self._waiting if run.state == "queued"), None)
            if run is None or len(self._tasks) >= slots:
                return None
            self._waiting.remove(run)
            return run

    def _take(self, message: tuple[str, str, Any]) -> None:
        """Take a message of a worker; they come in the order in which it sent them."""
        run_id, field, value = message
        with self._lock:
            run = self._runs.get(run_id)
            if run is None or run.ended:
                return
            if field == messages.WORKER:
                run.worker = value
                run.change(state="running")
            else:
                run.take(field, value)
        if field == messages.WORKER:
            self._tell(run)

    def _tell(self, run: Run) -> None:
        """Pass on the wish; a run whose worker is not known yet is told once it has begun."""
        if run.worker:
            self._started().everywhere(control.tell, run.id, run.wish, workers=[run.worker])

    def _done(self, run: Run, task: Future[Any]) -> None:
        with self._lock:
            if error := task.exception():
                logger.error("run %s was lost: %r", run.id, error)
                run.fail(JobError(*LOST))
            else:
                run.end()
            del self._tasks[run.id]
            self._make_room()
        self._dispatch_soon()

    def _make_room(self) -> None:
        ended = [run_id for run_id, run in self._runs.items() if run.ended]
        for run_id in ended[:-MAX_ENDED]:
            del self._runs[run_id]

    # Questions

    def ask(
        self,
        question: str | Question | Callable[..., Any],
        *args: Any,
        timeout: float | None = None,
        **kwargs: Any,
    ) -> Any:
        """Let a worker answer a small question; see `asking.ask`."""
        return ask(self._started(), question, *args, timeout=timeout, **kwargs)
