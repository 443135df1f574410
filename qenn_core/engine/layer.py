"""A quantum function as a torch module, evaluated by PennyLane."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import pennylane as qml
import torch

from qenn_core.engine.shots import SampledLayer


def quantum_layer(
    circuit: Callable[..., Any],
    weight_shapes: Mapping[str, tuple[int, ...]],
    *,
    n_qubits: int,
    mixed: bool = False,
    shots: int = 0,
    seed: int = 0,
) -> torch.nn.Module:
    """Make a torch module of a quantum function.

    The module takes inputs of shape ``(batch, n_inputs)`` to ``(batch, n_outputs)``, one output a
    measurement, all in double precision: the simulator's own, and for circuits of this size no slower
    than single. Weights are its parameters, drawn uniformly from [0, 2π) by torch's global generator.

    Parameters
    ----------
    circuit : callable
        A PennyLane quantum function of ``inputs`` and of the names in `weight_shapes`. It broadcasts over
        a leading dimension of ``inputs``. It returns a list of expectation values; with shots, those of
        Z on each wire in order.
    weight_shapes : mapping of str to tuple of int
        Shape of each weight.
    n_qubits : int
        The circuit acts on wires ``0 … n_qubits - 1``.
    mixed : bool
        Whether the circuit holds channels, so that a density matrix must be simulated.
    shots : int
        Measurements per row; 0 gives exact expectations. See `SampledLayer`.
    seed : int
        Seed of the measurements; unused with ``shots=0``.
    """
    wires = range(n_qubits)

    @wraps(circuit)
    def measured(*args: Any, **kwargs: Any) -> Any:
        expectations = circuit(*args, **kwargs)
        return [*expectations, qml.probs(wires=wires)] if shots else expectations

    device = qml.device("default.mixed" if mixed else "default.qubit", wires=wires)
    node = qml.QNode(measured, device, interface="torch", diff_method="backprop")
    layer: torch.nn.Module = qml.qnn.TorchLayer(node, dict(weight_shapes)).double()
    return SampledLayer(layer, n_qubits=n_qubits, shots=shots, seed=seed) if shots else layer
