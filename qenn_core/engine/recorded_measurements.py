"""Translate PennyLane's measurements to those of the engine: to Pauli words and outcomes of wires."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import pennylane as qml
from numpy.typing import NDArray
from pennylane import measurements as mp
from pennylane.pauli import PauliSentence, PauliWord

from qenn_core.engine.measurements import (
    Amplitudes,
    DensityMatrix,
    Expectation,
    Measurement,
    Probabilities,
    Variance,
)
from qenn_core.engine.paulis import TO_Z
from qenn_core.engine.unsupported import UnsupportedError

Positions = Mapping[Any, int]

# The entries of a density matrix are as many expectation values.
_MAX_DENSITY_WIRES = 3
# |j⟩⟨i| of one wire as a sum of Pauli letters.
_OUTER_PRODUCTS: dict[tuple[int, int], dict[str, complex]] = {
    (0, 0): {"I": 0.5, "Z": 0.5},
    (1, 1): {"I": 0.5, "Z": -0.5},
    (0, 1): {"X": 0.5, "Y": 0.5j},
    (1, 0): {"X": 0.5, "Y": -0.5j},
}


def convert_measurement(measurement: Any, positions: Positions, is_density_matrix: bool) -> Measurement:
    """Translate a measurement of a tape.

    Parameters
    ----------
    measurement : pennylane measurement process
        The measurement.
    positions : mapping of wire label to int
        Positions of the circuit's wires.
    is_density_matrix : bool
        Whether the device gives a density matrix as the state.

    Raises
    ------
    UnsupportedError
        If the engine does not compute it.
    """
    wires = tuple(positions[wire] for wire in measurement.wires) or tuple(range(len(positions)))
    kind = type(measurement)
    if kind is mp.ProbabilityMP:
        basis = "Z" * len(wires) if measurement.obs is None else _basis(measurement)
        return Probabilities(wires, basis)
    if kind in (mp.ExpectationMP, mp.VarianceMP):
        sentence = _sentence(measurement)
        mean = _expectation(sentence, positions)
        return (
            mean if kind is mp.ExpectationMP else Variance(_expectation(sentence @ sentence, positions), mean)
        )
    if kind is mp.StateMP and not is_density_matrix:
        return Amplitudes(2 ** len(positions))
    if kind in (mp.StateMP, mp.DensityMatrixMP) and len(wires) <= _MAX_DENSITY_WIRES:
        return _density_matrix(wires, len(positions))
    raise UnsupportedError(f"it measures {kind.__name__.removesuffix('MP').lower()}")


def _sentence(measurement: Any) -> PauliSentence:
    """Return the measured observable as a sum of Pauli words."""
    observable = measurement.obs
    if observable is None:
        # A function of outcomes that were measured on the way.
        return _diagonal(measurement.eigvals(), measurement.wires)
    try:
        sentence = observable.pauli_rep
        if sentence is None:
            matrix = np.asarray(qml.matrix(observable, wire_order=observable.wires))
            sentence = qml.pauli_decompose(matrix, wire_order=observable.wires, pauli=True)
        constant = PauliSentence({word: complex(coefficient) for word, coefficient in sentence.items()})
    except Exception as error:
        raise UnsupportedError(
            f"the observable {observable.name} is not a constant sum of Pauli words"
        ) from error
    if any(abs(coefficient.imag) > 1e-12 for coefficient in constant.values()):
        raise UnsupportedError(f"the observable {observable} is not Hermitian")
    return constant


def _diagonal(values: NDArray[np.float64], wires: Sequence[Any]) -> PauliSentence:
    """Return a diagonal matrix as a sum of words of I and Z, the first wire most significant."""
    size = len(values)
    sentence = PauliSentence()
    for mask in range(size):
        signs = 1 - 2 * (np.bitwise_count(np.arange(size) & mask) % 2).astype(int)
        letters = {wire: "Z" for place, wire in enumerate(wires) if mask >> (len(wires) - 1 - place) & 1}
        sentence[PauliWord(letters)] = complex(np.asarray(values) @ signs / size)
    return sentence


def _expectation(sentence: PauliSentence, positions: Positions) -> Expectation:
    words = []
    for word, coefficient in sentence.items():
        letters = ["I"] * len(positions)
        for label, letter in word.items():
            letters[positions[label]] = letter
        words.append(("".join(letters), complex(coefficient).real))
    return Expectation(tuple(words))


def _basis(measurement: Any) -> str:
    """Return the Pauli operator that is measured on each wire."""
    observable = measurement.obs
    words = list(observable.pauli_rep or ())
    letters = [words[0].get(wire, "Z") for wire in measurement.wires] if len(words) == 1 else []
    expected = np.ones((1, 1))
    for letter in letters:
        expected = np.kron(expected, TO_Z.get(letter, np.eye(2)))
    gates = measurement.diagonalizing_gates()
    actual = np.asarray(qml.matrix(qml.tape.QuantumScript(gates), wire_order=measurement.wires))
    # Phases of the outcomes do not matter.
    if letters and np.allclose(abs(actual @ expected.conj().T), np.eye(len(actual))):
        return "".join(letters)
    raise UnsupportedError(f"it measures the probabilities of {observable.name}, which is no Pauli word")


def _density_matrix(wires: Sequence[int], n_wires: int) -> DensityMatrix:
    bits = list(product((0, 1), repeat=len(wires)))
    return DensityMatrix(tuple(_real_entry(row, column, wires, n_wires) for row in bits for column in bits))


def _real_entry(row: Sequence[int], column: Sequence[int], wires: Sequence[int], n_wires: int) -> Expectation:
    """Return the real part of ⟨row|ρ|column⟩, which is that of the expectation value of |column⟩⟨row|."""
    words = [(["I"] * n_wires, 1 + 0j)]
    for wire, i, j in zip(wires, row, column, strict=True):
        words = [
            ([*letters[:wire], letter, *letters[wire + 1 :]], coefficient * factor)
            for letters, coefficient in words
            for letter, factor in _OUTER_PRODUCTS[j, i].items()
        ]
    return Expectation(tuple(("".join(letters), c.real) for letters, c in words if c.real))
