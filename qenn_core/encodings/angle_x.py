"""Angle encoding about the X axis."""

from __future__ import annotations

from typing import Any

from qenn_core.encodings._angles import QUARTER_TURNS, one_per_qubit, pair_with_wires
from qenn_core.registry import ENCODINGS, Encoding


def apply(inputs: Any, wires: Any) -> None:
    """Rotate each qubit about X by its input, in radians."""
    import pennylane as qml

    for value, wire in pair_with_wires(inputs, wires):
        qml.RX(value, wires=wire)


ENCODINGS.add(
    Encoding(
        key="angle_x",
        label="Angle X",
        help="Each number rotates one qubit about the X axis; like Angle Y, but with a different phase.",
        order=20,
        apply=apply,
        capacity=one_per_qubit,
        input_range=QUARTER_TURNS,
        n_angles=one_per_qubit,
    )
)
