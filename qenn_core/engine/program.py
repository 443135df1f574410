"""A circuit as linear maps on a register, in one of two pictures that share everything that follows.

A pure state is a complex register with two levels a wire, on which gates are unitary matrices. A mixed
state is a real register with four levels a wire, its Pauli vector, on which gates and channels are transfer
matrices.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from qenn_core.engine.fourier import Table, constant
from qenn_core.engine.parameters import Needs, Value
from qenn_core.engine.paulis import pauli_vector, sandwich, transfer_matrix
from qenn_core.engine.trace import Gate, Trace


@dataclass(frozen=True)
class Map:
    """A linear map on some wires.

    Parameters
    ----------
    wires : tuple of int
        Where it acts, the first wire most significant.
    table : Table or None
        The matrix as a function of angles (of none, if it is constant); ``None`` for a computed one.
    values : tuple of Value
        The angles, or the one computed value.
    """

    wires: tuple[int, ...]
    table: Table | None
    values: tuple[Value, ...] = ()

    @property
    def needs(self) -> Needs:
        """What it depends on."""
        return frozenset().union(*(value.needs for value in self.values))


@dataclass(frozen=True)
class Preparation:
    """A state that some wires begin in, instead of all in |0⟩."""

    wires: tuple[int, ...]
    vector: NDArray[np.complex128] | None
    value: Value | None


@dataclass(frozen=True)
class Program:
    """What happens to the register, in order.

    Parameters
    ----------
    n_wires : int
        Wires of the register.
    mixed : bool
        Whether it holds a Pauli vector instead of a state vector.
    preparations : tuple of Preparation
        On different wires, before all maps.
    maps : tuple of Map
        In order.
    """

    n_wires: int
    mixed: bool
    preparations: tuple[Preparation, ...]
    maps: tuple[Map, ...] = field(repr=False)

    @property
    def dim(self) -> int:
        """Levels of a wire."""
        return 4 if self.mixed else 2

    @property
    def ground(self) -> NDArray[np.complex128]:
        """One wire in |0⟩."""
        return np.array([1, 0, 0, 1] if self.mixed else [1, 0], dtype=complex)


def build_program(trace: Trace) -> Program:
    """Write a recorded circuit as maps."""
    mixed = trace.mixed
    preparations = tuple(_preparation(gate, mixed) for gate in trace.gates if gate.kind == "state")
    maps = tuple(_map(gate, mixed) for gate in trace.gates if gate.kind != "state")
    return Program(trace.n_wires, mixed, preparations, maps)


def _preparation(gate: Gate, mixed: bool) -> Preparation:
    vector = gate.fixed
    if vector is not None and mixed:
        vector = pauli_vector(torch.from_numpy(vector)).numpy().astype(complex)
    return Preparation(gate.wires, vector, gate.values[0] if gate.values else None)


def _map(gate: Gate, mixed: bool) -> Map:
    if gate.fixed is not None:
        matrix = transfer_matrix(torch.from_numpy(gate.fixed)).numpy() if mixed else gate.fixed[0]
        return Map(gate.wires, constant(matrix))
    if gate.table is not None and mixed:
        return Map(gate.wires, transfer_table(gate.table), gate.values)
    return Map(gate.wires, gate.table, gate.values)


def transfer_table(unitary: Table) -> Table:
    """Return the table of a gate's transfer matrix.

    With U = Σ_k A_k exp(i k·θ), what U ρ U† is made of are A_k ρ A_l† exp(i (k - l)·θ).
    """
    if unitary.key not in _TRANSFER_TABLES:
        matrices = torch.from_numpy(unitary.coefficients)
        pairs = sandwich(matrices[:, None], matrices[None, :]).flatten(0, 1).numpy()
        differences = unitary.frequencies[:, None] - unitary.frequencies[None, :]
        frequencies, which = np.unique(differences.reshape(len(pairs), -1), axis=0, return_inverse=True)
        sums = np.zeros((len(frequencies), *pairs.shape[1:]), dtype=complex)
        np.add.at(sums, which, pairs)
        _TRANSFER_TABLES[unitary.key] = Table(frequencies, sums).pruned()
    return _TRANSFER_TABLES[unitary.key]


_TRANSFER_TABLES: dict[object, Table] = {}
