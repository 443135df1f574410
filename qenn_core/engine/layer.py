"""A quantum function as a torch module, evaluated by the engine or by PennyLane."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import pennylane as qml

from qenn_core.engine.fused import FusedTorchLayer, Gradient

EngineName = Literal["fused", "pennylane"]
# Prefixes of PennyLane's own simulators, which accept a seed.
_SEEDED_DEVICES = ("default.", "lightning.", "reference.")


def quantum_layer(
    circuit: Callable[..., Any],
    weight_shapes: Mapping[str, tuple[int, ...]],
    *,
    n_qubits: int,
    mixed: bool = False,
    shots: int = 0,
    seed: int | Sequence[int] = 0,
    engine: EngineName = "fused",
    device: str = "default.qubit",
    gradient: Gradient = "backprop",
    n_models: int | None = None,
) -> FusedTorchLayer:
    """Build a torch module from a quantum function.

    The module maps inputs of shape ``(batch, n_inputs)`` to ``(batch, n_outputs)``, one output per
    measurement, in the precision of the inputs. Weights are its parameters, drawn uniformly from [0, 2π) by
    torch's global generator.

    Parameters
    ----------
    circuit : callable
        A PennyLane quantum function of ``inputs`` and the names in `weight_shapes`. It broadcasts over a
        leading dimension of ``inputs``, and returns a list of measurements.
    weight_shapes : mapping of str to tuple of int
        Shape of each weight.
    n_qubits : int
        Number of qubits; the circuit acts on wires ``0 … n_qubits - 1``.
    mixed : bool
        Whether the circuit contains channels, so that a density matrix must be simulated.
    shots : int
        Measurements per row; 0 gives exact expectations.
    seed : int or sequence of int
        Seed of the measurements, or one for each model; unused with ``shots=0``.
    engine : {"fused", "pennylane"}
        Whether this engine or PennyLane evaluates the circuit.
    device : str
        With ``engine="pennylane"``, the name of a PennyLane device; ``"default.qubit"`` is replaced by
        ``"default.mixed"`` if the circuit contains channels.
    gradient : {"backprop", "parameter-shift"}
        With ``engine="fused"``, how gradients are computed; see `FusedTorchLayer`.
    n_models : int, optional
        Number of models side by side; see `FusedTorchLayer`.

    Raises
    ------
    ValueError
        If the engine is unknown.
    """
    if engine not in ("fused", "pennylane"):
        raise ValueError(f"unknown engine {engine!r}; known: fused, pennylane")
    name = device if engine == "pennylane" else "default.qubit"
    if mixed and name == "default.qubit":
        name = "default.mixed"
    # Without a seed, some simulators draw one from NumPy's global generator.
    is_seeded = name.startswith(_SEEDED_DEVICES)
    options = {"seed": seed if isinstance(seed, int) else seed[0]} if is_seeded else {}
    node = qml.QNode(circuit, qml.device(name, wires=range(n_qubits), **options), interface="torch")
    if shots:
        node = qml.set_shots(node, shots)
    return FusedTorchLayer(
        node, weight_shapes, n_models=n_models, gradient=gradient, seed=seed, compiles=engine == "fused"
    )
