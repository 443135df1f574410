"""The end of a circuit: what is measured, together with the constant maps right before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import scipy.sparse
import torch

from qenn_core.engine import kernels as k
from qenn_core.engine.assembly import Assembly
from qenn_core.engine.fixed import Monomial
from qenn_core.engine.fuse import Fixed, Fused
from qenn_core.engine.measured import (
    Expectation,
    Measurement,
    Probabilities,
    on_amplitudes,
    on_pauli_vector,
)
from qenn_core.engine.paulis import TO_Z
from qenn_core.engine.plan import Slot
from qenn_core.engine.program import Program
from qenn_core.engine.steps import Registers


def split_readout(
    program: Program, fused: Fused, measurements: Sequence[Measurement]
) -> tuple[Fused, scipy.sparse.csr_array | None]:
    """Take the constant maps before the measurements together with them.

    Returns
    -------
    Fused
        The steps that are left.
    sparse matrix (n_outputs, dim**n_wires) or None
        What makes outputs of a Pauli vector, or of the squared amplitudes of a pure state; ``None`` if
        these are not enough.
    """
    if program.mixed:
        readout = on_pauli_vector(measurements, program.n_wires)
    elif all(isinstance(one, Expectation) or set(one.basis) <= {"Z"} for one in measurements):
        sums = on_amplitudes(measurements, program.n_wires)
        if any(some.nnz for mask, some in sums.items() if mask):
            return fused, None
        readout = sums[0].real
    else:
        return fused, None
    after = list(fused.after)
    while after and isinstance(after[-1], Fixed):
        some = after[-1].map
        if not program.mixed and not isinstance(some, Monomial):
            break
        matrix = some.sparse() if isinstance(some, Monomial) else some
        readout = (readout @ (matrix if program.mixed else abs(matrix).power(2))).real
        after.pop()
    return replace(fused, after=tuple(after)), scipy.sparse.csr_array(readout)


def measure(
    assembly: Assembly,
    registers: Registers,
    register: Slot,
    measurements: Sequence[Measurement],
    readout: scipy.sparse.csr_array | None,
) -> Slot:
    """Return a slot with the outputs (m, b, n_outputs) of registers."""
    if readout is not None:
        register = registers.in_order(register)
        if assembly.program.mixed:
            return assembly.add(k.Constant(*assembly.pair(readout, assembly.real)), register)
        return assembly.add(k.Combine([_on_squares(readout, assembly)]), assembly.add(k.Squares(), register))
    # What is measured in another basis needs a state of its own, turned into that basis.
    turned = [one for one in measurements if isinstance(one, Probabilities) and set(one.basis) - {"Z"}]
    upright = [one for one in measurements if one not in turned]
    parts = [_on_state(assembly, registers.in_order(register), upright)] if upright else []
    for one in turned:
        state = registers.in_order(_turn(assembly, registers, register, one))
        parts.append(_on_state(assembly, state, [replace(one, basis="Z" * len(one.wires))]))
    if len(parts) == 1:
        return parts[0]
    made = [*upright, *turned]
    starts = dict(zip(made, np.cumsum([0, *(one.n_outputs for one in made)]), strict=False))
    order = np.concatenate([starts[one] + np.arange(one.n_outputs) for one in measurements])
    return assembly.add(k.Concatenate(assembly.index(order)), *parts)


def _turn(assembly: Assembly, registers: Registers, register: Slot, one: Probabilities) -> Slot:
    """Return a slot with the state for which measuring Z is what measuring another basis is for this one."""
    for wire, letter in zip(one.wires, one.basis, strict=True):
        if letter != "Z":
            register = registers.dense([wire], register, assembly.constant(TO_Z[letter][None]))
    return register


def _on_state(assembly: Assembly, register: Slot, measurements: Sequence[Measurement]) -> Slot:
    sums = on_amplitudes(measurements, assembly.program.n_wires)
    sums = {mask: some for mask, some in sums.items() if some.nnz} or sums
    slots, pairs = [], []
    for mask, some in sums.items():
        if mask:
            other = assembly.index(np.arange(assembly.size) ^ mask)
            slots.append(assembly.add(k.Overlaps(other), register))
            pairs.append(assembly.pair(some, assembly.dtype))
        else:
            slots.append(assembly.add(k.Squares(), register))
            pairs.append(_on_squares(some, assembly))
    return assembly.add(k.Combine(pairs), *slots)


def _on_squares(matrix: scipy.sparse.csr_array, assembly: Assembly) -> tuple[torch.Tensor, torch.Tensor]:
    """Return a matrix on the squares of real and imaginary parts that is this one on their sums."""
    return assembly.pair(scipy.sparse.kron(matrix, np.ones((1, 2)), format="csr"), assembly.real)
