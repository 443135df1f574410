"""The training state of one replicate: its weights, its progress and its best weights so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf, isfinite

import numpy as np
import torch
from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from qenn_core.data import PreparedData
from qenn_core.experiment import TrainingSpec
from qenn_core.training.evaluation import Evaluation
from qenn_core.training.records import Epoch, StopReason


class Progress(BaseModel):
    """The progress of a training, as plain values.

    Each field also accepts the name that it has in checkpoints of older versions.
    """

    model_config = ConfigDict(frozen=True, ser_json_inf_nan="constants")

    completed_epochs: int = Field(validation_alias=AliasChoices("completed_epochs", "complete"))
    seconds: float
    active: bool = Field(validation_alias=AliasChoices("active", "learning"))
    reason: StopReason
    best_epoch: int = Field(validation_alias=AliasChoices("best_epoch", "kept_epoch"))
    best_loss: float = Field(validation_alias=AliasChoices("best_loss", "kept_loss"))


@dataclass(frozen=True)
class _Best:
    """The weights with the lowest validation loss so far; initially the untrained ones."""

    weights: tuple[torch.Tensor, ...] = field(repr=False)
    epoch: int = 0
    loss: float = inf


class ReplicateState:
    """The training state of one replicate.

    Parameters
    ----------
    weights : sequence of tensor, shape (n,)
        Views of its slice of the stacked weights; writing to one writes to the other.
    data : PreparedData
        The data that it is trained on.
    seed : int
        Determines the order of its rows in each epoch.
    settings : TrainingSpec
        Determine when it stops.

    Attributes
    ----------
    active : bool
        Whether it is still training.
    reason : str
        Why it stopped; ``"epochs"`` (all epochs completed) while it is training.
    completed_epochs : int
        Number of completed epochs.
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
        self.active = True
        self.reason: StopReason = "epochs"
        self.completed_epochs = 0
        self.seconds = 0.0
        self._best = _Best(_clone(weights))
        self._gradient_norms: list[float] = []

    @property
    def best_epoch(self) -> int:
        """The epoch with the lowest validation loss; 0 before the first epoch is completed."""
        return self._best.epoch

    @property
    def best_weights(self) -> tuple[torch.Tensor, ...]:
        """A copy of the weights of the best epoch."""
        return self._best.weights

    @property
    def progress(self) -> Progress:
        """The progress to save in a checkpoint, besides the weights and the state of `shuffle`."""
        return Progress(
            completed_epochs=self.completed_epochs,
            seconds=self.seconds,
            active=self.active,
            reason=self.reason,
            best_epoch=self._best.epoch,
            best_loss=self._best.loss,
        )

    def load_progress(self, progress: Progress, best_weights: Sequence[torch.Tensor]) -> None:
        """Restore saved progress and best weights."""
        self.completed_epochs, self.seconds = progress.completed_epochs, progress.seconds
        self.active, self.reason = progress.active, progress.reason
        self._best = _Best(_clone(best_weights), progress.best_epoch, progress.best_loss)

    def stop(self, reason: StopReason) -> None:
        """Stop training for the given reason."""
        self.active, self.reason = False, reason

    def set_gradients(
        self, gradients: Sequence[torch.Tensor], loss: float, norm: float, has_rows: bool
    ) -> None:
        """Set the gradients for the optimizer's next step, or clear them to leave the weights unchanged.

        Optimizers skip weights without a gradient. So a replicate that has stopped, or has no rows in this
        batch, keeps its weights while the others are updated.

        Parameters
        ----------
        gradients : sequence of tensor, shape (n,)
            The gradient of each of its weights.
        loss, norm : float
            Its loss on the batch, and the L2 norm of all its gradients.
        has_rows : bool
            Whether the batch contains rows of this replicate.
        """
        takes_step = self.active and has_rows
        if takes_step and not (isfinite(loss) and isfinite(norm)):
            self.stop("not_finite")
            takes_step = False
        if takes_step:
            self._gradient_norms.append(norm)
        for weight, gradient in zip(self.weights, gradients, strict=True):
            weight.grad = gradient if takes_step else None

    def add_steps(self, norms: Sequence[float]) -> None:
        """Count steps that were taken, by the L2 norms of their gradients."""
        self._gradient_norms += norms

    def end_epoch(self, train: Evaluation, validation: Evaluation, seconds: float) -> Epoch | None:
        """Complete an epoch and return its record, or stop and return ``None`` if a loss is not finite."""
        if not (isfinite(train.loss) and isfinite(validation.loss)):
            self.stop("not_finite")
            return None
        self.completed_epochs += 1
        norms, self._gradient_norms = self._gradient_norms, []
        if validation.loss < self._best.loss:
            self._best = _Best(_clone(self.weights), self.completed_epochs, validation.loss)
        patience = self.settings.patience
        if self.completed_epochs == self.settings.epochs:
            self.stop("epochs")
        elif patience and self.completed_epochs - self._best.epoch >= patience:
            self.stop("patience")
        return Epoch(
            epoch=self.completed_epochs,
            train_loss=train.loss,
            validation_loss=validation.loss,
            train_accuracy=train.accuracy,
            validation_accuracy=validation.accuracy,
            gradient_norm=float(np.mean(norms)),
            seconds=seconds,
        )

    def load_best_weights(self) -> None:
        """Overwrite the current weights with the best ones."""
        for weight, best in zip(self.weights, self._best.weights, strict=True):
            weight.copy_(best)


def _clone(weights: Sequence[torch.Tensor]) -> tuple[torch.Tensor, ...]:
    return tuple(weight.clone() for weight in weights)
