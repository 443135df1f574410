"""Automatic settings: qubits, reduction, learning rate, epochs and patience that suit the data.

`benchmarks/automatic.py` compares them with fixed ones.
"""

from __future__ import annotations

from collections.abc import Collection
from math import ceil
from typing import Final, Literal, get_args

from qenn_core.experiment import ExperimentSpec, field_of, query_keys
from qenn_core.model.cost import estimate_step
from qenn_core.model.feasibility import largest_circuit
from qenn_core.model.run_cost import MachineSpeed, Workload, estimate_run
from qenn_core.registry import ENCODINGS

AutomaticField = Literal[
    "circuit.n_qubits",
    "encoding.reduction",
    "training.learning_rate",
    "training.epochs",
    "training.patience",
]
AUTOMATIC_FIELDS: Final[tuple[AutomaticField, ...]] = get_args(AutomaticField)

# More qubits for two classes, or more for ten, gained nothing.
_MIN_QUBITS, _QUBITS, _MAX_QUBITS = 4, 6, 8
# Up to this number of features, encoding them as they are was better than a linear layer.
_DIRECT_FEATURES = 3
# At the rate that suits the circuit's angles, weighted sums of many features overshoot the encoding's range.
_LINEAR_LEARNING_RATE = 0.01
# Steps after which the validation loss has stopped falling, but never fewer epochs than by default.
_STEPS = 600
_MIN_EPOCHS, _MAX_EPOCHS = int(field_of("training.epochs").default), 200
# The share of the epochs to wait for a lower validation loss.
_PATIENCE = 1 / 3
# Somebody is watching. On a machine of reference speed: the settings should not depend on the machine.
_MAX_SECONDS, _MIN_AFFORDABLE_EPOCHS = 20.0, 10


def max_automatic_qubits(spec: ExperimentSpec) -> int:
    """Return the largest number of qubits that `choose_circuit` may choose, so that training stays quick."""
    most = largest_circuit(spec)
    quick = (
        n
        for n in range(_MIN_QUBITS, min(_MAX_QUBITS, most) + 1)
        if _STEPS * estimate_step(spec.with_(**{"circuit.n_qubits": n})).seconds <= _MAX_SECONDS
    )
    return max(quick, default=max(1, min(_MIN_QUBITS, most)))


def choose_circuit(
    spec: ExperimentSpec,
    fields: Collection[AutomaticField],
    *,
    n_features: int,
    n_classes: int,
    max_qubits: int,
) -> ExperimentSpec:
    """Choose qubits and reduction: a trainable linear layer, unless there are only a few features.

    Parameters
    ----------
    spec : ExperimentSpec
        The settings.
    fields : collection of str
        Those of them to choose; the others stay as they are.
    n_features, n_classes : int
        The size of the data.
    max_qubits : int
        The largest number of qubits to choose, from `max_automatic_qubits`.
    """
    if "circuit.n_qubits" in fields:
        wanted = max(_MIN_QUBITS, min(n_features, _QUBITS), n_classes)
        spec = spec.with_(**{"circuit.n_qubits": min(wanted, max_qubits)})
    if "encoding.reduction" in fields:
        most = min(_DIRECT_FEATURES, ENCODINGS[spec.encoding.kind].max_features(spec.circuit.n_qubits))
        spec = spec.with_(**{"encoding.reduction": "linear" if n_features > most else "pca"})
    return spec


def choose_training(
    spec: ExperimentSpec, fields: Collection[AutomaticField], workload: Workload
) -> ExperimentSpec:
    """Choose learning rate, epochs and patience: enough steps for few rows too, but not for too long.

    Parameters
    ----------
    spec : ExperimentSpec
        The settings, with those of the circuit already chosen.
    fields : collection of str
        Those of them to choose; the others stay as they are.
    workload : Workload
        The size of the data.
    """
    chosen: dict[AutomaticField, float] = {
        "training.learning_rate": _LINEAR_LEARNING_RATE
        if spec.encoding.reduction == "linear"
        else field_of("training.learning_rate").default,
        "training.epochs": _epochs(spec, workload),
    }
    spec = spec.with_(**{field: value for field, value in chosen.items() if field in fields})
    if "training.patience" in fields:
        spec = spec.with_(**{"training.patience": max(1, round(_PATIENCE * spec.training.epochs))})
    return spec


def _epochs(spec: ExperimentSpec, workload: Workload) -> int:
    steps_per_epoch = ceil(workload.rows["train"] / spec.training.batch_size)
    # A number that is easy to read.
    epochs = min(max(_MIN_EPOCHS, 10 * round(_STEPS / steps_per_epoch / 10)), _MAX_EPOCHS)
    seconds = estimate_run(spec.with_(**{"training.epochs": epochs}), workload, MachineSpeed()).seconds
    if seconds <= _MAX_SECONDS:
        return epochs
    return max(_MIN_AFFORDABLE_EPOCHS, round(epochs * _MAX_SECONDS / seconds))


def write_fields(fields: Collection[AutomaticField]) -> str:
    """Return fields as one value of a link, by their query keys: ``"q.red"``."""
    return ".".join(key for key, path in query_keys().items() if path in fields)


def read_fields(text: str) -> tuple[AutomaticField, ...]:
    """Return the fields that `write_fields` wrote; others, perhaps of a later version, are ignored."""
    named = {query_keys().get(key) for key in text.split(".")}
    return tuple(field for field in AUTOMATIC_FIELDS if field in named)
