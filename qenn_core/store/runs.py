"""Runs in the database: settings, progress, checkpoints and trained models."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Exists,
    Select,
    bindparam,
    delete,
    exists,
    insert,
    select,
    update,
)

from qenn_core import limits
from qenn_core.store.clock import Clock
from qenn_core.store.compression import compress, decompress, sha256_hex
from qenn_core.store.database import Database
from qenn_core.store.entities import (
    ENDED_STATES,
    INTERRUPTED,
    WRITABLE_FIELDS,
    RunChange,
    SavedState,
    StoredRun,
)
from qenn_core.store.errors import StoreError
from qenn_core.store.leases import Lease
from qenn_core.store.schema import artifacts, epochs, runs

# Stored databases contain these names, including "weights" for the model archive.
_REPORT, _CHECKPOINT, _MODEL = "report", "checkpoint", "weights"
# How error messages name them.
_ARTIFACT_LABELS = {
    _REPORT: "The report of this run",
    _CHECKPOINT: "The checkpoint of this run",
    _MODEL: "The trained model of this run",
}


def _has_artifact(kind: str) -> Exists:
    return exists().where(artifacts.c.run == runs.c.number, artifacts.c.kind == kind)


_COLUMNS: dict[str, ColumnElement[Any]] = {
    name: runs.c[name] for name in ("id", "owner", *WRITABLE_FIELDS)
} | {
    "has_checkpoint": _has_artifact(_CHECKPOINT).label("has_checkpoint"),
    "has_model": _has_artifact(_MODEL).label("has_model"),
}
_SELECT_RUNS = select(*(_COLUMNS[field.name] for field in fields(StoredRun)))

# Built once: building these statements takes longer than executing them.
_UPDATE_RUN = (
    update(runs)
    .where(runs.c.id == bindparam("run_id"), runs.c.owner == bindparam("run_owner"))
    .returning(runs.c.number)
)
_INSERT_RUN = insert(runs).returning(runs.c.number)
_TRUNCATE_EPOCHS = delete(epochs).where(
    epochs.c.run == bindparam("run_number"), epochs.c.epoch > bindparam("last_epoch")
)
_DELETE_EPOCHS = delete(epochs).where(
    epochs.c.run == bindparam("run_number"), epochs.c.epoch.in_(bindparam("epoch_numbers", expanding=True))
)
_DELETE_ARTIFACTS = delete(artifacts).where(
    artifacts.c.run == bindparam("run_number"), artifacts.c.kind.in_(bindparam("kinds", expanding=True))
)


class Runs:
    """The runs of all workspaces. A method that takes an owner never finds the runs of others.

    Parameters
    ----------
    database : Database
        The database that holds them.
    lease : Lease
        The lease of this server, whose id is saved with each run that it works on.
    clock : Clock
        The clock for the creation time of a run.
    """

    def __init__(self, database: Database, lease: Lease, clock: Clock) -> None:
        self._database = database
        self._lease = lease
        self._clock = clock

    # Writing

    def save(self, change: RunChange) -> bool:
        """Save a change as a whole; it is on the disk when this returns.

        Returns
        -------
        bool
            ``False`` if the run has been deleted; it stays deleted.

        Raises
        ------
        UnavailableError
            If the database cannot be written at the moment; nothing of the change was saved.
        """
        # Compressed before the transaction begins, since other writers wait for its end.
        artifact_rows = _artifact_rows(change)
        self._lease.renew()
        with self._database.write_transaction() as connection:
            number = self._save_values(connection, change)
            if number is None:
                return False
            _save_epochs(connection, number, change)
            _save_artifacts(connection, number, artifact_rows)
            return True

    def _save_values(self, connection: Connection, change: RunChange) -> int | None:
        """Update or insert the row of a run and return its number; ``None`` if the run was deleted."""
        values = {**change.values, "server": self._lease.server_id}
        key = {"run_id": change.run, "run_owner": change.owner}
        number: int | None = connection.execute(_UPDATE_RUN, values | key).scalar()
        # Only the first change has a spec: later ones never bring back a deleted run.
        if number is None and "spec" in values:
            row = {"id": change.run, "owner": change.owner, "created": self._clock.now(), **values}
            number = connection.execute(_INSERT_RUN, row).scalar_one()
        return number

    def rename(self, owner: str, run: str, name: str) -> bool:
        """Rename a run; ``False`` if the owner has no such run.

        Raises
        ------
        StoreError
            If the name is empty or too long.
        """
        name = name.strip()
        if not 0 < len(name) <= limits.MAX_NAME_LENGTH:
            raise StoreError(
                "The run was not renamed.",
                f"A name must have 1 to {limits.MAX_NAME_LENGTH} characters; this one has {len(name):,}.",
                "Enter another name.",
                place="name",
            )
        return self._update(owner, run, name=name)

    def star(self, owner: str, run: str, starred: bool) -> bool:
        """Add or remove the star of a run; ``False`` if the owner has no such run."""
        return self._update(owner, run, starred=starred)

    def _update(self, owner: str, run: str, **values: Any) -> bool:
        with self._database.write_transaction() as connection:
            statement = update(runs).where(_is_run(owner, run)).values(values)
            return connection.execute(statement).rowcount > 0

    def delete(self, owner: str, run: str) -> bool:
        """Delete a run with its epochs and artifacts; ``False`` if the owner has no such run."""
        with self._database.write_transaction() as connection:
            return connection.execute(delete(runs).where(_is_run(owner, run))).rowcount > 0

    def interrupt_orphans(self) -> int:
        """Mark the unfinished runs of dead servers as interrupted, and return their number.

        Call this at the start and then about once a minute: PostgreSQL notices immediately that a process has
        ended, but only after a minute that a whole computer has.
        """
        unfinished = runs.c.state.not_in(ENDED_STATES)
        with self._database.read_transaction() as connection:
            servers = connection.execute(select(runs.c.server).where(unfinished).distinct()).scalars().all()
        dead = [server for server in servers if not self._lease.is_alive(server)]
        if not dead:
            return 0
        with self._database.write_transaction() as connection:
            # Filtered by server again: another one may have resumed a run in the meantime.
            orphans = update(runs).where(unfinished, runs.c.server.in_(dead))
            return connection.execute(orphans.values(state=INTERRUPTED)).rowcount

    # Reading

    def get(self, owner: str, run: str) -> StoredRun | None:
        """Return a run; ``None`` if the owner has no such run."""
        with self._database.read_transaction() as connection:
            row = connection.execute(_SELECT_RUNS.where(_is_run(owner, run))).one_or_none()
        return StoredRun(*row) if row else None

    def list_by_owner(self, owner: str, search: str = "") -> list[StoredRun]:
        """Return the runs of an owner, newest first.

        Parameters
        ----------
        owner : str
            The workspace.
        search : str
            Words that must all occur in the name of the run or of its data, ignoring case.
        """
        words = search.casefold().split()
        statement = _SELECT_RUNS.where(runs.c.owner == owner).order_by(runs.c.number.desc())
        with self._database.read_transaction() as connection:
            found = [StoredRun(*row) for row in connection.execute(statement)]
        # Filtered here because SQLite ignores case for English letters only.
        return [run for run in found if _contains_all(f"{run.name}\n{run.data_name}".casefold(), words)]

    def owner_of(self, run: str) -> str | None:
        """Return the owner of a run; ``None`` if there is no such run."""
        with self._database.read_transaction() as connection:
            return connection.execute(select(runs.c.owner).where(runs.c.id == run)).scalar()

    def epochs(self, owner: str, run: str) -> list[dict[str, Any]]:
        """Return the records of a run's epochs in order; empty if the owner has no such run."""
        statement = _join_run(select(epochs.c.record), epochs.c.run, owner, run).order_by(epochs.c.epoch)
        with self._database.read_transaction() as connection:
            return list(connection.execute(statement).scalars())

    def report(self, owner: str, run: str) -> bytes | None:
        """Return the report of a run, if there is one; raise `DamagedError` if it is damaged."""
        artifact = self._artifact(owner, run, _REPORT)
        return artifact.content if artifact else None

    def checkpoint(self, owner: str, run: str) -> SavedState | None:
        """Return the latest checkpoint of a run, if there is one; raise `DamagedError` if it is damaged."""
        return self._artifact(owner, run, _CHECKPOINT)

    def model(self, owner: str, run: str) -> SavedState | None:
        """Return the trained model of a run, if there is one; raise `DamagedError` if it is damaged."""
        return self._artifact(owner, run, _MODEL)

    def _artifact(self, owner: str, run: str, kind: str) -> SavedState | None:
        columns = select(artifacts.c.epoch, artifacts.c.packed, artifacts.c.digest)
        statement = _join_run(columns, artifacts.c.run, owner, run).where(artifacts.c.kind == kind)
        with self._database.read_transaction() as connection:
            row = connection.execute(statement).one_or_none()
        if row is None:
            return None
        return SavedState(row.epoch, decompress(row.packed, row.digest, _ARTIFACT_LABELS[kind]))


