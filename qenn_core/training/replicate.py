"""One of the models that train side by side: its part of the weights, and how far it has come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf, isfinite

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict

from qenn_core.data import PreparedData
from qenn_core.experiment import TrainingSpec
from qenn_core.training.loss_accuracy import Measured
from qenn_core.training.records import Epoch, StopReason


class Progress(BaseModel):
    """How far a model has come, in plain values."""

    model_config = ConfigDict(frozen=True, ser_json_inf_nan="constants")

    complete: int
    seconds: float
    learning: bool
    reason: StopReason
    best_epoch: int
    best_loss: float


@dataclass(frozen=True)
class _Kept:
    """The weights with the lowest validation loss so far; at first the untrained ones."""

    weights: tuple[torch.Tensor, ...] = field(repr=False)
    epoch: int = 0
    loss: float = inf


class ReplicateState:
    """A model in training, alone or beside others.

    Parameters
    ----------
    weights : sequence of tensor, shape (n,)
        Its part of the weights of all; to change the one is to change the other.
    data : PreparedData
        What it is trained on.
    seed : int
        Decides the order in which it sees its rows.
    settings : TrainingSpec
        When it ends.

    Attributes
    ----------
    learning : bool
        Whether it has not ended yet.
    reason : str
        Why it ends: by having done all its epochs, unless something comes before.
    complete : int
        Complete epochs.
    seconds : float
        Time spent training.
    """

    def __init__(
        self, weights: Sequence[torch.Tensor], data: PreparedData, seed: int, settings: TrainingSpec
    ) -> None:
        self.weights = weights
        self.data = data
        self.settings = settings
        self.shuffle = torch.Generator().manual_seed(seed)
        self.learning = True
        self.reason: StopReason = "epochs"
        self.complete = 0
        self.seconds = 0.0
        self._kept = _Kept(_copies(weights))
        self._norms: list[float] = []

    @property
    def best_epoch(self) -> int:
        """The epoch with the lowest validation loss; 0 as long as none is complete."""
        return self._kept.epoch

    @property
    def best_weights(self) -> tuple[torch.Tensor, ...]:
        """The weights of that epoch, which never change."""
        return self._kept.weights

    @property
    def progress(self) -> Progress:
        """How far it has come; with its weights and the state of `shuffle` all that a further epoch needs."""
        return Progress(
            complete=self.complete,
            seconds=self.seconds,
            learning=self.learning,
            reason=self.reason,
            best_epoch=self._kept.epoch,
            best_loss=self._kept.loss,
        )

    def resume(self, progress: Progress, best_weights: Sequence[torch.Tensor]) -> None:
        """Go on from there instead of from the beginning."""
        self.complete, self.seconds = progress.complete, progress.seconds
        self.learning, self.reason = progress.learning, progress.reason
        self._kept = _Kept(_copies(best_weights), progress.best_epoch, progress.best_loss)

    def end(self, reason: StopReason) -> None:
        """Learn no more."""
        self.learning, self.reason = False, reason

    def receive(self, gradients: Sequence[torch.Tensor], loss: float, norm: float, takes_part: bool) -> None:
        """Get ready for a step of the optimizer, or for standing still in it.

        An optimizer passes over what has no gradient: so a model that has ended, or that has no rows in
        this batch, stays as it is while those beside it go on.

        Parameters
        ----------
        gradients : sequence of tensor, shape (n,)
            One for each of its weights.
        loss, norm : float
            The loss that they are the gradients of, and the L2 norm of all of them.
        takes_part : bool
            Whether rows of the batch are its own.
        """
        steps = self.learning and takes_part
        if steps and not (isfinite(loss) and isfinite(norm)):
            self.end("not_finite")
            steps = False
        if steps:
            self._norms.append(norm)
        for weight, gradient in zip(self.weights, gradients, strict=True):
            weight.grad = gradient if steps else None

    def conclude(self, train: Measured, validation: Measured, seconds: float) -> Epoch | None:
        """End an epoch; return its record, or ``None`` if it ends in something that is not a number."""
        if not (isfinite(train.loss) and isfinite(validation.loss)):
            self.end("not_finite")
            return None
        self.complete += 1
        norms, self._norms = self._norms, []
        if validation.loss < self._kept.loss:
            self._kept = _Kept(_copies(self.weights), self.complete, validation.loss)
        if self.complete == self.settings.epochs:
            self.end("epochs")
        elif self.settings.patience and self.complete - self._kept.epoch >= self.settings.patience:
            self.end("patience")
        return Epoch(
            epoch=self.complete,
            train_loss=train.loss,
            validation_loss=validation.loss,
            train_accuracy=train.accuracy,
            validation_accuracy=validation.accuracy,
            gradient_norm=float(np.mean(norms)),
            seconds=seconds,
        )

    def restore(self) -> None:
        """Go back to the weights with the lowest validation loss."""
        for weight, kept in zip(self.weights, self._kept.weights, strict=True):
            weight.copy_(kept)


def _copies(weights: Sequence[torch.Tensor]) -> tuple[torch.Tensor, ...]:
    return tuple(weight.clone() for weight in weights)
