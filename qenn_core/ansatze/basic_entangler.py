"""Basic entangler layers: one angle a qubit, then CNOT gates between neighbours."""

from __future__ import annotations

from typing import Any

from qenn_core.ansatze._links import links
from qenn_core.registry import ANSATZE, Ansatz


def layer(weights: Any, wires: Any, index: int, entanglement: str) -> None:
    """Turn every qubit about X, then link them by CNOT.

    As a ring it is a layer of ``pennylane.BasicEntanglerLayers``.
    """
    import pennylane as qml

    for i, wire in enumerate(wires):
        qml.RX(weights[i], wires=wire)
    for pair in links(wires, entanglement):
        qml.CNOT(wires=pair)


ANSATZE.add(
    Ansatz(
        key="basic_entangler",
        label="Basic entangler",
        help="One angle turns each qubit about X; CNOT gates link neighbours. Few angles, quick to train.",
        order=20,
        layer=layer,
        weight_shape=lambda n_qubits: (n_qubits,),
    )
)
