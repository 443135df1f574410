"""Phase damping: superposition is lost, energy is not."""

from __future__ import annotations

from typing import Any

from qenn_core.registry import NOISE_CHANNELS, NoiseChannel


def apply(level: float, wire: Any) -> None:
    """Multiply the coherence between |0⟩ and |1⟩ by the square root of 1 - `level`."""
    import pennylane as qml

    qml.PhaseDamping(level, wires=wire)


NOISE_CHANNELS.add(
    NoiseChannel(
        key="phase_damping",
        label="Phase damping",
        help="Superpositions fade into plain randomness; |0⟩ and |1⟩ themselves do not change.",
        order=30,
        # At 1 no superposition is left.
        max_level=1.0,
        apply=apply,
    )
)