def _is_run(owner: str, run: str) -> ColumnElement[bool]:
    return (runs.c.id == run) & (runs.c.owner == owner)


def _join_run(statement: Select[Any], run_number: Column[int], owner: str, run: str) -> Select[Any]:
    return statement.join(runs, run_number == runs.c.number).where(_is_run(owner, run))


def _contains_all(text: str, words: list[str]) -> bool:
    return all(word in text for word in words)


def _save_epochs(connection: Connection, number: int, change: RunChange) -> None:
    if change.truncate_after is not None:
        connection.execute(_TRUNCATE_EPOCHS, {"run_number": number, "last_epoch": change.truncate_after})
    if change.epochs:
        rows = [{"run": number, "epoch": record["epoch"], "record": record} for record in change.epochs]
        connection.execute(
            _DELETE_EPOCHS, {"run_number": number, "epoch_numbers": [row["epoch"] for row in rows]}
        )
        connection.execute(insert(epochs), rows)


def _artifact_rows(change: RunChange) -> list[dict[str, Any]]:
    report = None if change.report is None else SavedState(0, change.report)
    states = {_REPORT: report, _CHECKPOINT: change.checkpoint, _MODEL: change.model}
    return [
        {
            "kind": kind,
            "epoch": state.epoch,
            "digest": sha256_hex(state.content),
            "packed": compress(state.content),
        }
        for kind, state in states.items()
        if state is not None
    ]


def _save_artifacts(connection: Connection, number: int, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(_DELETE_ARTIFACTS, {"run_number": number, "kinds": [row["kind"] for row in rows]})
        connection.execute(insert(artifacts), [{"run": number, **row} for row in rows])
