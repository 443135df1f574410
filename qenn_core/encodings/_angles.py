"""Shared parts of the angle encodings, which rotate each qubit by one input."""

from __future__ import annotations

from collections.abc import Iterator
from math import pi
from typing import Any

# Within a quarter turn in either direction, the expectation value of a rotated qubit is a one-to-one function
# of the input, and the two ends of the range stay distinct.
QUARTER_TURNS = (-pi / 2, pi / 2)


def one_per_qubit(n_qubits: int) -> int:
    """Return the number of inputs, and of angles, of an encoding with one input per qubit."""
    return n_qubits


def pair_with_wires(inputs: Any, wires: Any) -> Iterator[tuple[Any, Any]]:
    """Pair each wire with an input; if there are fewer inputs than wires, start over with the first.

    Parameters
    ----------
    inputs : tensor, shape (..., n_inputs)
        With ``1 <= n_inputs <= len(wires)``.
    wires : sequence
        The wires, first to last.

    Yields
    ------
    tuple of (tensor of shape (...), wire)
        Input number ``i % n_inputs`` and wire number i.
    """
    n_inputs = inputs.shape[-1]
    for i, wire in enumerate(wires):
        yield inputs[..., i % n_inputs], wire
