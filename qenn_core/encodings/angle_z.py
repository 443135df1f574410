"""Angle encoding about the Z axis, which needs a superposition to act on."""

from __future__ import annotations

from typing import Any

from qenn_core.encodings._angles import QUARTER_TURNS, one_per_qubit, pair_with_wires
from qenn_core.registry import ENCODINGS, Encoding


def apply(inputs: Any, wires: Any) -> None:
    """Put each qubit into an equal superposition, then rotate it about Z by its input, in radians."""
    import pennylane as qml

    for value, wire in pair_with_wires(inputs, wires):
        qml.Hadamard(wires=wire)
        qml.RZ(value, wires=wire)


ENCODINGS.add(
    Encoding(
        key="angle_z",
        label="Angle Z",
        help="Each qubit starts halfway between |0⟩ and |1⟩; a number rotates its phase.",
        order=30,
        apply=apply,
        capacity=one_per_qubit,
        input_range=QUARTER_TURNS,
        n_angles=one_per_qubit,
    )
)
