"""A minimal simulator: density matrices, one row at a time, with PennyLane's own matrices in full.

It is the reference for circuits with channels, because PennyLane's ``default.mixed`` is not exact: it takes
the root of each probability and squares it again, which costs eight digits and gives gradients of NaN at a
probability of 0. It also refuses many powers and controlled forms of gates, and some of its gradients for a
batch of parameters disagree with finite differences.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pennylane as qml
import torch
from pennylane.devices.preprocess import decompose
from pennylane.operation import Channel, StatePrepBase

from tests.engine.circuits import WEIGHT_SHAPES, Circuit
from tests.engine.parity import in_double


def _known(operation: qml.operation.Operator) -> bool:
    return isinstance(operation, Channel | StatePrepBase) or operation.has_matrix


def _tensor(value: Any) -> torch.Tensor:
    return value if isinstance(value, torch.Tensor) else torch.from_numpy(np.asarray(value))


def _complex(matrix: Any) -> torch.Tensor:
    return _tensor(matrix).to(torch.complex128)


class MatrixDevice(qml.devices.Device):
    """Simulate by multiplying matrices of the whole register; differentiable by backpropagation."""

    name = "matrices"

    def preprocess_transforms(self, execution_config: Any = None) -> Any:
        """Decompose operations that have no matrix."""
        pipeline = qml.transforms.core.CompilePipeline()
        pipeline.add_transform(decompose, stopping_condition=_known, name=self.name)
        return pipeline

    def supports_derivatives(self, execution_config: Any = None, circuit: Any = None) -> bool:
        """Return whether torch can differentiate the results."""
        return execution_config is None or execution_config.gradient_method in {"backprop", "best"}

    def execute(self, circuits: Sequence[qml.tape.QuantumScript], execution_config: Any = None) -> tuple:
        """Return the results of each circuit."""
        results = [self._results(circuit) for circuit in circuits]
        return tuple(result[0] if len(result) == 1 else result for result in results)

    def _results(self, circuit: qml.tape.QuantumScript) -> tuple[torch.Tensor, ...]:
        wires = self.wires or circuit.wires
        ket = torch.zeros(2 ** len(wires), dtype=torch.complex128)
        ket[0] = 1
        state = torch.outer(ket, ket)
        for operation in circuit.operations:
            if isinstance(operation, StatePrepBase):
                ket = _complex(operation.state_vector(wire_order=wires)).reshape(-1)
                state = torch.outer(ket, ket.conj())
                continue
            kraus = operation.kraus_matrices() if isinstance(operation, Channel) else [operation.matrix()]
            expand = partial(qml.math.expand_matrix, wires=operation.wires, wire_order=wires)
            state = sum(full @ state @ full.mH for full in map(expand, map(_complex, kraus)))
        return tuple(_measured(measurement, state, wires) for measurement in circuit.measurements)


class RowByRow(qml.qnn.TorchLayer):
    """PennyLane's layer, called with one row at a time."""

    def _evaluate_qnode(self, x: torch.Tensor) -> Any:
        if x.ndim == 1:
            return super()._evaluate_qnode(x)
        rows = [super(RowByRow, self)._evaluate_qnode(row) for row in x]
        if isinstance(rows[0], tuple):
            return tuple(torch.stack(entries) for entries in zip(*rows, strict=True))
        return torch.stack(rows)


def on_matrices(
    function: Callable[..., Any], wires: Sequence[Any], weight_shapes: Mapping[str, Any]
) -> RowByRow:
    """Return the layer of a quantum function, simulated with full matrices."""
    qnode = qml.QNode(function, MatrixDevice(wires), interface="torch", diff_method="backprop")
    return in_double(RowByRow, qnode, weight_shapes)


def reference_of(circuit: Circuit) -> RowByRow:
    """Return the layer of a random circuit, simulated with full matrices."""
    return in_double(RowByRow, circuit.node(MatrixDevice), WEIGHT_SHAPES)


def _measured(measurement: Any, state: torch.Tensor, wires: qml.wires.Wires) -> torch.Tensor:
    if isinstance(measurement, qml.measurements.ExpectationMP):
        return (_complex(qml.matrix(measurement.obs, wire_order=wires)) @ state).trace().real
    assert isinstance(measurement, qml.measurements.ProbabilityMP)
    measured_axes = [wires.index(wire) for wire in measurement.wires or wires]
    other_axes = [axis for axis in range(len(wires)) if axis not in measured_axes]
    probabilities = state.diagonal().real.reshape([2] * len(wires))
    return probabilities.permute(*measured_axes, *other_axes).reshape(2 ** len(measured_axes), -1).sum(1)
