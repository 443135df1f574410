"""What is measured, as constant matrices: on the products of a state's amplitudes, or on a Pauli vector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from qenn_core.engine.paulis import LETTERS, word_action, word_index
from qenn_core.engine.register import digits


@dataclass(frozen=True)
class Expectation:
    """The expectation value of a sum of Pauli words, each with one letter a wire."""

    words: tuple[tuple[str, float], ...]

    @property
    def n_outputs(self) -> int:
        """One number."""
        return 1


@dataclass(frozen=True)
class Probabilities:
    """The probabilities of joint outcomes on some wires, the first wire most significant.

    Parameters
    ----------
    wires : tuple of int
        Which wires are measured.
    basis : str
        For each of them the Pauli operator that is measured; outcome 0 is its eigenvalue +1.
    """

    wires: tuple[int, ...]
    basis: str

    @property
    def n_outputs(self) -> int:
        """One number an outcome."""
        return int(2 ** len(self.wires))


Measurement = Expectation | Probabilities


def n_outputs(measurements: Sequence[Measurement]) -> int:
    """Return how many numbers the measurements give together."""
    return sum(one.n_outputs for one in measurements)


def on_amplitudes(measurements: Sequence[Measurement], n_wires: int) -> dict[int, scipy.sparse.csr_array]:
    """Return how outputs come from amplitudes ψ, all probabilities being those of Z.

    Returns
    -------
    dict of int to sparse matrix, shape (n_outputs, 2**n_wires)
        For each mask the weights of the products ψ*(z) ψ(z ^ mask); the real parts of all sums add up to
        the outputs.
    """
    places = np.arange(2**n_wires)
    parts: dict[int, list[tuple[NDArray[np.int64], NDArray[np.complex128]]]] = {0: []}
    first = 0
    for one in measurements:
        if isinstance(one, Expectation):
            for word, coefficient in one.words:
                mask, phases = word_action(word)
                parts.setdefault(mask, []).append((np.full_like(places, first), coefficient * phases))
        else:
            parts[0].append((first + digits(one.wires, n_wires, 2), np.ones(len(places), dtype=complex)))
        first += one.n_outputs
    matrices = {}
    for mask, some in parts.items():
        rows = np.concatenate([rows for rows, _ in some] or [places[:0]])
        values = np.concatenate([values for _, values in some] or [np.zeros(0, dtype=complex)])
        entries = (values, (rows, np.tile(places, len(some))))
        matrices[mask] = scipy.sparse.csr_array(entries, shape=(first, len(places)))
    return matrices


def on_pauli_vector(measurements: Sequence[Measurement], n_wires: int) -> scipy.sparse.csr_array:
    """Return the matrix (n_outputs, 4**n_wires) that takes Pauli vectors to outputs."""
    rows, columns, values = [], [], []
    first = 0
    for one in measurements:
        if isinstance(one, Expectation):
            rows.append(np.full(len(one.words), first))
            columns.append(np.array([word_index(word) for word, _ in one.words], dtype=np.int64))
            values.append(np.array([coefficient for _, coefficient in one.words]))
        else:
            # P(j) = 2⁻ᵏ Σ_s (-1)^(s·j) ⟨P^s⟩ over all words of I and the basis' letters on the k wires.
            k, width = len(one.wires), one.n_outputs
            bits = np.arange(width)[:, None] >> np.arange(k)[::-1] & 1
            digits = [
                LETTERS.index(letter) * 4 ** (n_wires - 1 - wire)
                for wire, letter in zip(one.wires, one.basis, strict=True)
            ]
            signs = 1.0 - 2 * (bits @ bits.T % 2)
            rows.append(np.repeat(first + np.arange(width), width))
            columns.append(np.tile(bits @ np.array(digits, dtype=np.int64), width))
            values.append(signs.ravel() / width)
        first += one.n_outputs
    entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    return scipy.sparse.csr_array(entries, shape=(first, 4**n_wires))
