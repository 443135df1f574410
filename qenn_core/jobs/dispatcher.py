"""The runs of this server: which wait, which run where, and what is known of each."""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import Lock
from typing import Any
from uuid import uuid4

from dask.system import CPU_COUNT

from qenn_core.data.table import Table
from qenn_core.errors import DataError, JobError
from qenn_core.jobs import control, messages, tasks
from qenn_core.jobs.asking import Desk
from qenn_core.jobs.cluster import Cluster
from qenn_core.jobs.run import Run
from qenn_core.jobs.snapshot import RunSnapshot
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
NOT_STARTED = (
    "The training could not begin.",
    "The worker processes did not start.",
    "Try again in a minute; if it comes back, whoever runs the server finds the reason in its log.",
)


def default_workers() -> int:
    """Return the number of training workers: the setting QENN_WORKERS, or one for each core."""
    return max(1, int(os.environ.get("QENN_WORKERS") or CPU_COUNT))


class Jobs:
    """Starts, follows and steers runs in worker processes; every method may be called from any thread.

    Parameters
    ----------
    n_workers : int, optional
        How many runs go on at the same time.
    """

    def __init__(self, n_workers: int | None = None) -> None:
        self._n_workers = n_workers or default_workers()
        self._lock = Lock()
        self._runs: dict[str, Run] = {}
        self._waiting: list[Run] = []
        self._idle: list[str] = []
        self._tasks: dict[str, Any] = {}
        self._desk = Desk(self._started)
        self._thread = ThreadPoolExecutor(1, "qenn-dispatch")
        self._cluster: Future[Cluster] | None = None

    # Start and end

    def start(self) -> None:
        """Begin to start the workers, in the background; what is submitted meanwhile waits for them."""
        with self._lock:
            if self._cluster is None:
                self._cluster = self._thread.submit(self._start)

    def wait_until_warm(self, timeout: float) -> None:
        """Return when all workers are ready; raises ``TimeoutError`` after about `timeout` seconds."""
        self._started(timeout).wait_for_workers(timeout)

    def close(self) -> None:
        """End all runs and all worker processes."""
        self._thread.shutdown(cancel_futures=True)
        if self._cluster and not self._cluster.cancelled() and not self._cluster.exception():
            self._cluster.result().close()

    def _start(self) -> Cluster:
        cluster = Cluster(self._n_workers)
        cluster.client.subscribe_topic(messages.TOPIC, self._take)
        self._idle = list(cluster.training)
        return cluster

    def _started(self, timeout: float | None = None) -> Cluster:
        self.start()
        assert self._cluster is not None
        return self._cluster.result(timeout)

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
        self.start()
        self._thread.submit(self._dispatch)

    def _dispatch(self) -> None:
        starting = self._cluster
        if starting is None:
            return  # the start has failed, and with it all that waited for it
        try:
            cluster = starting.result()
        except Exception:
            logger.exception("the workers could not be started")
            with self._lock:
                self._cluster = None
                for run in self._waiting:
                    run.fail(JobError(*NOT_STARTED))
                self._waiting.clear()
            return
        while pair := self._next():
            run, worker = pair
            task = cluster.submit(worker, tasks.run, run.id, run.wish, payload=run.payload)
            run.payload = b""
            self._tasks[run.id] = task
            task.add_done_callback(partial(self._done, run, worker))

    def _next(self) -> tuple[Run, str] | None:
        """Take the run that is next, and the worker for it."""
        with self._lock:
            run = next((run for run in self._waiting if run.state == "queued"), None)
            if run is None or not self._idle:
                return None
            self._waiting.remove(run)
            return run, self._idle.pop(0)

    def _take(self, event: tuple[float, tuple[str, str, Any]]) -> None:
        """Take a message of a worker; they come in the order in which it sent them."""
        _, (run_id, field, value) = event
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
            client = self._started().client
            client.loop.add_callback(
                client.run, control.tell, run.id, run.wish, workers=[run.worker], on_error="ignore"
            )

    def _done(self, run: Run, worker: str, task: Any) -> None:
        with self._lock:
            if task.status == "finished":
                run.end()
            else:
                logger.error("run %s was lost: %s", run.id, task.status)
                run.fail(JobError(*LOST))
            self._tasks.pop(run.id, None)
            self._idle.append(worker)
            self._make_room()
        with contextlib.suppress(RuntimeError):  # the server is being shut down
            self._thread.submit(self._dispatch)

    def _make_room(self) -> None:
        ended = [run_id for run_id, run in self._runs.items() if run.ended]
        for run_id in ended[:-MAX_ENDED]:
            del self._runs[run_id]

    # Questions

    def ask(
        self, question: str | Callable[..., Any], *args: Any, timeout: float | None = None, **kwargs: Any
    ) -> Any:
        """Let the worker that is kept free answer a small question; see `asking.Desk.ask`."""
        return self._desk.ask(question, *args, timeout=timeout, **kwargs)
