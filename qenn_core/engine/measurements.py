"""Measurements as constant matrices, on products of a state's amplitudes or on a Pauli vector.

Some measurements are computed from several that such a matrix can express.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse
import torch
from numpy.typing import NDArray

from qenn_core.engine.paulis import LETTERS, word_action, word_index
from qenn_core.engine.register import digits


@dataclass(frozen=True)
class Expectation:
    """The expectation value of a weighted sum of Pauli words, each with one letter per wire."""

    words: tuple[tuple[str, float], ...]

    @property
    def n_outputs(self) -> int:
        """Always one."""
        return 1


@dataclass(frozen=True)
class Probabilities:
    """The probabilities of joint outcomes on some wires, the first wire most significant.

    Parameters
    ----------
    wires : tuple of int
        The measured wires.
    basis : str
        The Pauli operator measured on each of them; outcome 0 is its eigenvalue +1.
    """

    wires: tuple[int, ...]
    basis: str

    @property
    def n_outputs(self) -> int:
        """One number per outcome."""
        return int(2 ** len(self.wires))


LinearMeasurement = Expectation | Probabilities


@dataclass(frozen=True)
class Variance:
    """The variance ⟨O²⟩ - ⟨O⟩² of an observable."""

    square: Expectation
    mean: Expectation

    @property
    def n_outputs(self) -> int:
        """Always one."""
        return 1


@dataclass(frozen=True)
class DensityMatrix:
    """The real parts of the density matrix of some wires, row by row, each an expectation value."""

    entries: tuple[Expectation, ...]

    @property
    def n_outputs(self) -> int:
        """One number per entry."""
        return len(self.entries)


@dataclass(frozen=True)
class Amplitudes:
    """The real parts of the amplitudes of a pure state."""

    n_outputs: int


# What a compiled circuit computes, and what a quantum function may return.
Part = LinearMeasurement | Amplitudes
Measurement = Part | Variance | DensityMatrix


def n_outputs(measurements: Sequence[Measurement]) -> int:
    """Return the total number of outputs of the measurements."""
    return sum(measurement.n_outputs for measurement in measurements)


def parts(measurement: Measurement) -> tuple[Part, ...]:
    """Return the measurements from which `combine` computes this one."""
    if isinstance(measurement, Variance):
        return (measurement.square, measurement.mean)
    return measurement.entries if isinstance(measurement, DensityMatrix) else (measurement,)


def all_parts(measurements: Sequence[Measurement]) -> tuple[Part, ...]:
    """Return the parts of all measurements."""
    return tuple(part for measurement in measurements for part in parts(measurement))


def combine(measurements: Sequence[Measurement], results: torch.Tensor) -> torch.Tensor:
    """Compute measurements from the results (..., n) of all their parts."""
    if not any(isinstance(measurement, Variance) for measurement in measurements):
        return results
    sizes = [n_outputs(parts(measurement)) for measurement in measurements]
    pieces = results.split_with_sizes(sizes, dim=-1)
    return torch.cat(
        [
            piece[..., :1] - piece[..., 1:] ** 2 if isinstance(measurement, Variance) else piece
            for measurement, piece in zip(measurements, pieces, strict=True)
        ],
        dim=-1,
    )


def amplitude_readout(
    measurements: Sequence[LinearMeasurement], n_wires: int
) -> dict[int, scipy.sparse.csr_array]:
    """Return the matrices that turn products of amplitudes ψ into outputs.

    All probabilities must be in the basis Z.

    Returns
    -------
    dict of int to sparse matrix, shape (n_outputs, 2**n_wires)
        For each mask, the weights of the products ψ*(z) ψ(z ^ mask). The real parts of all weighted sums add
        up to the outputs.
    """
    positions = np.arange(2**n_wires)
    terms: dict[int, list[tuple[NDArray[np.int64], NDArray[np.complex128]]]] = {0: []}
    first = 0
    for measurement in measurements:
        if isinstance(measurement, Expectation):
            for word, coefficient in measurement.words:
                mask, phases = word_action(word)
                terms.setdefault(mask, []).append((np.full_like(positions, first), coefficient * phases))
        else:
            outcomes = digits(measurement.wires, n_wires, 2)
            terms[0].append((first + outcomes, np.ones(len(positions), dtype=complex)))
        first += measurement.n_outputs
    matrices = {}
    for mask, of_mask in terms.items():
        rows = np.concatenate([rows for rows, _ in of_mask] or [positions[:0]])
        values = np.concatenate([values for _, values in of_mask] or [np.zeros(0, dtype=complex)])
        entries = (values, (rows, np.tile(positions, len(of_mask))))
        matrices[mask] = scipy.sparse.csr_array(entries, shape=(first, len(positions)))
    return matrices


def pauli_readout(measurements: Sequence[LinearMeasurement], n_wires: int) -> scipy.sparse.csr_array:
    """Return the matrix (n_outputs, 4**n_wires) that turns a Pauli vector into outputs."""
    rows, columns, values = [], [], []
    first = 0
    for measurement in measurements:
        if isinstance(measurement, Expectation):
            words = measurement.words
            rows.append(np.full(len(words), first))
            columns.append(np.array([word_index(word) for word, _ in words], dtype=np.int64))
            values.append(np.array([coefficient for _, coefficient in words]))
        else:
            # P(j) = 2⁻ᵏ Σ_s (-1)^(s·j) ⟨P^s⟩ over all words of I and the basis' letters on the k wires.
            k, n_outcomes = len(measurement.wires), measurement.n_outputs
            bits = np.arange(n_outcomes)[:, None] >> np.arange(k)[::-1] & 1
            place_values = [
                LETTERS.index(letter) * 4 ** (n_wires - 1 - wire)
                for wire, letter in zip(measurement.wires, measurement.basis, strict=True)
            ]
            signs = 1.0 - 2 * (bits @ bits.T % 2)
            rows.append(np.repeat(first + np.arange(n_outcomes), n_outcomes))
            columns.append(np.tile(bits @ np.array(place_values, dtype=np.int64), n_outcomes))
            values.append(signs.ravel() / n_outcomes)
        first += measurement.n_outputs
    entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    return scipy.sparse.csr_array(entries, shape=(first, 4**n_wires))
