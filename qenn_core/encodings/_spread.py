"""One input a qubit: what the encodings by rotation angles share."""

from __future__ import annotations

from collections.abc import Iterator
from math import pi
from typing import Any

# Within a quarter turn to either side the expectation value of a rotated qubit is a one-to-one image
# of the input, and the two ends of the range do not meet.
QUARTER_TURNS = (-pi / 2, pi / 2)


def one_per_qubit(n_qubits: int) -> int:
    """Return how many inputs fit, and how many angles they become, when each qubit takes one."""
    return n_qubits


def spread(inputs: Any, wires: Any) -> Iterator[tuple[Any, Any]]:
    """Pair each wire with its input; fewer inputs than wires are repeated in turn.

    Parameters
    ----------
    inputs : tensor, shape (..., n_inputs)
        With ``1 <= n_inputs <= len(wires)``.
    wires : sequence
        The wires, first to last.

    Yields
    ------
    tuple of (tensor of shape (...), wire)
        Wire number i with input number ``i % n_inputs``.
    """
    n_inputs = inputs.shape[-1]
    for i, wire in enumerate(wires):
        yield inputs[..., i % n_inputs], wire
