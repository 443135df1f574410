"""Bit flip: |0⟩ and |1⟩ are swapped at random."""

from __future__ import annotations

from typing import Any

from qenn_core.registry import NOISE_CHANNELS, NoiseChannel


def apply(level: float, wire: Any) -> None:
    """Swap |0⟩ and |1⟩ with probability `level`."""
    import pennylane as qml

    qml.BitFlip(level, wires=wire)


NOISE_CHANNELS.add(
    NoiseChannel(
        key="bit_flip",
        label="Bit flip",
        help="With this probability |0⟩ and |1⟩ are swapped.",
        order=40,
        # At 1/2 the bit is completely random; a higher level equals a lower one with 0 and 1 renamed.
        max_level=0.5,
        apply=apply,
    )
)
