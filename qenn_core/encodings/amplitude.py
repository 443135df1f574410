"""Amplitude encoding: a row of up to 2ⁿ numbers as the state vector of n qubits."""

from __future__ import annotations

from typing import Any

from qenn_core.registry import ENCODINGS, Encoding


def pad_and_normalise(inputs: Any, n_amplitudes: int) -> Any:
    """Pad rows with zeros and scale them to unit length, in double precision.

    ``pennylane.AmplitudeEmbedding`` normalises too, but divides a row of zeros by zero.

    Parameters
    ----------
    inputs : tensor, shape (..., n_inputs)
        Finite numbers, with ``1 <= n_inputs <= n_amplitudes``.
    n_amplitudes : int
        The length of the padded rows.

    Returns
    -------
    tensor, shape (..., n_amplitudes)
        Rows of unit length. A row of zeros, which has no direction, becomes (1, 0, …, 0) with a gradient
        of zero.
    """
    from pennylane import math

    inputs = math.cast(inputs, "float64")
    # Without this scaling, squares of very large or very small numbers would overflow or underflow.
    largest = math.max(math.abs(math.detach(inputs)), axis=-1, keepdims=True)
    rows = inputs / math.where(largest == 0, math.ones_like(largest), largest)
    squares = math.sum(rows**2, axis=-1, keepdims=True)
    is_zero = squares == 0
    rows = rows / math.sqrt(math.where(is_zero, math.ones_like(squares), squares))
    first = math.concatenate([math.ones_like(rows[..., :1]), math.zeros_like(rows[..., 1:])], axis=-1)
    rows = math.where(is_zero, first, rows)
    padding = [math.zeros_like(rows[..., :1])] * (n_amplitudes - rows.shape[-1])
    return math.concatenate([rows, *padding], axis=-1)


def apply(inputs: Any, wires: Any) -> None:
    """Prepare the state whose amplitudes are the inputs, padded and scaled to unit length."""
    import pennylane as qml

    qml.StatePrep(pad_and_normalise(inputs, 2 ** len(wires)), wires=wires, validate_norm=False)


ENCODINGS.add(
    Encoding(
        key="amplitude",
        label="Amplitude",
        help="Stores up to 2ⁿ − 1 numbers of a row in n qubits, scaled to length 1; a constant number beside "
        "them keeps their sign and their size.",
        order=40,
        apply=apply,
        capacity=lambda n_qubits: 2**n_qubits,
        # Rows are scaled to unit length, whatever their range.
        input_range=None,
        n_angles=None,
        # A state and its negative are the same, and a state has no length of its own.
        needs_constant=True,
    )
)
