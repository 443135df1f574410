"""Amplitude damping: qubits lose energy to their surroundings."""

from __future__ import annotations

from typing import Any

from qenn_core.registry import NOISE_CHANNELS, NoiseChannel


def apply(level: float, wire: Any) -> None:
    """Let |1⟩ decay to |0⟩ with probability `level`."""
    import pennylane as qml

    qml.AmplitudeDamping(level, wires=wire)


NOISE_CHANNELS.add(
    NoiseChannel(
        key="amplitude_damping",
        label="Amplitude damping",
        help="With this probability a qubit loses its energy and falls from |1⟩ to |0⟩.",
        order=20,
        # At 1 every qubit is in |0⟩.
        max_level=1.0,
        apply=apply,
    )
)
