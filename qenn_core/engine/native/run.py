"""Run a circuit by native execution, and differentiate it, on NumPy arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from qenn_core.engine.native import circuit_loops as loops
from qenn_core.engine.native.arrays import Array, NativeCircuit, block_width
from qenn_core.engine.parameters import BOTH, INPUTS, WEIGHTS, Dependencies
from qenn_core.engine.plan import Slot

SlotArrays = Mapping[Slot, Array]


class Tape(NamedTuple):
    """What the backward pass requires: the arguments of the forward pass, and the final states."""

    first: int
    shared: Array
    rows: Array
    states: Array


def forward(circuit: NativeCircuit, values: SlotArrays, *, keeps: bool) -> tuple[Array, Tape]:
    """Return the results (n_models or 1, batch or 1, n_outputs) for the values of some slots.

    Parameters
    ----------
    circuit : NativeCircuit
        The circuit.
    values : mapping of slot to array
        The angles in its slots, each (n_models or 1, batch or 1, n), and perhaps what `encode` returned.
    keeps : bool
        Whether a backward pass follows.
    """
    dtype = circuit.arrays.numbers.dtype
    given = values.get(circuit.register_slot)
    angles = {source: values[slot] for source, slot in circuit.angle_slots.items()}
    all_given = [*angles.values(), *([] if given is None else [given])]
    n_models, batch = np.broadcast_shapes((1, 1), *(array.shape[:2] for array in all_given))
    shared = _shared(angles.get(WEIGHTS, np.zeros((1, 1, 0), dtype)), n_models)
    rows = _rows([angles[source] for source in (INPUTS, BOTH) if source in angles], dtype)
    registers = np.zeros((1, 1, 1), _complex(dtype)) if given is None else _contiguous(given)
    width = block_width(circuit.size, batch, dtype.itemsize)
    blocks = (n_models, -(-batch // width)) if keeps else (1, 1)
    states = np.empty((*blocks, 2, circuit.size + 1, width), dtype)
    results = np.empty((n_models, batch, circuit.n_outputs), dtype)
    first = 0 if given is None else circuit.n_encoding
    loops.forward(circuit.arrays, first, shared, rows, registers, states, results)
    return results, Tape(first, shared, rows, states)


def backward(
    circuit: NativeCircuit, tape: Tape, gradients: Array, needed: Mapping[Slot, bool]
) -> dict[Slot, Array]:
    """Return the gradients of the slots for which they are needed; the states on the tape are destroyed."""
    row_slots = [source for source in (INPUTS, BOTH) if source in circuit.angle_slots]
    needs_rows = any(needed.get(circuit.angle_slots[source], False) for source in row_slots)
    first = tape.first if needs_rows else max(tape.first, circuit.first_trained)
    shared, rows = np.zeros_like(tape.shared), np.zeros_like(tape.rows)
    loops.backward(
        circuit.arrays,
        first,
        tape.shared,
        tape.rows,
        tape.states,
        _contiguous(gradients),
        needs_rows,
        shared,
        rows,
    )
    found: dict[Dependencies, Array] = {WEIGHTS: shared[:, None]}
    start = 0
    for source in row_slots:
        end = start + circuit.n_angles[source]
        found[source] = rows[:, start:end].swapaxes(1, 2)
        start = end
    return {slot: found[source] for source, slot in circuit.angle_slots.items() if needed.get(slot, False)}


def encode(circuit: NativeCircuit, inputs: Array) -> Array:
    """Return the registers (1, batch, D) after the operations that depend on inputs alone.

    Parameters
    ----------
    circuit : NativeCircuit
        The circuit.
    inputs : array, shape (1, batch, n_angles)
        The angles of inputs.
    """
    dtype = circuit.arrays.numbers.dtype
    registers = np.empty((inputs.shape[1], circuit.size), _complex(dtype))
    # The angles of weights are not known yet, and not read.
    unknown = np.zeros((1, circuit.n_angles.get(WEIGHTS, 0)), dtype)
    other = np.zeros((1, 1, circuit.n_angles.get(BOTH, 0)), dtype)
    loops.encode(circuit.arrays, circuit.n_encoding, unknown, _rows([inputs, other], dtype), registers)
    return registers[None]


def _shared(angles: Array, n_models: int) -> Array:
    return _contiguous(np.broadcast_to(angles[:, 0], (n_models, angles.shape[2])))


def _rows(angles: Sequence[Array], dtype: np.dtype[Any]) -> Array:
    """Join angles (n_models or 1, batch or 1, n_i) to (n_models or 1, n, batch)."""
    leading = np.broadcast_shapes((1, 1), *(array.shape[:2] for array in angles))
    parts = [np.broadcast_to(array, (*leading, array.shape[2])).swapaxes(1, 2) for array in angles]
    empty = np.zeros((leading[0], 0, leading[1]), dtype)
    return _contiguous(np.concatenate([*parts, empty], axis=1))


def _contiguous(array: Array) -> Array:
    """Return the numbers in the only layout for which functions are compiled."""
    return np.require(array, requirements=["C", "W"])


def _complex(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return np.result_type(dtype, np.complex64)
