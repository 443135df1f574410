"""Hardware-efficient layers (Kandala et al. 2017, arXiv:1704.05018), with real rotations and CZ."""

from __future__ import annotations

from typing import Any

from qenn_core.ansatze._entanglement import entangled_pairs
from qenn_core.registry import ANSATZE, Ansatz


def layer(weights: Any, wires: Any, index: int, entanglement: str) -> None:
    """Rotate each qubit about Y, then apply CZ gates, which are symmetric in their two qubits."""
    import pennylane as qml

    for i, wire in enumerate(wires):
        qml.RY(weights[i], wires=wire)
    for pair in entangled_pairs(wires, entanglement):
        qml.CZ(wires=pair)


ANSATZE.add(
    Ansatz(
        key="hardware_efficient",
        label="Hardware efficient",
        help="One angle rotates each qubit about Y; CZ gates, native to many devices, link neighbours.",
        order=30,
        layer=layer,
        weight_shape=lambda n_qubits: (n_qubits,),
    )
)
