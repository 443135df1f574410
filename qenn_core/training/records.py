"""What a training tells as it goes: one immutable record after another."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from qenn_core.metrics import Scores

StopReason = Literal["epochs", "patience", "not_finite", "user", "time"]
# What ended so could have gone on.
RESUMABLE_REASONS: tuple[StopReason, ...] = ("user", "time")


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class Started(_Record):
    """The shapes of the model and the sizes of the split."""

    kind: Literal["started"] = "started"
    n_inputs: int
    n_qubits: int
    n_classes: int
    n_parameters: int
    parameters: dict[str, int]
    """Trainable numbers of each part: ``"linear"``, ``"quantum"``, ``"classical"``."""
    rows: dict[str, int]
    """Rows of each part of the split: ``"train"``, ``"validation"``, ``"test"``."""


class Epoch(_Record):
    """One pass over the training part. Losses are cross-entropy in nats a row."""

    kind: Literal["epoch"] = "epoch"
    epoch: int
    train_loss: float
    validation_loss: float
    train_accuracy: float
    validation_accuracy: float
    gradient_norm: float
    """Mean over the epoch's steps of the L2 norm of the gradient of all weights."""
    seconds: float
    """Duration of this epoch, its evaluation included."""


class Finished(_Record):
    """The end: why, and the scores of the weights with the best validation loss.

    The test part is looked at here for the first time.
    """

    kind: Literal["finished"] = "finished"
    reason: StopReason
    message: str
    """The reason in a plain sentence."""
    epochs: int
    """Complete epochs."""
    best_epoch: int
    """The epoch whose weights were kept; 0 stands for the untrained weights, when no epoch was completed."""
    seconds: float
    """Time spent training; the caller's pauses do not count."""
    train: Scores
    validation: Scores
    test: Scores
    predictions: tuple[int, ...]
    """Class number predicted for each row of the test part, in the order of its rows."""


Record = Started | Epoch | Finished
