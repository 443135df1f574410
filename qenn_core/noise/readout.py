"""Readout error: the circuit is perfect, the measurement is not."""

from __future__ import annotations

from qenn_core.noise import bit_flip
from qenn_core.registry import NOISE_CHANNELS, NoiseChannel

NOISE_CHANNELS.add(
    NoiseChannel(
        key="readout",
        label="Readout error",
        help="With this probability a measured 0 is read as 1, or a 1 as 0.",
        order=50,
        # At 1/2 the result is completely random; a higher level is equivalent to a lower one, inverted.
        max_level=0.5,
        # A readout error is a bit flip just before a perfect measurement.
        apply=bit_flip.apply,
        on_measurement=True,
    )
)
