"""Strongly entangling layers (Schuld et al. 2020, arXiv:1804.00633)."""

from __future__ import annotations

from typing import Any

from qenn_core.ansatze._entanglement import entangled_pairs
from qenn_core.registry import ANSATZE, Ansatz


def layer(weights: Any, wires: Any, index: int, entanglement: str) -> None:
    """Rotate each qubit by three angles, then apply CNOT gates.

    With ring entanglement this is a layer of ``pennylane.StronglyEntanglingLayers``: the stride of the ring
    grows by one from layer to layer and starts over at 1 when it reaches the number of wires.
    """
    import pennylane as qml

    for i, wire in enumerate(wires):
        qml.Rot(weights[i, 0], weights[i, 1], weights[i, 2], wires=wire)
    stride = index % max(len(wires) - 1, 1) + 1
    for pair in entangled_pairs(wires, entanglement, stride=stride, both_ways=True):
        qml.CNOT(wires=pair)


ANSATZE.add(
    Ansatz(
        key="strongly_entangling",
        label="Strongly entangling",
        help="Three angles rotate each qubit freely; each layer's CNOT gates link qubits further apart.",
        order=10,
        layer=layer,
        weight_shape=lambda n_qubits: (n_qubits, 3),
    )
)
