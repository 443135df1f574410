"""Basic entangler layers: one angle per qubit, then CNOT gates between neighbours."""

from __future__ import annotations

from typing import Any

from qenn_core.ansatze._entanglement import entangled_pairs
from qenn_core.registry import ANSATZE, Ansatz


def layer(weights: Any, wires: Any, index: int, entanglement: str) -> None:
    """Rotate each qubit about X, then apply CNOT gates.

    With ring entanglement this is a layer of ``pennylane.BasicEntanglerLayers``.
    """
    import pennylane as qml

    for i, wire in enumerate(wires):
        qml.RX(weights[i], wires=wire)
    for pair in entangled_pairs(wires, entanglement):
        qml.CNOT(wires=pair)


ANSATZE.add(
    Ansatz(
        key="basic_entangler",
        label="Basic entangler",
        help="One angle rotates each qubit about X; CNOT gates link neighbours. Few angles: quick to train.",
        order=20,
        layer=layer,
        weight_shape=lambda n_qubits: (n_qubits,),
    )
)
