"""The immutable records that a training yields."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from qenn_core.metrics import Scores

StopReason = Literal["epochs", "patience", "not_finite", "user", "time"]
# A training that stopped for one of these reasons can be resumed from its checkpoint.
RESUMABLE_REASONS: tuple[StopReason, ...] = ("user", "time")


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class Started(_Record):
    """The first record: the shapes of the model and the sizes of the split."""

    kind: Literal["started"] = "started"
    n_inputs: int
    n_qubits: int
    n_classes: int
    n_parameters: int
    parameters: dict[str, int]
    """Number of trainable parameters of each part: ``"linear"``, ``"quantum"``, ``"classical"``."""
    rows: dict[str, int]
    """Number of rows in each part of the split: ``"train"``, ``"validation"``, ``"test"``."""


class Epoch(_Record):
    """One pass over the training part. Losses are cross-entropy in nats per row."""

    kind: Literal["epoch"] = "epoch"
    epoch: int
    train_loss: float
    validation_loss: float
    train_accuracy: float
    validation_accuracy: float
    gradient_norm: float
    """L2 norm of the gradient of all weights, averaged over the steps of the epoch."""
    seconds: float
    """Duration of the epoch, including its evaluation."""


class Finished(_Record):
    """The last record: why the training stopped, and the scores of the best weights.

    The best weights are those with the lowest validation loss. The test part is used here for the first
    time.
    """

    kind: Literal["finished"] = "finished"
    reason: StopReason
    message: str
    """The reason in a plain sentence."""
    epochs: int
    """Number of completed epochs."""
    best_epoch: int
    """The epoch of the best weights; 0 stands for the untrained weights if no epoch was completed."""
    seconds: float
    """Time spent training, without the caller's pauses between records."""
    train: Scores
    validation: Scores
    test: Scores
    predictions: tuple[int, ...]
    """Class number predicted for each row of the test part, in the order of its rows."""


Record = Started | Epoch | Finished
