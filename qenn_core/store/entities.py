"""Plain values that go into the store and come out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Literal

RunState = Literal["queued", "running", "paused", "stopped", "failed", "finished", "interrupted"]
"""The state of a run; *interrupted* is a run that lost its worker or its server."""
ENDED_STATES: tuple[RunState, ...] = ("stopped", "failed", "finished", "interrupted")
"""The states of a run that no server is working on."""
INTERRUPTED: RunState = "interrupted"


@dataclass(frozen=True)
class SavedState:
    """A checkpoint or a trained model.

    Parameters
    ----------
    epoch : int
        The number of epochs it has been trained for.
    content : bytes
        The serialised state, opaque to the store.
    """

    epoch: int
    content: bytes


@dataclass(frozen=True)
class StoredRun:
    """A run as last saved.

    Parameters
    ----------
    id : str
        The id of the run.
    owner : str
        The workspace it belongs to.
    name : str
        The name its owner gave it.
    starred : bool
        Whether its owner marked it with a star.
    state : RunState
        Its state when saved.
    created, ended : datetime
        By the clock of the server, with timezone; ``ended`` is ``None`` until the run ends, and
        for a run whose server died.
    spec : str
        The experiment, as JSON.
    data_name, fingerprint : str
        The name of the data, and the fingerprint of an uploaded file.
    epochs : int
        The number of completed epochs.
    seconds : float
        The seconds spent training.
    train_accuracy, validation_accuracy, test_accuracy : float or None
        From 0 to 1; ``None`` where not yet known.
    parameters : int or None
        The number of trained parameters.
    error : str or None
        Why it failed, as JSON.
    versions : dict of str to str
        The versions of the packages that computed it.
    has_checkpoint, has_model : bool
        Whether it can be resumed, and whether it can predict.
    """

    id: str
    owner: str
    name: str
    starred: bool
    state: RunState
    created: datetime
    ended: datetime | None
    spec: str
    data_name: str
    fingerprint: str
    epochs: int
    seconds: float
    train_accuracy: float | None
    validation_accuracy: float | None
    test_accuracy: float | None
    parameters: int | None
    error: str | None
    versions: dict[str, str]
    has_checkpoint: bool
    has_model: bool


WRITABLE_FIELDS = frozenset(f.name for f in fields(StoredRun)) - {
    "id",
    "owner",
    "has_checkpoint",
    "has_model",
}
"""The fields of a run that a `RunChange` may set."""


@dataclass(frozen=True)
class RunChange:
    """A change to a run that is saved as a whole or not at all.

    Parameters
    ----------
    run : str
        The id of the run.
    owner : str
        The workspace it belongs to.
    values : mapping
        Fields of `StoredRun` with their new values. The first change of a run includes its ``spec``.
    epochs : tuple of dict
        Records of epochs, each with its number under ``"epoch"``; they replace records of the same number.
    report : bytes or None
        What a page shows of the run, except its epochs.
    checkpoint, model : SavedState or None
        The state to resume from, and the archive of the trained model.
    truncate_after : int or None
        Deletes the epochs after this one first: a run resumed from a checkpoint repeats them.
    """

    run: str
    owner: str
    values: Mapping[str, Any] = field(default_factory=dict)
    epochs: tuple[dict[str, Any], ...] = ()
    report: bytes | None = None
    checkpoint: SavedState | None = None
    model: SavedState | None = None
    truncate_after: int | None = None

    def __post_init__(self) -> None:
        if unknown := set(self.values) - WRITABLE_FIELDS:
            raise ValueError(f"A run has no writable field {', '.join(sorted(unknown))}.")

    def merged(self, later: RunChange) -> RunChange:
        """Return one change with the same effect as this one followed by `later`.

        Raises
        ------
        ValueError
            If the changes belong to different runs.
        """
        if (later.run, later.owner) != (self.run, self.owner):
            raise ValueError("The changes belong to different runs.")
        truncations = [n for n in (self.truncate_after, later.truncate_after) if n is not None]
        return RunChange(
            self.run,
            self.owner,
            {**self.values, **later.values},
            _merged_epochs(self.epochs, later),
            self.report if later.report is None else later.report,
            later.checkpoint or self.checkpoint,
            later.model or self.model,
            min(truncations, default=None),
        )


def _merged_epochs(epochs: tuple[dict[str, Any], ...], later: RunChange) -> tuple[dict[str, Any], ...]:
    replaced = {record["epoch"] for record in later.epochs}
    last = later.truncate_after
    unchanged = (
        record
        for record in epochs
        if record["epoch"] not in replaced and (last is None or record["epoch"] <= last)
    )
    return (*unchanged, *later.epochs)


@dataclass(frozen=True)
class Upload:
    """An uploaded file of a workspace.

    Parameters
    ----------
    fingerprint : str
        The SHA-256 of its content, in hexadecimal.
    file_name : str
        The name it was uploaded with.
    size : int
        Its size in bytes.
    uploaded : datetime
        By the clock of the server, with timezone.
    days_left : int
        Days until it is deleted, unless it is used before.
    """

    fingerprint: str
    file_name: str
    size: int
    uploaded: datetime
    days_left: int
