"""A run as the server keeps it, brought up to date by the messages of its worker."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import TypeAdapter
from pydantic.fields import FieldInfo

from qenn_core.data import Table
from qenn_core.errors import QennError
from qenn_core.experiment import ExperimentSpec
from qenn_core.jobs import messages
from qenn_core.jobs.control import Wish
from qenn_core.jobs.snapshot import RESUMABLE, RunSnapshot, State
from qenn_core.store import SavedState
from qenn_core.training import RESUMABLE_REASONS, Epoch


def _annotation(field: FieldInfo) -> Any:
    return field.annotation


# A message is the name and the new value of a field of the snapshot. Epochs come one by one.
_FIELDS: dict[str, TypeAdapter[Any]] = {
    name: TypeAdapter(_annotation(field)) for name, field in RunSnapshot.model_fields.items()
}


class Run:
    """One run; not thread-safe by itself.

    Parameters
    ----------
    snapshot : RunSnapshot
        The run as it is before it begins, or begins again.
    owner : str
        Whose it is.
    spec : ExperimentSpec
        What to train.
    table : Table or None
        The rows of an uploaded file.
    history : iterable of Epoch
        The epochs that are known already.
    checkpoint : SavedState or None
        What it is taken up again from.

    Attributes
    ----------
    wish : Wish
        How far it may go.
    worker : str or None
        Address of the worker process, once the run has begun there.
    working : bool
        Whether a worker has it, or is about to.
    ending : bool
        Whether its worker is about to be done with it.
    attempts : int
        How often it was brought to a worker without having begun there yet.
    model : bytes or None
        The trained model.
    """

    def __init__(
        self,
        snapshot: RunSnapshot,
        owner: str,
        spec: ExperimentSpec,
        table: Table | None = None,
        history: Iterable[Epoch] = (),
        checkpoint: SavedState | None = None,
    ) -> None:
        self.id = snapshot.run
        self.owner = owner
        self.spec = spec
        self.table = table
        self.checkpoint = checkpoint
        self.model: bytes | None = None
        self.wish = Wish()
        self.worker: str | None = None
        self.working = False
        self.ending = False
        self.attempts = 0
        self._state = snapshot
        self._history = list(history)
        self._parked = False

    def again(self, table: Table | None, checkpoint: SavedState | None) -> Run:
        """Return this ended run as one that waits to go on from `checkpoint`, or from its beginning."""
        fresh = {"state": "queued", "finished": None, "comparison": None, "error": None}
        snapshot = self._state.model_copy(update=fresh)
        return Run(snapshot, self.owner, self.spec, table, self._history, checkpoint)

    @property
    def state(self) -> State:
        """Where the run stands; a stop holds from the moment it is wished for."""
        return "stopped" if self.wish.stop and not self._state.ended else self._state.state

    @property
    def ended(self) -> bool:
        """Whether it trains no more."""
        return self._state.ended

    @property
    def ready(self) -> bool:
        """Whether it waits for a worker."""
        return not self.working and self._state.state == "queued"

    @property
    def begun(self) -> bool:
        """Whether it was trained at all."""
        return self.done > 0

    @property
    def done(self) -> int:
        """Number of complete epochs."""
        return len(self._history)

    @property
    def facts(self) -> RunSnapshot:
        """What was told of it, without its epochs."""
        return self._state

    @property
    def latest(self) -> Epoch | None:
        """The last complete epoch."""
        return self._history[-1] if self._history else None

    @property
    def seconds(self) -> float:
        """Time spent training."""
        return sum(epoch.seconds for epoch in self._history)

    def epochs_after(self, number: int) -> tuple[Epoch, ...]:
        """Return the complete epochs with a higher number."""
        return tuple(self._history[number:])

    def change(self, **fields: Any) -> None:
        """Set fields of the snapshot."""
        self._state = self._state.model_copy(update=fields)

    def begin(self) -> None:
        """Give the run to a worker, to be taken up from its checkpoint."""
        self.working, self.ending, self._parked = True, False, False
        self.attempts += 1
        self._history = self._history[: self.checkpoint.epoch if self.checkpoint else 0]

    def take(self, field: str, value: Any) -> None:
        """Take a message of the worker."""
        match field:
            case messages.WORKER:
                self.worker, self.attempts = value, 0
                self.change(state="running")
            case messages.CHECKPOINT:
                self.checkpoint = SavedState(*value)
            case messages.MODEL:
                self.model = value
            case messages.ENDING:
                self.ending = True
            case messages.PARKED:
                self._parked = True
            case "history":
                self._history.append(Epoch.model_validate(value))
            case "decision_map":
                self.change(decision_map=_read(field, value), map_version=self._state.map_version + 1)
            case _:
                self.change(**{field: _read(field, value)})

    def end(self) -> None:
        """Note that its worker is done with it: for good, or until a paused run may go on."""
        finished = self._state.finished
        if self._state.error:
            self._close("failed")
        elif self._parked:
            self.working, self.worker = False, None
            self.change(state="paused" if self.wish.paused else "queued")
        elif finished and finished.reason not in RESUMABLE_REASONS:
            self._close("finished")
        else:
            self._close("stopped")

    def wait_again(self) -> None:
        """Note that the worker was lost that it had been brought to, before it could begin there."""
        self.working = False

    def interrupt(self, error: QennError) -> None:
        """Close the run, which has lost its worker and can be taken up again."""
        self._close("interrupted", error=error.message)

    def snapshot(self, since_epoch: int = 0, since_map: int = 0, **now: Any) -> RunSnapshot:
        """Return the run as it stands now, without what the asker has."""
        fields: dict[str, Any] = {
            "state": self.state,
            "scoring": self.wish.stop and not self.ended,
            "resumable": self._state.state in RESUMABLE and self.done < self.spec.training.epochs,
            "history": self.epochs_after(since_epoch),
        }
        if since_map >= self._state.map_version > 0:
            fields |= {"decision_map": None, "map_points": None}
        return self._state.model_copy(update=fields | now)

    def _close(self, state: State, **fields: Any) -> None:
        self.working, self.worker, self.table = False, None, None
        self.change(state=state, **fields)


def _read(field: str, value: Any) -> Any:
    return _FIELDS[field].validate_python(value)
