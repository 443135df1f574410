"""The job service: starts, controls and finds the runs of all users, and answers requests."""

from __future__ import annotations

import atexit
import hmac
from functools import partial
from threading import Lock
from uuid import uuid4

from qenn_core.data import Table
from qenn_core.errors import DataError, JobError
from qenn_core.experiment import DataSpec, ExperimentSpec
from qenn_core.jobs import request_client
from qenn_core.jobs.cluster.backends import Backend
from qenn_core.jobs.cluster.configured import configured_backend
from qenn_core.jobs.cluster.pool import WorkerPool
from qenn_core.jobs.commands import RunLimits
from qenn_core.jobs.dispatcher import Dispatcher
from qenn_core.jobs.maintenance import StoreMaintenance
from qenn_core.jobs.recorder import RunRecorder, restore_run
from qenn_core.jobs.requests import READ_TABLE, P, R, Request
from qenn_core.jobs.run import Run
from qenn_core.jobs.snapshot import RunFeed, RunSnapshot
from qenn_core.store import Store, StoredRun, open_store
from qenn_core.workspace import feed_key

# A list of runs includes what has just happened, unless the store is slow.
FLUSH_SECONDS = 1.0
UNKNOWN_RUN = (
    "This run is not known.",
    "It was deleted, or it belongs to another workspace.",
    "Press Train to run the same settings again.",
)


