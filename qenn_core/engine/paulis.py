"""The Pauli basis: a mixed state as real numbers, a channel as a real matrix.

A density matrix of n qubits is ρ = 2⁻ⁿ Σ r_P P over the 4ⁿ Pauli words P; its Pauli vector r_P = Tr(P ρ) is
real. A word is a base-4 number with the digits I, X, Y, Z = 0 … 3, wire 0 first. Channels act on Pauli
vectors as real matrices (Nielsen & Chuang 2010, §8.4.2; "Pauli transfer matrix", arXiv:1509.02921).
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

LETTERS = "IXYZ"
# Gates after which measuring Z is what measuring the other operator was before.
TO_Z = {"X": np.array([[1, 1], [1, -1]]) / np.sqrt(2), "Y": np.array([[1, -1j], [1, 1j]]) / np.sqrt(2)}
# Tr(P ρ) = Σ_ij P_ji ρ_ij: row P of the change of basis holds the transposed matrix, flattened.
_MATRICES = np.array(
    [[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]], dtype=complex
)
_TO_PAULI = torch.from_numpy(_MATRICES.transpose(0, 2, 1).reshape(4, 4).copy())
_FROM_PAULI = torch.from_numpy(_MATRICES.reshape(4, 4).T.copy() / 2)


def transfer_matrix(kraus: torch.Tensor) -> torch.Tensor:
    """Return the matrix that a channel is on Pauli vectors.

    Parameters
    ----------
    kraus : complex tensor, shape (..., n_operators, 2**k, 2**k)
        Kraus operators; a unitary is a channel with one.

    Returns
    -------
    real tensor, shape (..., 4**k, 4**k)
    """
    return sandwich(kraus, kraus).sum(-3).real


def sandwich(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Return the matrix on Pauli vectors (..., 4**k, 4**k) of ρ → left · ρ · right†, (..., 2**k, 2**k)."""
    dim = left.shape[-1]
    k = dim.bit_length() - 1
    # left ⊗ right* takes the entries (i, j) of ρ to (i', j').
    both = torch.einsum("...ab,...cd->...acbd", left, right.conj())
    lead = both.shape[:-4]
    # Bring the row and the column digit of each wire together: (i0 j0) (i1 j1) …
    halves = [
        [len(lead) + side * 2 * k + part * k + wire for wire in range(k) for part in (0, 1)]
        for side in (0, 1)
    ]
    both = both.reshape(*lead, *[2] * (4 * k)).permute(*range(len(lead)), *halves[0], *halves[1])
    return (
        _kron_power(_TO_PAULI, k).to(both)
        @ both.reshape(*lead, 4**k, 4**k)
        @ _kron_power(_FROM_PAULI, k).to(both)
    )


def pauli_vector(state: torch.Tensor) -> torch.Tensor:
    """Return the Pauli vectors (..., 4**k) of state vectors (..., 2**k)."""
    lead, dim = state.shape[:-1], state.shape[-1]
    k = dim.bit_length() - 1
    density = (state.unsqueeze(-1) * state.conj().unsqueeze(-2)).reshape(*lead, *[2] * (2 * k))
    n_lead = len(lead)
    pairs = [n_lead + part * k + wire for wire in range(k) for part in (0, 1)]
    vector = density.permute(*range(n_lead), *pairs).reshape(*lead, *[4] * k)
    to_pauli = _TO_PAULI.to(state.device, torch.promote_types(state.dtype, torch.complex64))
    for wire in range(k):
        vector = (vector.movedim(n_lead + wire, -1).to(to_pauli.dtype) @ to_pauli.mT).movedim(
            -1, n_lead + wire
        )
    return vector.reshape(*lead, 4**k).real


def word_index(word: str) -> int:
    """Return the place of a Pauli word such as ``"IXZ"`` in a Pauli vector."""
    return int("".join(str(LETTERS.index(letter)) for letter in word) or "0", 4)


def word_action(word: str) -> tuple[int, NDArray[np.complex128]]:
    """Return how a Pauli word acts on basis states.

    Returns
    -------
    mask : int
        The word takes basis state z to ``z ^ mask``.
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
