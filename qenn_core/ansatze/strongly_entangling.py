"""Strongly entangling layers (Schuld et al. 2020, arXiv:1804.00633)."""

from __future__ import annotations

from typing import Any

from qenn_core.ansatze._links import links
from qenn_core.registry import ANSATZE, Ansatz


def layer(weights: Any, wires: Any, index: int, entanglement: str) -> None:
    """Turn every qubit freely, then link them by CNOT.

    As a ring it is a layer of ``pennylane.StronglyEntanglingLayers``: the ring reaches one wire further
    from layer to layer, and starts over when it has gone around.
    """
    import pennylane as qml

    for i, wire in enumerate(wires):
        qml.Rot(weights[i, 0], weights[i, 1], weights[i, 2], wires=wire)
    stride = index % max(len(wires) - 1, 1) + 1
    for pair in links(wires, entanglement, stride=stride, both_ways=True):
        qml.CNOT(wires=pair)


ANSATZE.add(
    Ansatz(
        key="strongly_entangling",
        label="Strongly entangling",
        help="Three angles turn each qubit any way; CNOT gates link ever more distant qubits.",
        order=10,
        layer=layer,
        weight_shape=lambda n_qubits: (n_qubits, 3),
    )
)