class JobService:
    """Starts, controls, finds and deletes runs. All methods may be called from any thread.

    Callers name the owner of a run. The runs of others are unknown to them, like runs that never existed.

    Parameters
    ----------
    backend : Backend, optional
        Where the workers run; they begin to start at once. By default as the settings of the server say.
    store : Store, optional
        Where runs and uploads are stored; by default as the settings of the server say.
    run_limits : RunLimits, optional
        What each run may use of a worker.
    """

    def __init__(
        self, backend: Backend | None = None, store: Store | None = None, run_limits: RunLimits | None = None
    ) -> None:
        self.store = store or open_store()
        self._maintenance = StoreMaintenance(self.store)
        self._dispatcher = Dispatcher(
            partial(WorkerPool, backend or configured_backend()),
            RunRecorder(self.store.writer),
            run_limits or RunLimits(),
        )

    # Start and end

    def wait_until_ready(self, timeout: float) -> None:
        """Wait until the workers are ready; raise ``TimeoutError`` after `timeout` seconds."""
        self.pool.wait_for_workers(timeout)

    def close(self) -> None:
        """End all worker processes; runs in progress are stored as interrupted."""
        self._maintenance.stop()
        self._dispatcher.close()
        self.pool.close()
        self.store.close()

    @property
    def pool(self) -> WorkerPool:
        """The worker processes."""
        return self._dispatcher.pool

    # Runs

    def submit(
        self, spec: ExperimentSpec, table: Table | None = None, *, owner: str, paused: bool = False
    ) -> str:
        """Queue a run and return its id.

        Parameters
        ----------
        spec : ExperimentSpec
            What to train.
        table : Table, optional
            The rows of an uploaded file; the worker makes a built-in data set itself.
        owner : str
            The owner of the run.
        paused : bool
            Whether the run waits to be resumed or stepped, without a worker.

        Raises
        ------
        DataError
            If the spec names an uploaded file and `table` is missing.
        JobError
            If too many runs are waiting.
        StoreError
            If too much is waiting to be saved.
        """
        _refuse_without_rows(spec, table)
        run = Run(uuid4().hex, owner, spec, table, state="paused" if paused else "queued")
        if paused:
            run.command = run.command.with_pause(0)
        self._dispatcher.enqueue(run)
        return run.id

    def snapshot(
        self, run_id: str, owner: str, since_epoch: int = 0, since_map: int = 0, since_frame: int = 0
    ) -> RunSnapshot:
        """Return a run at this moment.

        Parameters
        ----------
        run_id, owner : str
            The run.
        since_epoch : int
            Epochs up to this one are left out of the history.
        since_map : int
            The decision map and its points are left out if the latest map has this version.
        since_frame : int
            The decision maps of epochs up to this one are left out.

        Raises
        ------
        JobError
            If the owner has no such run.
        """
        live = self._live(run_id, owner)
        if live is not None:
            return self._dispatcher.snapshot(live, since_epoch, since_map, since_frame)
        return self._restored(run_id, owner).snapshot(since_epoch, since_map, since_frame, saved=True)

    def feed(
        self, run_id: str, key: str, since_epoch: int = 0, since_map: int = 0, since_frame: int = 0
    ) -> RunFeed:
        """Return a run at this moment to whoever has its feed key; see `snapshot`."""
        live = self._dispatcher.find(run_id)
        owner = live.owner if live else self.store.runs.owner_of(run_id)
        if owner is None or not hmac.compare_digest(feed_key(owner, run_id).encode(), key.encode()):
            raise JobError(*UNKNOWN_RUN)
        return RunFeed.of(self.snapshot(run_id, owner, since_epoch, since_map, since_frame))

    def spec_of(self, run_id: str, owner: str) -> ExperimentSpec:
        """Return what a run trains; raise `JobError` if the owner has no such run."""
        live = self._live(run_id, owner)
        # Pages ask whenever they are drawn, and need neither epochs nor report for it.
        return live.spec if live else ExperimentSpec.from_json(self._stored(run_id, owner).spec)

    def list_runs(self, owner: str, search: str = "") -> list[StoredRun]:
        """Return the runs of an owner whose name or data contain the words of `search`, newest first."""
        self.store.writer.flush(FLUSH_SECONDS)
        return self.store.runs.list_by_owner(owner, search)

    def pause(self, run_id: str, owner: str) -> None:
        """Pause a run after its current epoch; one that has not started waits without a worker."""
        run = self._run(run_id, owner)
        self._dispatcher.command(run, lambda run: run.command.with_pause(run.epochs_done), "paused")

    def step(self, run_id: str, owner: str) -> None:
        """Train one epoch and pause again."""
        run = self._run(run_id, owner)
        self._dispatcher.command(run, lambda run: run.command.with_step(run.epochs_done), "queued")

    def stop(self, run_id: str, owner: str) -> None:
        """Stop a run; one that has started is still scored, with its best weights so far."""
        run = self._run(run_id, owner)
        self._dispatcher.command(run, lambda run: run.command.with_stop(), "stopped")

    def resume(self, run_id: str, owner: str, table: Table | None = None) -> None:
        """Resume a paused run, or a stopped or interrupted one from its checkpoint.

        Parameters
        ----------
        run_id, owner : str
            The run.
        table : Table, optional
            The rows of an uploaded file, for a run that has ended; by default the stored upload is read
            again.

        Raises
        ------
        JobError
            If the owner has no such run, or too many runs are waiting.
        DataError
            If the rows are needed and not available.
        StoreError
            If the checkpoint is damaged, or too much is waiting to be saved.
        """
        run = self._run(run_id, owner)
        if not run.ended:
            self._dispatcher.command(run, lambda run: run.command.without_pause(), "queued")
        elif run.resumable:
            self._resume_ended(run, table)

    def delete(self, run_id: str, owner: str) -> None:
        """End a run and delete everything about it; raise `JobError` if the owner has no such run."""
        live = self._live(run_id, owner)
        if live is not None:
            self._dispatcher.remove(live)
        # A run whose settings are no longer offered cannot be restored, but it can be deleted.
        if not self.store.runs.delete(owner, run_id) and live is None:
            raise JobError(*UNKNOWN_RUN)

    def _run(self, run_id: str, owner: str) -> Run:
        return self._live(run_id, owner) or self._restored(run_id, owner)

    def _live(self, run_id: str, owner: str) -> Run | None:
        """Return a run that is in memory."""
        run = self._dispatcher.find(run_id)
        return run if run is not None and run.owner == owner else None

    def _restored(self, run_id: str, owner: str) -> Run:
        """Return an ended run from the store."""
        stored = self._stored(run_id, owner)
        runs = self.store.runs
        return restore_run(stored, runs.epochs(owner, run_id), runs.report(owner, run_id))

    def _stored(self, run_id: str, owner: str) -> StoredRun:
        stored = self.store.runs.get(owner, run_id)
        if stored is None:
            raise JobError(*UNKNOWN_RUN)
        return stored

    def _resume_ended(self, ended: Run, table: Table | None) -> None:
        checkpoint = ended.checkpoint or self.store.runs.checkpoint(ended.owner, ended.id)
        if ended.spec.data.is_csv and table is None:
            table = self.read_upload(ended.owner, ended.spec.data, ended.spec.seed)
        _refuse_without_rows(ended.spec, table)
        self._dispatcher.enqueue(ended.to_resume(table, checkpoint), recorded=True)

    # Requests

    def call(self, request: Request[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Let a worker call the function of a request; see `request_client.call`."""
        return request_client.call(self.pool, request, *args, **kwargs)

    def read_upload(self, owner: str, data: DataSpec, seed: int = 0) -> Table | None:
        """Read a stored upload again, as it was read before; ``None`` if its owner has no such file."""
        content = self.store.uploads.content(owner, data.fingerprint)
        return None if content is None else self.call(READ_TABLE, content, data.file_name, data, seed=seed)


_lock = Lock()
_service: JobService | None = None


def service() -> JobService:
    """Return the job service of this process; the first call creates it.

    It is kept in a module, since any visitor can clear the caches of Streamlit.
    """
    global _service
    with _lock:
        if _service is None:
            _service = JobService()
            atexit.register(_service.close)
        return _service


def _refuse_without_rows(spec: ExperimentSpec, table: Table | None) -> None:
    if spec.data.is_csv and table is None:
        raise DataError(
            f"The rows of {spec.data.file_name or 'the file'} are not available.",
            "A link carries settings but no data, and files are stored for a limited time.",
            "Upload the file again, or choose a built-in data set.",
            place="data.source",
        )
