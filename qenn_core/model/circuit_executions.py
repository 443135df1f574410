"""What a training would ask of a quantum computer, by counting."""

from __future__ import annotations

from collections.abc import Mapping

from qenn_core.experiment import ExperimentSpec
from qenn_core.model.shape import input_angles, trainable_angles

# The parameter-shift rule for a rotation takes the circuit with its angle a quarter turn further, and a
# quarter turn back (Schuld et al. 2019, arXiv:1811.11184).
_CIRCUITS_AN_ANGLE = 2


def shifted_circuits(spec: ExperimentSpec) -> int | None:
    """Return how many circuits, besides its own, the gradient of a row takes by the parameter-shift rule.

    ``None`` where the rule does not apply: a layer before the circuit needs the gradient of the inputs, and
    these do not enter by angles.
    """
    n_angles = trainable_angles(spec)
    if spec.encoding.reduction == "linear":
        more = input_angles(spec)
        if more is None:
            return None
        n_angles += more
    return _CIRCUITS_AN_ANGLE * n_angles


def count_executions(spec: ExperimentSpec, rows: Mapping[str, int], epochs: int | None = None) -> int | None:
    """Count the circuits that a quantum computer would run to train and score a model.

    A training row takes its own circuit and the shifted ones in every epoch. After an epoch the training and
    validation rows are measured, and all rows at the end.

    Parameters
    ----------
    spec : ExperimentSpec
        The experiment.
    rows : mapping of str to int
        Rows of the parts ``"train"``, ``"validation"`` and ``"test"``.
    epochs : int, optional
        Complete epochs; by default as many as the spec allows.

    Returns
    -------
    int or None
        Circuits, each measured as many times as there are shots; ``None`` where `shifted_circuits` is.
    """
    shifted = shifted_circuits(spec)
    if shifted is None:
        return None
    an_epoch = rows["train"] * (1 + shifted) + rows["train"] + rows["validation"]
    return (spec.training.epochs if epochs is None else epochs) * an_epoch + sum(rows.values())
