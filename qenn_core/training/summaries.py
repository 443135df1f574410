"""The first and the last record of a training."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from qenn_core.data import Floats, PartName, PreparedData
from qenn_core.errors import TrainingError
from qenn_core.metrics import score
from qenn_core.model import ModelShape
from qenn_core.training.records import Finished, Started
from qenn_core.training.replicate import ReplicateState


def report_start(data: PreparedData, shape: ModelShape) -> Started:
    """Tell the shapes of the model and the sizes of the split."""
    return Started(
        n_inputs=shape.n_inputs,
        n_qubits=shape.n_qubits,
        n_classes=shape.n_classes,
        n_parameters=sum(shape.parameters.values()),
        parameters={str(name): count for name, count in shape.parameters.items()},
        rows={name: len(part.labels) for name, part in data.parts.items()},
    )


def report_end(trainee: ReplicateState, probabilities: Mapping[PartName, Floats]) -> Finished:
    """Tell why a model ended, and score what it answers with the weights kept.

    Parameters
    ----------
    trainee : ReplicateState
        The model, after its end.
    probabilities : mapping of str to array, shape (rows, n_classes)
        Of each class for its rows of each part.

    Raises
    ------
    TrainingError
        If probabilities are not finite numbers.
    """
    if not all(np.isfinite(values).all() for values in probabilities.values()):
        raise TrainingError(
            "The network's output is not a number, even before training.",
            "Some inputs are too large to compute with.",
            "Look for extreme values among the features, or choose another encoding.",
            place="encoding.kind",
        )
    scores = {name: score(part.labels, probabilities[name]) for name, part in trainee.data.parts.items()}
    return Finished(
        reason=trainee.reason,
        message=f"{_why(trainee)} {_which(trainee)}",
        epochs=trainee.complete,
        best_epoch=trainee.best_epoch,
        seconds=trainee.seconds,
        train=scores["train"],
        validation=scores["validation"],
        test=scores["test"],
        predictions=tuple(probabilities["test"].argmax(axis=1).tolist()),
    )


def _why(trainee: ReplicateState) -> str:
    match trainee.reason:
        case "epochs":
            return f"All {trainee.complete} epochs are done."
        case "patience":
            return (
                f"Stopped early: the validation loss has not fallen for {trainee.settings.patience} epochs."
            )
        case "user":
            return f"Stopped by you after {trainee.complete} of {trainee.settings.epochs} epochs."
        case "time":
            return (
                f"Stopped after {trainee.complete} of {trainee.settings.epochs} epochs, since a run may not "
                "take longer here."
            )
        case "not_finite":
            return (
                f"Stopped in epoch {trainee.complete + 1}: the loss was no longer a finite number. "
                f"Try a learning rate below {trainee.settings.learning_rate:g}, or another optimizer."
            )


def _which(trainee: ReplicateState) -> str:
    if not trainee.best_epoch:
        return "No epoch was completed, so the scores are those of the untrained network."
    if trainee.best_epoch == trainee.complete:
        return "The scores are those of the last complete epoch, which had the lowest validation loss."
    return f"The scores are those of epoch {trainee.best_epoch}, which had the lowest validation loss."
