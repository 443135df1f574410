"""A circuit as linear maps on a register, in one of two pictures.

A pure state is a complex register with two levels per wire, on which gates are unitary matrices. A mixed
state is a real register with four levels per wire, its Pauli vector, on which gates and channels are transfer
matrices. All later stages are the same for both.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from qenn_core.engine.fourier import FourierSeries, constant_series
from qenn_core.engine.parameters import Dependencies, Value
from qenn_core.engine.paulis import conjugation_matrix, pauli_vector, transfer_matrix
from qenn_core.engine.trace import Gate, Trace


@dataclass(frozen=True)
class Map:
    """A linear map on some wires.

    Parameters
    ----------
    wires : tuple of int
        The wires it acts on, the first most significant.
    series : FourierSeries or None
        The matrix as a function of angles, of none if it is constant; ``None`` for a computed matrix.
    values : tuple of Value
        The angles, or the one computed value.
    """

    wires: tuple[int, ...]
    series: FourierSeries | None
    values: tuple[Value, ...] = ()

    @property
    def depends_on(self) -> Dependencies:
        """The dependencies of its values."""
        return frozenset().union(*(value.depends_on for value in self.values))


@dataclass(frozen=True)
class StatePreparation:
    """An initial state of some wires other than |0⟩: a constant vector, or a computed value."""

    wires: tuple[int, ...]
    vector: NDArray[np.complex128] | None
    value: Value | None


@dataclass(frozen=True)
class Program:
    """The maps that act on the register.

    Parameters
    ----------
    n_wires : int
        Wires of the register.
    mixed : bool
        Whether the register holds a Pauli vector instead of a state vector.
    preparations : tuple of StatePreparation
        Prepared states, on different wires, before all maps.
    maps : tuple of Map
        The maps, in order.
    """

    n_wires: int
    mixed: bool
    preparations: tuple[StatePreparation, ...]
    maps: tuple[Map, ...] = field(repr=False)

    @property
    def dim(self) -> int:
        """Levels per wire."""
        return 4 if self.mixed else 2

    @property
    def zero_state(self) -> NDArray[np.complex128]:
        """One wire in |0⟩."""
        return np.array([1, 0, 0, 1] if self.mixed else [1, 0], dtype=complex)


def build_program(trace: Trace) -> Program:
    """Translate a recorded circuit to maps."""
    mixed = trace.mixed
    preparations = tuple(_to_preparation(gate, mixed) for gate in trace.gates if gate.kind == "state")
    maps = tuple(_to_map(gate, mixed) for gate in trace.gates if gate.kind != "state")
    return Program(trace.n_wires, mixed, preparations, maps)


def _to_preparation(gate: Gate, mixed: bool) -> StatePreparation:
    vector = gate.constant
    if vector is not None and mixed:
        vector = pauli_vector(torch.from_numpy(vector)).numpy().astype(complex)
    return StatePreparation(gate.wires, vector, gate.values[0] if gate.values else None)


def _to_map(gate: Gate, mixed: bool) -> Map:
    if gate.constant is not None:
        matrix = transfer_matrix(torch.from_numpy(gate.constant)).numpy() if mixed else gate.constant[0]
        return Map(gate.wires, constant_series(matrix))
    if gate.series is not None and mixed:
        return Map(gate.wires, transfer_series(gate.series), gate.values)
    return Map(gate.wires, gate.series, gate.values)


def transfer_series(unitary: FourierSeries) -> FourierSeries:
    """Return the Fourier series of a gate's transfer matrix.

    With U = Σ_k A_k exp(i k·θ), U ρ U† is the sum of A_k ρ A_l† exp(i (k - l)·θ).
    """
    if unitary.key not in _TRANSFER_SERIES:
        matrices = torch.from_numpy(unitary.coefficients)
        pairs = conjugation_matrix(matrices[:, None], matrices[None, :]).flatten(0, 1).numpy()
        differences = unitary.frequencies[:, None] - unitary.frequencies[None, :]
        frequencies, index = np.unique(differences.reshape(len(pairs), -1), axis=0, return_inverse=True)
        sums = np.zeros((len(frequencies), *pairs.shape[1:]), dtype=complex)
        np.add.at(sums, index, pairs)
        _TRANSFER_SERIES[unitary.key] = FourierSeries(frequencies, sums).pruned()
    return _TRANSFER_SERIES[unitary.key]


_TRANSFER_SERIES: dict[object, FourierSeries] = {}
