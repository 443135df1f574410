"""The Pauli basis, in which a mixed state is a real vector and a channel a real matrix.

A density matrix of n qubits is ρ = 2⁻ⁿ Σ r_P P over the 4ⁿ Pauli words P; its Pauli vector r_P = Tr(P ρ) is
real. A word is a base-4 number with the digits I, X, Y, Z = 0 … 3, wire 0 first. Channels act on Pauli
vectors as real matrices (Nielsen & Chuang 2010, §8.4.2; "Pauli transfer matrix", arXiv:1509.02921).
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

LETTERS = "IXYZ"
# Gates after which measuring Z is equivalent to measuring the other operator before.
TO_Z = {"X": np.array([[1, 1], [1, -1]]) / np.sqrt(2), "Y": np.array([[1, -1j], [1, 1j]]) / np.sqrt(2)}
# Tr(P ρ) = Σ_ij P_ji ρ_ij, so row P of the change of basis is the transpose of P, flattened.
_MATRICES = np.array(
    [[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]], dtype=complex
)
_TO_PAULI = torch.from_numpy(_MATRICES.transpose(0, 2, 1).reshape(4, 4).copy())
_FROM_PAULI = torch.from_numpy(_MATRICES.reshape(4, 4).T.copy() / 2)


def transfer_matrix(kraus: torch.Tensor) -> torch.Tensor:
    """Return the matrix by which a channel acts on Pauli vectors.

    Parameters
    ----------
    kraus : complex tensor, shape (..., n_operators, 2**k, 2**k)
        Kraus operators; a unitary gate has one.

    Returns
    -------
    real tensor, shape (..., 4**k, 4**k)
    """
    return conjugation_matrix(kraus, kraus).sum(-3).real


def conjugation_matrix(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Return the matrix (..., 4**k, 4**k) by which ρ → left · ρ · right† acts on Pauli vectors.

    `left` and `right` are matrices (..., 2**k, 2**k).
    """
    dim = left.shape[-1]
    k = dim.bit_length() - 1
    # left ⊗ right* takes the entries (i, j) of ρ to (i', j').
    product = torch.einsum("...ab,...cd->...acbd", left, right.conj())
    leading = product.shape[:-4]
    # Interleave the row and the column digits of the wires: (i0 j0) (i1 j1) …
    out_axes, in_axes = [
        [len(leading) + side * 2 * k + part * k + wire for wire in range(k) for part in (0, 1)]
        for side in (0, 1)
    ]
    product = product.reshape(*leading, *[2] * (4 * k)).permute(*range(len(leading)), *out_axes, *in_axes)
    return (
        _kron_power(_TO_PAULI, k).to(product)
        @ product.reshape(*leading, 4**k, 4**k)
        @ _kron_power(_FROM_PAULI, k).to(product)
    )


def pauli_vector(state: torch.Tensor) -> torch.Tensor:
    """Return the Pauli vectors (..., 4**k) of state vectors (..., 2**k)."""
    leading, dim = state.shape[:-1], state.shape[-1]
    k = dim.bit_length() - 1
    density = (state.unsqueeze(-1) * state.conj().unsqueeze(-2)).reshape(*leading, *[2] * (2 * k))
    n_leading = len(leading)
    interleaved = [n_leading + part * k + wire for wire in range(k) for part in (0, 1)]
    vector = density.permute(*range(n_leading), *interleaved).reshape(*leading, *[4] * k)
    to_pauli = _TO_PAULI.to(state.device, torch.promote_types(state.dtype, torch.complex64))
    for wire in range(k):
        axis = n_leading + wire
        vector = (vector.movedim(axis, -1).to(to_pauli.dtype) @ to_pauli.mT).movedim(-1, axis)
    return vector.reshape(*leading, 4**k).real


def word_index(word: str) -> int:
    """Return the position of a Pauli word such as ``"IXZ"`` in a Pauli vector."""
    return int("".join(str(LETTERS.index(letter)) for letter in word) or "0", 4)


def word_action(word: str) -> tuple[int, NDArray[np.complex128]]:
    """Return the action of a Pauli word on basis states.

    Returns
    -------
    mask : int
        The word maps basis state z to ``z ^ mask``.
    phases : complex array, shape (2**len(word),)
        ⟨z| word |z ^ mask⟩ for each z.
    """
    mask = int("".join("1" if letter in "XY" else "0" for letter in word) or "0", 2)
    phases = np.ones(1, dtype=complex)
    for letter in word:
        matrix = _MATRICES[LETTERS.index(letter)]
        # Each row of a Pauli matrix has one entry.
        phases = np.kron(phases, matrix.sum(axis=1))
    return mask, phases


def _kron_power(matrix: torch.Tensor, k: int) -> torch.Tensor:
    result = torch.ones(1, 1, dtype=matrix.dtype)
    for _ in range(k):
        result = torch.kron(result, matrix)
    return result
