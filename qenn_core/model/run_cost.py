"""Estimate the memory and time of a whole run, from preparing the data to the final scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil

from qenn_core.experiment import ExperimentSpec
from qenn_core.model.cost import (
    MAX_ENCODED_BYTES,
    Cost,
    estimate_step,
    evaluation_seconds,
    state_bytes,
    with_batch_size,
)
from qenn_core.model.shape import model_inputs, model_shape

# Seconds for preparing the data and fitting the classical models, and for each number in the features.
_PREPARE_SECONDS, _FEATURE_SECONDS = 0.2, 1e-6
# Seconds for recording and compiling a circuit, for each layer and qubit.
_COMPILE_SECONDS = 0.015
# Seconds for each weight of the classical layers and each row, forward and backward.
_DENSE_SECONDS = 2e-9
# The live decision map makes epochs longer by this factor; and the points of the final map.
_LIVE_MAP_FACTOR, _MAP_POINTS, _NOISY_MAP_POINTS = 1.3, 1600, 400
# Bytes for each number in the features, of which there are several copies; and for each weight: gradient,
# optimizer state, best weights so far, and packed copies.
_FEATURE_BYTES, _WEIGHT_BYTES = 50, 40
# Memory for the states of rows during an evaluation.
_EVALUATION_BYTES = 20e6


@dataclass(frozen=True)
class Workload:
    """The size of a run's data, as far as it affects the cost.

    Parameters
    ----------
    rows : mapping of str to int
        Number of rows of the parts ``"train"``, ``"validation"`` and ``"test"``.
    n_features, n_classes : int
        Numbers of prepared features and of classes.
    """

    rows: Mapping[str, int]
    n_features: int
    n_classes: int

    def for_spec(self, spec: ExperimentSpec) -> Workload:
        """Return the workload with a smaller sample, if `spec` asks for one."""
        n_rows, sample = sum(self.rows.values()), spec.data.sample_rows
        fraction = min(1, sample / n_rows) if sample else 1
        return replace(self, rows={name: round(fraction * n) for name, n in self.rows.items()})


@dataclass(frozen=True)
class MachineSpeed:
    """How long this machine takes, relative to the estimates in `qenn_core.model.cost`.

    Parameters
    ----------
    compiled, pennylane : float
        Measured duration divided by the estimate, with the compiled engine and with PennyLane.
    """

    compiled: float = 1.0
    pennylane: float = 1.0

    def factor(self, spec: ExperimentSpec) -> float:
        """Return the factor for the engine of `spec`."""
        return self.pennylane if spec.engine.kind == "pennylane" else self.compiled


def estimate_run(spec: ExperimentSpec, workload: Workload, speed: MachineSpeed) -> Cost:
    """Estimate the cost of a run through all its epochs on an otherwise idle machine.

    Parameters
    ----------
    spec : ExperimentSpec
        The experiment.
    workload : Workload
        The size of its data.
    speed : MachineSpeed
        The speed of the machine.
    """
    workload = workload.for_spec(spec)
    n_train, n_validation = workload.rows["train"], workload.rows["validation"]
    n_rows = sum(workload.rows.values())
    batch_size = min(spec.training.batch_size, n_train)
    step = estimate_step(with_batch_size(spec, batch_size))
    n_inputs = model_inputs(spec, workload.n_features)
    n_weights = sum(model_shape(spec, n_inputs, workload.n_classes).parameters.values())
    n_numbers = n_rows * (workload.n_features + n_inputs)
    n_bytes = (
        max(step.bytes, _EVALUATION_BYTES)
        + min(n_rows * state_bytes(spec), MAX_ENCODED_BYTES)
        + _FEATURE_BYTES * n_numbers
        + _WEIGHT_BYTES * n_weights
    )
    if not step.seconds:
        return Cost(n_bytes, 0)
    epoch_seconds = (
        ceil(n_train / batch_size) * step.seconds
        + _DENSE_SECONDS * n_weights * n_train
        + evaluation_seconds(spec, n_train)
        + evaluation_seconds(spec, n_validation)
    )
    start_seconds = (
        _PREPARE_SECONDS
        + _FEATURE_SECONDS * n_numbers
        + _COMPILE_SECONDS * spec.circuit.n_qubits * spec.circuit.n_layers
    )
    n_points = _NOISY_MAP_POINTS if spec.noise.active else _MAP_POINTS
    end_seconds = evaluation_seconds(spec, n_rows) + evaluation_seconds(spec, n_points)
    epochs_seconds = _LIVE_MAP_FACTOR * spec.training.epochs * epoch_seconds
    return Cost(n_bytes, speed.factor(spec) * (start_seconds + epochs_seconds + end_seconds))
