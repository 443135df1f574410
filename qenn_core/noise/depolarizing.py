"""Depolarizing noise: the state is lost equally in all directions."""

from __future__ import annotations

from typing import Any

from qenn_core.registry import NOISE_CHANNELS, NoiseChannel


def apply(level: float, wire: Any) -> None:
    """Apply X, Y or Z with probability `level` / 3 each: the Bloch vector shrinks by 1 - 4 `level` / 3."""
    import pennylane as qml

    qml.DepolarizingChannel(level, wires=wire)


NOISE_CHANNELS.add(
    NoiseChannel(
        key="depolarizing",
        label="Depolarizing",
        help="With this probability a random flip (X, Y or Z) hits the qubit: its state fades evenly.",
        order=10,
        # At 3/4 the state is completely mixed; at higher levels the Bloch vector would grow again, inverted.
        max_level=0.75,
        apply=apply,
    )
)
