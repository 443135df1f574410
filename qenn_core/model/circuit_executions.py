"""The number of circuits that a quantum computer would run for a training."""

from __future__ import annotations

from collections.abc import Mapping

from qenn_core.experiment import ExperimentSpec
from qenn_core.model.shape import input_angles, trainable_angles

# The parameter-shift rule evaluates the circuit with the angle of a rotation shifted by π/2 and by -π/2
# (Schuld et al. 2019, arXiv:1811.11184).
_CIRCUITS_PER_ANGLE = 2


def count_shifted_circuits(spec: ExperimentSpec) -> int | None:
    """Return how many shifted circuits the parameter-shift rule needs for the gradient of a row.

    The row's own circuit is not counted. ``None`` if the rule does not apply: a trainable linear layer before
    the circuit needs the gradient of the inputs, and the inputs are not encoded as angles.
    """
    n_angles = trainable_angles(spec)
    if spec.encoding.reduction == "linear":
        n_input_angles = input_angles(spec)
        if n_input_angles is None:
            return None
        n_angles += n_input_angles
    return _CIRCUITS_PER_ANGLE * n_angles


def count_executions(spec: ExperimentSpec, rows: Mapping[str, int], epochs: int | None = None) -> int | None:
    """Count the circuits that a quantum computer would run to train and score a model.

    In every epoch, each training row needs its own circuit and the shifted ones; after the epoch, the
    training and validation rows are evaluated. All rows are evaluated at the end.

    Parameters
    ----------
    spec : ExperimentSpec
        The experiment.
    rows : mapping of str to int
        Number of rows of the parts ``"train"``, ``"validation"`` and ``"test"``.
    epochs : int, optional
        Number of completed epochs; by default the number in the spec.

    Returns
    -------
    int or None
        Number of circuits, each measured as many times as there are shots; ``None`` if
        `count_shifted_circuits` returns ``None``.
    """
    n_shifted = count_shifted_circuits(spec)
    if n_shifted is None:
        return None
    per_epoch = rows["train"] * (1 + n_shifted) + rows["train"] + rows["validation"]
    return (spec.training.epochs if epochs is None else epochs) * per_epoch + sum(rows.values())
