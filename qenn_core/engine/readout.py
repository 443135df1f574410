"""The measurements at the end of a circuit, merged with the constant maps right before them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import scipy.sparse
import torch

from qenn_core.engine import kernels
from qenn_core.engine.constant_maps import Monomial, to_sparse
from qenn_core.engine.fuse import ConstantStep, FusedCircuit
from qenn_core.engine.measurements import (
    Amplitudes,
    LinearMeasurement,
    Part,
    Probabilities,
    amplitude_readout,
    pauli_readout,
)
from qenn_core.engine.paulis import TO_Z
from qenn_core.engine.plan import Slot
from qenn_core.engine.plan_builder import PlanBuilder
from qenn_core.engine.program import Program
from qenn_core.engine.steps import Registers


def absorb_constant_steps(
    program: Program, fused: FusedCircuit, measurements: Sequence[Part]
) -> tuple[FusedCircuit, scipy.sparse.csr_array | None]:
    """Multiply the constant maps right before the measurements into the read-out.

    Returns
    -------
    FusedCircuit
        The remaining steps.
    sparse matrix (n_outputs, dim**n_wires) or None
        The read-out: turns a Pauli vector, or the squared moduli of a pure state's amplitudes, into outputs.
        ``None`` if the squared moduli do not determine them.
    """
    linear = [m for m in measurements if not isinstance(m, Amplitudes)]
    if program.mixed:
        readout = pauli_readout(linear, program.n_wires)
    elif linear == list(measurements) and not any(needs_rotation(m) for m in linear):
        by_mask = amplitude_readout(linear, program.n_wires)
        if any(matrix.nnz for mask, matrix in by_mask.items() if mask):
            return fused, None
        readout = by_mask[0].real
    else:
        return fused, None
    suffix = list(fused.suffix)
    while suffix and isinstance(suffix[-1], ConstantStep):
        last = suffix[-1].map
        if not program.mixed and not isinstance(last, Monomial):
            break
        matrix = to_sparse(last)
        readout = (readout @ (matrix if program.mixed else abs(matrix).power(2))).real
        suffix.pop()
    return replace(fused, suffix=tuple(suffix)), scipy.sparse.csr_array(readout)


def measure(
    builder: PlanBuilder,
    registers: Registers,
    register: Slot,
    measurements: Sequence[Part],
    readout: scipy.sparse.csr_array | None,
) -> Slot:
    """Return a slot with the outputs (m, b, n_outputs) of registers."""
    if readout is not None:
        register = registers.in_wire_order(register)
        if builder.program.mixed:
            kernel = kernels.ApplyConstant(*builder.with_transpose(readout, builder.real_dtype))
            return builder.add(kernel, register)
        squares = builder.add(kernels.Squares(), register)
        return builder.add(kernels.WeightedSum([_for_squares(readout, builder)]), squares)
    # A measurement in another basis requires a state that is rotated to this basis.
    amplitudes = [m for m in measurements if isinstance(m, Amplitudes)]
    linear = [m for m in measurements if not isinstance(m, Amplitudes)]
    in_other_basis = [m for m in linear if isinstance(m, Probabilities) and needs_rotation(m)]
    in_z_basis = [m for m in linear if m not in in_other_basis]
    outputs = [builder.add(kernels.RealParts(), registers.in_wire_order(register)) for _ in amplitudes]
    if in_z_basis:
        outputs.append(_measure_in_z_basis(builder, registers.in_wire_order(register), in_z_basis))
    for measurement in in_other_basis:
        state = registers.in_wire_order(_rotate_to_z(builder, registers, register, measurement))
        z_basis = replace(measurement, basis="Z" * len(measurement.wires))
        outputs.append(_measure_in_z_basis(builder, state, [z_basis]))
    if len(outputs) == 1:
        return outputs[0]
    computed = [*amplitudes, *in_z_basis, *in_other_basis]
    starts = dict(zip(computed, np.cumsum([0, *(m.n_outputs for m in computed)]), strict=False))
    order = np.concatenate([starts[m] + np.arange(m.n_outputs) for m in measurements])
    return builder.add(kernels.ConcatenateOutputs(builder.index_tensor(order)), *outputs)


def needs_rotation(measurement: Part) -> bool:
    """Return whether a measurement requires a state that is rotated to another basis."""
    return isinstance(measurement, Probabilities) and bool(set(measurement.basis) - {"Z"})


def _rotate_to_z(
    builder: PlanBuilder, registers: Registers, register: Slot, measurement: Probabilities
) -> Slot:
    """Return a slot with the state whose measurement in the basis Z is equivalent to `measurement`."""
    for wire, letter in zip(measurement.wires, measurement.basis, strict=True):
        if letter != "Z":
            register = registers.apply_matrix([wire], register, builder.constant(TO_Z[letter][None]))
    return register


def _measure_in_z_basis(
    builder: PlanBuilder, register: Slot, measurements: Sequence[LinearMeasurement]
) -> Slot:
    by_mask = amplitude_readout(measurements, builder.program.n_wires)
    by_mask = {mask: matrix for mask, matrix in by_mask.items() if matrix.nnz} or by_mask
    slots, matrices = [], []
    for mask, matrix in by_mask.items():
        if mask:
            partner = builder.index_tensor(np.arange(builder.register_size) ^ mask)
            slots.append(builder.add(kernels.Overlaps(partner), register))
            matrices.append(builder.with_transpose(matrix, builder.dtype))
        else:
            slots.append(builder.add(kernels.Squares(), register))
            matrices.append(_for_squares(matrix, builder))
    return builder.add(kernels.WeightedSum(matrices), *slots)


def _for_squares(matrix: scipy.sparse.csr_array, builder: PlanBuilder) -> tuple[torch.Tensor, torch.Tensor]:
    """Convert a matrix on squared moduli to one on the squares of real and imaginary parts."""
    repeated = scipy.sparse.kron(matrix, np.ones((1, 2)), format="csr")
    return builder.with_transpose(repeated, builder.real_dtype)
