"""Angle encoding about the Y axis."""

from __future__ import annotations

from typing import Any

from qenn_core.encodings._angles import QUARTER_TURNS, one_per_qubit, pair_with_wires
from qenn_core.registry import ENCODINGS, Encoding


def apply(inputs: Any, wires: Any) -> None:
    """Rotate each qubit about Y by its input, in radians."""
    import pennylane as qml

    for value, wire in pair_with_wires(inputs, wires):
        qml.RY(value, wires=wire)


ENCODINGS.add(
    Encoding(
        key="angle_y",
        label="Angle Y",
        help="Each number rotates one qubit about the Y axis, from |0⟩ towards |1⟩.",
        order=10,
        apply=apply,
        capacity=one_per_qubit,
        input_range=QUARTER_TURNS,
        n_angles=one_per_qubit,
    )
)
