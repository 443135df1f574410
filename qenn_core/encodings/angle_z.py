"""Angle encoding about the Z axis, which needs a superposition to act on."""

from __future__ import annotations

from typing import Any

from qenn_core.encodings._spread import QUARTER_TURNS, one_per_qubit, spread
from qenn_core.registry import ENCODINGS, Encoding


def apply(inputs: Any, wires: Any) -> None:
    """Bring each qubit into superposition, then turn it about Z by its input, in radians."""
    import pennylane as qml

    for value, wire in spread(inputs, wires):
        qml.Hadamard(wires=wire)
        qml.RZ(value, wires=wire)


ENCODINGS.add(
    Encoding(
        key="angle_z",
        label="Angle Z",
        help="Each qubit starts halfway between |0⟩ and |1⟩; a number turns its phase.",
        order=30,
        apply=apply,
        capacity=one_per_qubit,
        input_range=QUARTER_TURNS,
        n_angles=one_per_qubit,
    )
)
