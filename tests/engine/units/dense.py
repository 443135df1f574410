"""Straightforward counterparts of the engine's computations, with full matrices."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.complex128]

PAULIS = {
    "I": np.eye(2, dtype=complex),
    "X": np.array([[0, 1], [1, 0]], dtype=complex),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]).astype(complex),
}


def kron(*matrices: Matrix) -> Matrix:
    """Return the Kronecker product of any number of matrices, or of none."""
    return reduce(np.kron, matrices, np.eye(1, dtype=complex))


def pauli_word(word: str) -> Matrix:
    """Return the matrix of a word such as ``"XZ"``."""
    return kron(*(PAULIS[letter] for letter in word))


def on_register(matrix: Matrix, wires: Sequence[int], n_wires: int, dim: int = 2) -> Matrix:
    """Return the matrix on the whole register of one that acts on some wires."""
    rest = [wire for wire in range(n_wires) if wire not in wires]
    full = np.kron(matrix, np.eye(dim ** len(rest))).reshape([dim] * (2 * n_wires))
    axes = np.argsort([*wires, *rest])
    return full.transpose([*axes, *(n_wires + axes)]).reshape(dim**n_wires, dim**n_wires)


def complex_normal(draw: np.random.Generator, *shape: int) -> Matrix:
    """Draw complex numbers, real and imaginary parts alike."""
    return draw.normal(size=shape) + 1j * draw.normal(size=shape)


def unitary(draw: np.random.Generator, n_wires: int) -> Matrix:
    """Draw a unitary matrix."""
    return np.asarray(np.linalg.qr(complex_normal(draw, 2**n_wires, 2**n_wires))[0])


def kraus_operators(draw: np.random.Generator, n_wires: int, number: int) -> Matrix:
    """Draw a channel: the blocks of an isometry, (number, 2**n_wires, 2**n_wires)."""
    dim = 2**n_wires
    isometry = np.linalg.qr(complex_normal(draw, number * dim, dim))[0]
    return isometry.reshape(number, dim, dim)


def state_vector(draw: np.random.Generator, n_wires: int) -> Matrix:
    """Draw a pure state."""
    amplitudes = complex_normal(draw, 2**n_wires)
    return amplitudes / np.linalg.norm(amplitudes)


def density_matrix(draw: np.random.Generator, n_wires: int) -> Matrix:
    """Draw a mixed state of full rank."""
    root = complex_normal(draw, 2**n_wires, 2**n_wires)
    positive = root @ root.conj().T
    return np.asarray(positive / np.trace(positive))


def words(n_wires: int) -> list[str]:
    """Return all Pauli words, in the order of a Pauli vector."""
    return [first + rest for first in PAULIS for rest in words(n_wires - 1)] if n_wires else [""]


def pauli_vector(density: Matrix) -> NDArray[np.float64]:
    """Return Tr(P ρ) of all Pauli words."""
    n_wires = len(density).bit_length() - 1
    return np.array([np.trace(pauli_word(word) @ density).real for word in words(n_wires)])
