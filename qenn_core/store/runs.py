"""Runs: what was asked, how it went, and the weights that came of it."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, exists, insert, select, update

from qenn_core import limits
from qenn_core.store.clock import Clock
from qenn_core.store.compression import digest_of, pack, unpack
from qenn_core.store.database import Database
from qenn_core.store.entities import CHANGEABLE, ENDED_STATES, INTERRUPTED, RunChange, SavedState, StoredRun
from qenn_core.store.errors import StoreError
from qenn_core.store.leases import Presence
from qenn_core.store.schema import artifacts, epochs, runs

_REPORT, _CHECKPOINT, _WEIGHTS = "report", "checkpoint", "weights"
# What they are called in messages.
_THINGS = {
    _REPORT: "The report of this run",
    _CHECKPOINT: "The checkpoint of this run",
    _WEIGHTS: "The trained model of this run",
}


def _has(kind: str) -> Any:
    return exists().where(artifacts.c.run == runs.c.number, artifacts.c.kind == kind)


_COLUMNS = {name: runs.c[name] for name in ("id", "owner", *CHANGEABLE)} | {
    "has_checkpoint": _has(_CHECKPOINT).label("has_checkpoint"),
    "has_weights": _has(_WEIGHTS).label("has_weights"),
}
_STORED_RUN = select(*(_COLUMNS[field.name] for field in fields(StoredRun)))

# What each saving says, put together once: that takes longer than to carry it out.
_CHANGE_RUN = (
    update(runs)
    .where(runs.c.id == bindparam("this"), runs.c.owner == bindparam("whose"))
    .returning(runs.c.number)
)
_NEW_RUN = insert(runs).returning(runs.c.number)
_CUT_EPOCHS = delete(epochs).where(epochs.c.run == bindparam("of"), epochs.c.epoch > bindparam("last"))
_DROP_EPOCHS = delete(epochs).where(
    epochs.c.run == bindparam("of"), epochs.c.epoch.in_(bindparam("those", expanding=True))
)
_DROP_ARTIFACTS = delete(artifacts).where(
    artifacts.c.run == bindparam("of"), artifacts.c.kind.in_(bindparam("those", expanding=True))
)


class Runs:
    """The runs of all workspaces; who asks names the owner, and finds nothing of others.

    Parameters
    ----------
    database : Database
        Where they lie.
    presence : Presence
        This server, which has the runs that it saves.
    clock : Clock
        For the time at which a run was made.
    """

    def __init__(self, database: Database, presence: Presence, clock: Clock) -> None:
        self._database = database
        self._presence = presence
        self._clock = clock

    # Writing

    def save(self, change: RunChange) -> bool:
        """Save a change as a whole; when this returns it is on the disk.

        Returns
        -------
        bool
            ``False`` if the run was deleted meanwhile, and stays so.

        Raises
        ------
        UnavailableError
            If the database cannot be written at present; nothing of the change was saved then.
        """
        # Before it begins to write, since others wait meanwhile.
        artifacts_of_it = _packed_artifacts(change)
        self._presence.hold()
        with self._database.writing() as connection:
            number = self._save_values(connection, change)
            if number is None:
                return False
            _save_epochs(connection, number, change)
            _save_artifacts(connection, number, artifacts_of_it)
            return True

    def _save_values(self, connection: Connection, change: RunChange) -> int | None:
        values = {**change.values, "server": self._presence.server}
        this = {"this": change.run, "whose": change.owner}
        number: int | None = connection.execute(_CHANGE_RUN, values | this).scalar()
        # Only the first change of a run has its spec: what comes later never brings back a deleted one.
        if number is None and "spec" in values:
            new = {"id": change.run, "owner": change.owner, "created": self._clock.now(), **values}
            number = connection.execute(_NEW_RUN, new).scalar_one()
        return number

    def rename(self, owner: str, run: str, name: str) -> bool:
        """Give a run a name; ``False`` if there is no such run.

        Raises
        ------
        StoreError
            If the name is empty or too long.
        """
        name = name.strip()
        if not 0 < len(name) <= limits.MAX_NAME_LENGTH:
            raise StoreError(
                "The run keeps its name.",
                f"A name has 1 to {limits.MAX_NAME_LENGTH} characters, and this one has {len(name):,}.",
                "Write another name.",
                place="name",
            )
        return self._set(owner, run, name=name)

    def star(self, owner: str, run: str, starred: bool) -> bool:
        """Mark a run with a star, or take it away; ``False`` if there is no such run."""
        return self._set(owner, run, starred=starred)

    def _set(self, owner: str, run: str, **values: Any) -> bool:
        with self._database.writing() as connection:
            own = update(runs).where(runs.c.id == run, runs.c.owner == owner)
            return connection.execute(own.values(values)).rowcount > 0

    def delete(self, owner: str, run: str) -> bool:
        """Delete a run and all that is kept of it; ``False`` if there is no such run."""
        with self._database.writing() as connection:
            own = delete(runs).where(runs.c.id == run, runs.c.owner == owner)
            return connection.execute(own).rowcount > 0

    def interrupt_orphans(self) -> int:
        """Mark the runs that servers left unfinished when they ended as interrupted; return how many.

        To be called at the start and then every minute or so: PostgreSQL notices at once when a process has
        ended, but only after a minute when a whole computer has.
        """
        unfinished = runs.c.state.not_in(ENDED_STATES)
        with self._database.reading() as connection:
            servers = connection.execute(select(runs.c.server).where(unfinished).distinct()).scalars().all()
        gone = [server for server in servers if not self._presence.lives(server)]
        if not gone:
            return 0
        with self._database.writing() as connection:
            # Asked again whose they are: another server may have taken one up meanwhile.
            left = update(runs).where(unfinished, runs.c.server.in_(gone))
            return connection.execute(left.values(state=INTERRUPTED)).rowcount

    # Reading

    def get(self, owner: str, run: str) -> StoredRun | None:
        """Return a run, or ``None`` if its owner has no such run."""
        with self._database.reading() as connection:
            row = connection.execute(_STORED_RUN.where(runs.c.id == run, runs.c.owner == owner)).one_or_none()
        return StoredRun(*row) if row else None

    def listed(self, owner: str, search: str = "") -> list[StoredRun]:
        """Return the runs of an owner, the newest first.

        Parameters
        ----------
        owner : str
            Whose runs.
        search : str
            Words that shall all occur in the name of the run or of its data, in whatever case.
        """
        words = search.casefold().split()
        statement = _STORED_RUN.where(runs.c.owner == owner).order_by(runs.c.number.desc())
        with self._database.reading() as connection:
            found = [StoredRun(*row) for row in connection.execute(statement)]
        # Not by the database: SQLite knows upper and lower case of English letters only.
        return [run for run in found if _has_all(words, f"{run.name}\n{run.data_name}".casefold())]

    def owner_of(self, run: str) -> str | None:
        """Return whose a run is, or ``None`` if there is no such run."""
        with self._database.reading() as connection:
            return connection.execute(select(runs.c.owner).where(runs.c.id == run)).scalar()

    def epochs(self, owner: str, run: str) -> list[dict[str, Any]]:
        """Return the records of the epochs of a run, in their order; none if there is no such run."""
        statement = _of_run(select(epochs.c.record), epochs.c.run, owner, run).order_by(epochs.c.epoch)
        with self._database.reading() as connection:
            return list(connection.execute(statement).scalars())

    def report(self, owner: str, run: str) -> bytes | None:
        """Return the report of a run; raises `DamagedError` if it is not what was saved."""
        found = self._artifact(owner, run, _REPORT)
        return found.content if found else None

    def checkpoint(self, owner: str, run: str) -> SavedState | None:
        """Return what a training needs to go on; raises `DamagedError` if it is not what was saved."""
        return self._artifact(owner, run, _CHECKPOINT)

    def weights(self, owner: str, run: str) -> SavedState | None:
        """Return the trained weights; raises `DamagedError` if they are not what was saved."""
        return self._artifact(owner, run, _WEIGHTS)

    def _artifact(self, owner: str, run: str, kind: str) -> SavedState | None:
        columns = select(artifacts.c.epoch, artifacts.c.packed, artifacts.c.digest)
        statement = _of_run(columns, artifacts.c.run, owner, run).where(artifacts.c.kind == kind)
        with self._database.reading() as connection:
            row = connection.execute(statement).one_or_none()
        return SavedState(row.epoch, unpack(row.packed, row.digest, _THINGS[kind])) if row else None


def _has_all(words: list[str], text: str) -> bool:
    return all(word in text for word in words)


def _of_run(statement: Select[Any], number: Any, owner: str, run: str) -> Select[Any]:
    return statement.join(runs, number == runs.c.number).where(runs.c.id == run, runs.c.owner == owner)


def _save_epochs(connection: Connection, number: int, change: RunChange) -> None:
    if change.truncate_after is not None:
        connection.execute(_CUT_EPOCHS, {"of": number, "last": change.truncate_after})
    if change.epochs:
        rows = [{"run": number, "epoch": record["epoch"], "record": record} for record in change.epochs]
        connection.execute(_DROP_EPOCHS, {"of": number, "those": [row["epoch"] for row in rows]})
        connection.execute(insert(epochs), rows)


def _packed_artifacts(change: RunChange) -> list[dict[str, Any]]:
    report = None if change.report is None else SavedState(0, change.report)
    of_kind = {_REPORT: report, _CHECKPOINT: change.checkpoint, _WEIGHTS: change.weights}
    return [
        {"kind": kind, "epoch": new.epoch, "digest": digest_of(new.content), "packed": pack(new.content)}
        for kind, new in of_kind.items()
        if new is not None
    ]


def _save_artifacts(connection: Connection, number: int, new: list[dict[str, Any]]) -> None:
    if new:
        kinds = [artifact["kind"] for artifact in new]
        connection.execute(_DROP_ARTIFACTS, {"of": number, "those": kinds})
        connection.execute(insert(artifacts), [{"run": number, **artifact} for artifact in new])
