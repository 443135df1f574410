"""Hardware-efficient layers (Kandala et al. 2017, arXiv:1704.05018), with real rotations and CZ."""

from __future__ import annotations

from typing import Any

from qenn_core.ansatze._links import links
from qenn_core.registry import ANSATZE, Ansatz


def layer(weights: Any, wires: Any, index: int, entanglement: str) -> None:
    """Turn every qubit about Y, then link them by CZ, which has no direction."""
    import pennylane as qml

    for i, wire in enumerate(wires):
        qml.RY(weights[i], wires=wire)
    for pair in links(wires, entanglement):
        qml.CZ(wires=pair)


ANSATZE.add(
    Ansatz(
        key="hardware_efficient",
        label="Hardware efficient",
        help="One angle turns each qubit about Y; CZ gates link neighbours, as many devices do it natively.",
        order=30,
        layer=layer,
        weight_shape=lambda n_qubits: (n_qubits,),
    )
)
