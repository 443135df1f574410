"""A run as the server keeps it, brought up to date by the messages of its worker."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter
from pydantic.fields import FieldInfo

from qenn_core.errors import QennError
from qenn_core.jobs.control import Wish
from qenn_core.jobs.snapshot import RunError, RunSnapshot
from qenn_core.training.records import Epoch


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
        The run before it begins.
    payload : bytes
        What the worker needs to begin, dropped once it has it.
    """

    def __init__(self, snapshot: RunSnapshot, payload: bytes) -> None:
        self.id = snapshot.run
        self.payload = payload
        self.wish = Wish()
        self.worker: str | None = None
        """Address of the worker process, once the run has begun there."""
        self._state = snapshot
        self._history: list[Epoch] = []

    @property
    def state(self) -> str:
        """Where the run stands."""
        return self._state.state

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self._state.ended

    @property
    def done(self) -> int:
        """Number of complete epochs."""
        return len(self._history)

    def change(self, **fields: Any) -> None:
        """Set fields of the snapshot."""
        self._state = self._state.model_copy(update=fields)

    def take(self, field: str, value: Any) -> None:
        """Take a message of the worker."""
        if field == "history":
            self._history.append(Epoch.model_validate(value))
            return
        self.change(**{field: _FIELDS[field].validate_python(value)})
        if field == "decision_map":
            self.change(map_version=self._state.map_version + 1)

    def fail(self, error: QennError) -> None:
        """Close the run with an error."""
        self.change(state="failed", error=RunError.of(error))

    def end(self) -> None:
        """Close the run, whose worker is done with it."""
        finished = self._state.finished
        if self._state.error:
            self.change(state="failed")
        elif finished and finished.reason != "user":
            self.change(state="finished")
        else:
            self.change(state="stopped")

    def snapshot(self, since_epoch: int, since_map: int, place: int) -> RunSnapshot:
        """Return the run as it stands now, without what the asker has."""
        unseen: dict[str, Any] = {"history": tuple(self._history[since_epoch:]), "place": place}
        if since_map >= self._state.map_version > 0:
            unseen |= {"decision_map": None, "map_points": None}
        return self._state.model_copy(update=unseen)
