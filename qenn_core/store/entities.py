"""What goes into the store and comes out of it, as plain values."""

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
    """Weights in the form in which they are kept, or all that a training needs to go on.

    Parameters
    ----------
    epoch : int
        The epoch that they are of.
    content : bytes
        The bytes, which the store does not look into.
    """

    epoch: int
    content: bytes


@dataclass(frozen=True)
class StoredRun:
    """A run as it was saved last.

    Parameters
    ----------
    id, owner : str
        The run, and whose it is.
    name : str
        What its owner calls it.
    state : RunState
        Where it stood.
    created, ended : datetime
        By the clock of the server, with timezone.
    spec : str
        The experiment, as JSON.
    data_name, fingerprint : str
        The name of the data, and the fingerprint of an uploaded file.
    epochs : int
        Epochs done.
    seconds : float
        Seconds of training.
    parameters : int or None
        Number of trained parameters.
    error : str or None
        Why it failed, as JSON.
    versions : dict
        The packages that computed it, each with its version.
    has_checkpoint, has_weights : bool
        Whether it can go on from where it was, and whether it can predict.
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
    test_loss: float | None
    parameters: int | None
    error: str | None
    versions: dict[str, str]
    has_checkpoint: bool
    has_weights: bool


CHANGEABLE = frozenset(f.name for f in fields(StoredRun)) - {"id", "owner", "has_checkpoint", "has_weights"}
"""What a change may set: the fields of a run, but for those that follow from something else."""


@dataclass(frozen=True)
class RunChange:
    """What is new of a run, to be saved as a whole or not at all.

    Parameters
    ----------
    run, owner : str
        The run, and whose it is.
    values : mapping
        Fields of `StoredRun` with their new values. The first change of a run has its ``spec``.
    epochs : tuple of dict
        Records of epochs, each with its number under ``"epoch"``; one of the same number is replaced.
    report : bytes or None
        All that a page shows of the run.
    checkpoint, weights : SavedState or None
        What the training needs to go on, and what a prediction needs.
    truncate_after : int or None
        Epochs after this one are dropped first: a run that goes on from a checkpoint does them again.
    """

    run: str
    owner: str
    values: Mapping[str, Any] = field(default_factory=dict)
    epochs: tuple[dict[str, Any], ...] = ()
    report: bytes | None = None
    checkpoint: SavedState | None = None
    weights: SavedState | None = None
    truncate_after: int | None = None

    def __post_init__(self) -> None:
        if unknown := set(self.values) - CHANGEABLE:
            raise ValueError(f"A run has no {', '.join(sorted(unknown))}.")

    def merged(self, later: RunChange) -> RunChange:
        """Return one change that does what this one and then `later` do."""
        if (later.run, later.owner) != (self.run, self.owner):
            raise ValueError("These are changes of two runs.")
        cuts = [cut for cut in (self.truncate_after, later.truncate_after) if cut is not None]
        return RunChange(
            self.run,
            self.owner,
            {**self.values, **later.values},
            _followed_by(self.epochs, later),
            self.report if later.report is None else later.report,
            later.checkpoint or self.checkpoint,
            later.weights or self.weights,
            min(cuts, default=None),
        )


def _followed_by(epochs: tuple[dict[str, Any], ...], later: RunChange) -> tuple[dict[str, Any], ...]:
    again = {record["epoch"] for record in later.epochs}
    cut = later.truncate_after
    kept = (
        record
        for record in epochs
        if record["epoch"] not in again and (cut is None or record["epoch"] <= cut)
    )
    return (*kept, *later.epochs)


@dataclass(frozen=True)
class Upload:
    """A file that is kept for its owner.

    Parameters
    ----------
    fingerprint : str
        SHA-256 of its bytes, hexadecimal.
    file_name : str
        The name that it came with.
    size : int
        Its bytes.
    kept : datetime
        When it came, by the clock of the server, with timezone.
    days_left : int
        It is deleted after this many days if it is not used before.
    """

    fingerprint: str
    file_name: str
    size: int
    kept: datetime
    days_left: int
