"""Build the first and the last record of a training."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from qenn_core.data import Floats, PartName, PreparedData
from qenn_core.errors import TrainingError
from qenn_core.experiment import display_value
from qenn_core.metrics import score
from qenn_core.model import ModelShape
from qenn_core.text import count
from qenn_core.training.records import Finished, Started
from qenn_core.training.replicate import ReplicateState


def build_started(data: PreparedData, shape: ModelShape) -> Started:
    """Return the record of the model's shapes and the sizes of the split."""
    return Started(
        n_inputs=shape.n_inputs,
        n_qubits=shape.n_qubits,
        n_classes=shape.n_classes,
        n_parameters=sum(shape.parameters.values()),
        parameters={str(name): n_parameters for name, n_parameters in shape.parameters.items()},
        rows=data.part_sizes,
    )


def build_finished(state: ReplicateState, probabilities: Mapping[PartName, Floats]) -> Finished:
    """Return the record of why a training stopped, with the scores of its best weights.

    Parameters
    ----------
    state : ReplicateState
        The state after the training stopped.
    probabilities : mapping of str to array, shape (rows, n_classes)
        For each part, the predicted probability of each class for its rows.

    Raises
    ------
    TrainingError
        If a probability is not a finite number.
    """
    if not all(np.isfinite(values).all() for values in probabilities.values()):
        raise TrainingError(
            "The network's output is not a number, even before training.",
            "Some inputs are too large to compute with.",
            "Look for extreme values among the features, or choose another encoding.",
            place="encoding.kind",
        )
    scores = {name: score(part.labels, probabilities[name]) for name, part in state.data.parts.items()}
    return Finished(
        reason=state.reason,
        message=f"{_explain_stop(state)} {_explain_scores(state)}",
        epochs=state.completed_epochs,
        best_epoch=state.best_epoch,
        seconds=state.seconds,
        train=scores["train"],
        validation=scores["validation"],
        test=scores["test"],
        predictions=tuple(probabilities["test"].argmax(axis=1).tolist()),
    )


def _explain_stop(state: ReplicateState) -> str:
    completed, settings = state.completed_epochs, state.settings
    progress = f"{completed} of {count(settings.epochs, 'epoch')}"
    match state.reason:
        case "epochs":
            return "The epoch is done." if completed == 1 else f"All {completed} epochs are done."
        case "patience":
            return (
                "Stopped early: the validation loss has not reached a new low for "
                f"{count(settings.patience, 'epoch')}."
            )
        case "user":
            return f"Stopped by you after {progress}."
        case "time":
            return f"Stopped after {progress}: the time limit for a run was reached."
        case "not_finite":
            rate = display_value("training.learning_rate", settings.learning_rate)
            return (
                f"Stopped in epoch {completed + 1}: the loss was no longer a finite number. "
                f"Try a learning rate below {rate}, or another optimizer."
            )


def _explain_scores(state: ReplicateState) -> str:
    if not state.best_epoch:
        return "No epoch was completed, so the scores are those of the untrained network."
    if state.best_epoch == state.completed_epochs:
        return "The scores are those of the last completed epoch, which had the lowest validation loss."
    return f"The scores are those of epoch {state.best_epoch}, which had the lowest validation loss."
