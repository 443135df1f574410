"""The runs of all users: those that go on, and those that are kept."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import uuid4

from qenn_core.data import Table
from qenn_core.errors import DataError, JobError
from qenn_core.experiment import DataSpec, ExperimentSpec
from qenn_core.jobs.allowance import Allowance
from qenn_core.jobs.asking import ask
from qenn_core.jobs.care import Care
from qenn_core.jobs.cluster import Cluster, Site
from qenn_core.jobs.dispatcher import Dispatcher
from qenn_core.jobs.keeping import Keeper, restored
from qenn_core.jobs.questions import Question
from qenn_core.jobs.run import Run
from qenn_core.jobs.sites import default_site
from qenn_core.jobs.snapshot import RunSnapshot
from qenn_core.store import Store, StoredRun, open_store
from qenn_core.workspace import feed_key

# Whoever looks at the list of runs sees what has just happened, unless the store is slow today.
FLUSH_SECONDS = 1.0
UNKNOWN = (
    "This run is not known.",
    "It was deleted, or belongs to another workspace.",
    "Press Train to run the same settings again.",
)


class Jobs:
    """Starts, follows, steers and keeps runs; every method may be called from any thread.

    Whoever asks says whose runs they ask for; the runs of others are as unknown as those that never were.

    Parameters
    ----------
    site : Site, optional
        Where the workers are; they begin to start at once. By default as the settings of the server say.
    store : Store, optional
        Where runs and uploads are kept; by default as the settings of the server say.
    allowance : Allowance, optional
        What each run may take of a worker.
    """

    def __init__(
        self, site: Site | None = None, store: Store | None = None, allowance: Allowance | None = None
    ) -> None:
        self.store = store or open_store()
        self._care = Care(self.store)
        site = site or default_site()
        self._dispatcher = Dispatcher(
            partial(Cluster, site), Keeper(self.store.writer), allowance or Allowance()
        )

    # Start and end

    def wait_until_warm(self, timeout: float) -> None:
        """Return when all workers are ready; raises ``TimeoutError`` after `timeout` seconds."""
        self.cluster.wait_for_workers(timeout)

    def close(self) -> None:
        """End all worker processes; the runs that went on there are kept as interrupted."""
        self._care.end()
        self._dispatcher.close()
        self.cluster.close()
        self.store.close()

    @property
    def cluster(self) -> Cluster:
        """The worker processes."""
        return self._dispatcher.cluster

    # Runs

    def submit(
        self, spec: ExperimentSpec, table: Table | None = None, *, owner: str, paused: bool = False
    ) -> str:
        """Line up a run and return its id.

        Parameters
        ----------
        spec : ExperimentSpec
            What to train.
        table : Table, optional
            The rows of an uploaded file; a built-in data set is made by the worker.
        owner : str
            Whose run it is.
        paused : bool
            Whether the run waits to be resumed or stepped, taking no worker from others.

        Raises
        ------
        DataError
            If the spec names an uploaded file and `table` is missing.
        JobError
            If too many runs wait.
        """
        _refuse_without_rows(spec, table)
        snapshot = RunSnapshot(
            run=uuid4().hex, epochs=spec.training.epochs, state="paused" if paused else "queued"
        )
        run = Run(snapshot, owner, spec, table)
        if paused:
            run.wish = run.wish.pause(0)
        self._dispatcher.add(run)
        return run.id

    def snapshot(self, run_id: str, owner: str, since_epoch: int = 0, since_map: int = 0) -> RunSnapshot:
        """Return what is known of a run.

        Parameters
        ----------
        run_id : str
            Its id.
        owner : str
            Who asks.
        since_epoch : int
            Epochs up to this one are left out of the history.
        since_map : int
            The decision map and its points are left out if this is the version of the latest.

        Raises
        ------
        JobError
            If there is no such run of this owner.
        """
        live = self._live(run_id, owner)
        if live is not None:
            return self._dispatcher.snapshot(live, since_epoch, since_map)
        return self._kept(run_id, owner).snapshot(since_epoch, since_map, saved=True)

    def feed(self, run_id: str, key: str, since_epoch: int = 0, since_map: int = 0) -> RunSnapshot:
        """Return what is known of a run to whoever holds its feed key; see `snapshot`."""
        live = self._dispatcher.find(run_id)
        owner = live.owner if live else self.store.runs.owner_of(run_id)
        if owner is None or not hmac.compare_digest(feed_key(owner, run_id).encode(), key.encode()):
            raise JobError(*UNKNOWN)
        return self.snapshot(run_id, owner, since_epoch, since_map)

    def spec_of(self, run_id: str, owner: str) -> ExperimentSpec:
        """Return what a run trains; raises `JobError` if there is no such run of this owner."""
        live = self._live(run_id, owner)
        # Pages ask at every turn, and need neither epochs nor report for that.
        return live.spec if live else ExperimentSpec.from_json(self._stored(run_id, owner).spec)

    def listed(self, owner: str, search: str = "") -> list[StoredRun]:
        """Return the runs of an owner whose name or data hold the words of `search`, the newest first."""
        self.store.writer.flush(FLUSH_SECONDS)
        return self.store.runs.list_by_owner(owner, search)

    def pause(self, run_id: str, owner: str) -> None:
        """Let a run wait after the epoch it is in; one that has yet to begin stays without a worker."""
        self._dispatcher.wish(self._run(run_id, owner), lambda run: run.wish.pause(run.done), "paused")

    def step(self, run_id: str, owner: str) -> None:
        """Let a run take one epoch and wait again."""
        self._dispatcher.wish(self._run(run_id, owner), lambda run: run.wish.step(run.done), "queued")

    def stop(self, run_id: str, owner: str) -> None:
        """End a run; one that has begun still tells the scores of the best weights so far."""
        self._dispatcher.wish(self._run(run_id, owner), lambda run: run.wish.end(), "stopped")

    def resume(self, run_id: str, owner: str, table: Table | None = None) -> None:
        """Let a paused run go on, or take up one that was stopped or interrupted from its checkpoint.

        Parameters
        ----------
        run_id, owner : str
            The run.
        table : Table, optional
            The rows of an uploaded file, for a run that has ended; read again where the upload is kept.

        Raises
        ------
        JobError
            If there is no such run of this owner.
        DataError
            If the rows are needed and are not here.
        StoreError
            If its checkpoint is damaged.
        """
        run = self._run(run_id, owner)
        if not run.ended:
            self._dispatcher.wish(run, lambda run: run.wish.resume(), "queued")
        elif run.snapshot().resumable:
            self._take_up(run, table)

    def forget(self, run_id: str, owner: str) -> None:
        """End a run, and keep nothing of it."""
        live = self._live(run_id, owner)
        if live is not None:
            self._dispatcher.remove(live)
        # One whose settings are no longer offered here cannot be read, but it can be deleted.
        if not self.store.runs.delete(owner, run_id) and live is None:
            raise JobError(*UNKNOWN)

    def table_of(self, owner: str, data: DataSpec, seed: int = 0) -> Table | None:
        """Read an uploaded file again, as it was read before, if its owner keeps it here."""
        content = self.store.uploads.content(owner, data.fingerprint)
        if content is None:
            return None
        table: Table = self.ask("read_table", content, data.file_name, data, seed=seed)
        return table

    def _run(self, run_id: str, owner: str) -> Run:
        return self._live(run_id, owner) or self._kept(run_id, owner)

    def _live(self, run_id: str, owner: str) -> Run | None:
        """Return a run that is at hand."""
        run = self._dispatcher.find(run_id)
        return run if run is not None and run.owner == owner else None

    def _kept(self, run_id: str, owner: str) -> Run:
        """Return an ended run as the store has it."""
        stored = self._stored(run_id, owner)
        return restored(stored, self.store.runs.epochs(owner, run_id), self.store.runs.report(owner, run_id))

    def _stored(self, run_id: str, owner: str) -> StoredRun:
        stored = self.store.runs.get(owner, run_id)
        if stored is None:
            raise JobError(*UNKNOWN)
        return stored

    def _take_up(self, ended: Run, table: Table | None) -> None:
        checkpoint = ended.checkpoint or self.store.runs.checkpoint(ended.owner, ended.id)
        if ended.spec.data.is_csv and table is None:
            table = self.table_of(ended.owner, ended.spec.data, ended.spec.seed)
        _refuse_without_rows(ended.spec, table)
        self._dispatcher.add(ended.again(table, checkpoint), known=True)

    # Questions

    def ask(
        self,
        question: str | Question | Callable[..., Any],
        *args: Any,
        timeout: float | None = None,
        **kwargs: Any,
    ) -> Any:
        """Let a worker answer a small question; see `asking.ask`."""
        return ask(self.cluster, question, *args, timeout=timeout, **kwargs)


def _refuse_without_rows(spec: ExperimentSpec, table: Table | None) -> None:
    if spec.data.is_csv and table is None:
        raise DataError(
            f"The rows of {spec.data.file_name or 'the file'} are not here.",
            "A link carries the settings, but not the data; and files are kept for a limited time.",
            "Upload the file again, or pick a built-in data set.",
            place="data.source",
        )
