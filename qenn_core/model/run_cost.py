"""What a whole run takes, from its first step to its last score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil

from qenn_core.experiment import ExperimentSpec
from qenn_core.model.cost import ENCODED_BYTES, Cost, estimate_step, evaluation_seconds, of_rows, state_bytes
from qenn_core.model.shape import model_shape
from qenn_core.registry import ENCODINGS

# Seconds for preparing the data and fitting the classical models, and for each number in the features.
_PREPARE_SECONDS, _FEATURE_SECONDS = 0.2, 1e-6
# Seconds for recording and compiling a circuit, for each layer and qubit.
_COMPILE_SECONDS = 0.015
# Seconds for each weight of the classical layers and each row, forward and back.
_DENSE_SECONDS = 2e-9
# What looking at the model takes while it trains, besides the training; and the points of the last look.
_WATCHED, _POINTS, _POINTS_UNDER_NOISE = 1.3, 1600, 400
# Bytes for each number in the features, which is kept in some forms; and copies of the weights: gradients,
# what an optimizer remembers, the best ones so far, and what is packed of them.
_FEATURE_BYTES, _WEIGHT_BYTES = 50, 40
# What is held of the states of rows that are evaluated.
_EVALUATION_BYTES = 20e6


@dataclass(frozen=True)
class Workload:
    """The data that a run learns from, as far as they decide what it takes.

    Parameters
    ----------
    rows : mapping of str to int
        Rows of the parts ``"train"``, ``"validation"`` and ``"test"``.
    n_features, n_inputs, n_classes : int
        Prepared features, those of them that enter the model, and classes.
    """

    rows: Mapping[str, int]
    n_features: int
    n_inputs: int
    n_classes: int

    def of(self, spec: ExperimentSpec) -> Workload:
        """Return what becomes of the workload with other settings: a smaller sample, a smaller circuit."""
        n_rows, sample = sum(self.rows.values()), spec.data.sample_rows
        share = min(1, sample / n_rows) if sample else 1
        holds = ENCODINGS[spec.encoding.kind].capacity(spec.circuit.n_qubits)
        return replace(
            self,
            rows={name: round(share * n) for name, n in self.rows.items()},
            n_inputs=self.n_inputs if spec.encoding.reduction == "linear" else min(self.n_inputs, holds),
        )


@dataclass(frozen=True)
class MachineSpeed:
    """How long a machine takes, in terms of what `qenn_core.model.cost` estimates.

    Parameters
    ----------
    compiled, pennylane : float
        With the one engine and with the other.
    """

    compiled: float = 1.0
    pennylane: float = 1.0

    def of(self, spec: ExperimentSpec) -> float:
        """Return the factor for the engine of `spec`."""
        return self.pennylane if spec.engine.kind == "pennylane" else self.compiled


def estimate_run(spec: ExperimentSpec, workload: Workload, speed: MachineSpeed) -> Cost:
    """Estimate what a run of all its epochs takes, if nothing else keeps the machine busy.

    Parameters
    ----------
    spec : ExperimentSpec
        The experiment.
    workload : Workload
        Its data.
    speed : MachineSpeed
        The machine.
    """
    workload = workload.of(spec)
    train, held_out, all_rows = (
        workload.rows["train"],
        workload.rows["validation"],
        sum(workload.rows.values()),
    )
    batch = min(spec.training.batch_size, train)
    step = estimate_step(of_rows(spec, batch))
    n_weights = sum(model_shape(spec, workload.n_inputs, workload.n_classes).parameters.values())
    numbers = all_rows * (workload.n_features + workload.n_inputs)
    n_bytes = (
        max(step.bytes, _EVALUATION_BYTES)
        + min(all_rows * state_bytes(spec), ENCODED_BYTES)
        + _FEATURE_BYTES * numbers
        + _WEIGHT_BYTES * n_weights
    )
    if not step.seconds:
        return Cost(n_bytes, 0)
    in_layers = _DENSE_SECONDS * n_weights * train
    an_epoch = (
        ceil(train / batch) * step.seconds
        + in_layers
        + evaluation_seconds(spec, train)
        + evaluation_seconds(spec, held_out)
    )
    start = (
        _PREPARE_SECONDS
        + _FEATURE_SECONDS * numbers
        + _COMPILE_SECONDS * spec.circuit.n_qubits * spec.circuit.n_layers
    )
    points = _POINTS_UNDER_NOISE if spec.noise.active else _POINTS
    end = evaluation_seconds(spec, all_rows) + evaluation_seconds(spec, points)
    return Cost(n_bytes, speed.of(spec) * (start + _WATCHED * spec.training.epochs * an_epoch + end))
