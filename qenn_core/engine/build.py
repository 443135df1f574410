"""Lower the steps of a circuit to a plan, in one precision on one device."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from qenn_core.engine import kernels
from qenn_core.engine.blocks import BlockMatrices, make_blocks
from qenn_core.engine.constant_maps import Monomial
from qenn_core.engine.cost import prefers_heisenberg
from qenn_core.engine.fuse import Chains, ConstantStep, FusedCircuit, MultiWireMap, Phases, Step
from qenn_core.engine.measurements import Part, n_outputs
from qenn_core.engine.parameters import INPUTS, Value
from qenn_core.engine.plan import Plan
from qenn_core.engine.plan_builder import PlanBuilder
from qenn_core.engine.program import Map, Program
from qenn_core.engine.readout import absorb_constant_steps, measure
from qenn_core.engine.steps import Registers

# Costs are compared for this number of rows; the plan gives correct results for any number.
TYPICAL_ROWS = 32


def build_plan(
    program: Program,
    fused: FusedCircuit,
    measurements: Sequence[Part],
    *,
    n_weights: int,
    n_inputs: int,
    dtype: torch.dtype,
    device: torch.device,
) -> Plan:
    """Choose kernels for the steps of a circuit.

    Parameters
    ----------
    program : Program
        The circuit.
    fused : FusedCircuit
        Its steps.
    measurements : sequence of Part
        The measurements at its end.
    n_weights, n_inputs : int
        Number of entries of all weights, and of a row of inputs.
    dtype : torch.dtype
        ``torch.float32`` or ``torch.float64``; a pure state has the complex type of the same precision.
    device : torch.device
        Where the tensors are.
    """
    fused, readout = absorb_constant_steps(program, fused, measurements)
    builder = PlanBuilder(program, n_weights, n_inputs, dtype, device)
    outputs = n_outputs(measurements)
    rows = TYPICAL_ROWS if any(value.depends_on >= INPUTS for value in _values(fused)) else 1
    entries = [_entries_per_row(step, program.dim) for step in fused.suffix]
    heisenberg = program.mixed and prefers_heisenberg(outputs, rows, builder.register_size, entries)
    suffix_rows = outputs if heisenberg else rows
    n_steps = sum(isinstance(step, Chains) for step in fused.prefix + fused.suffix)
    prefix = [(step, make_blocks(step, builder, rows, n_steps)) for step in fused.prefix]
    suffix = [(step, make_blocks(step, builder, suffix_rows, n_steps)) for step in fused.suffix]
    matrices = BlockMatrices(builder, [block for _, blocks in prefix + suffix for block in blocks])
    registers = Registers(builder, matrices)
    register = registers.prepare(fused.initial)
    for step, blocks in prefix:
        register = registers.apply(step, blocks, register)
    if not heisenberg:
        for step, blocks in suffix:
            register = registers.apply(step, blocks, register)
        return builder.build(measure(builder, registers, register, measurements, readout))
    assert readout is not None, "a Pauli vector determines every measurement of a mixed state"
    observables = builder.constant(readout.toarray())
    for step, blocks in reversed(suffix):
        observables = registers.apply(step, blocks, observables, transposed=True)
    states, observables = registers.in_wire_order(register), registers.in_wire_order(observables)
    return builder.build(builder.add(kernels.Contract(), states, observables))


def _values(fused: FusedCircuit) -> Iterator[Value]:
    for preparation in fused.initial.preparations:
        if preparation.value is not None:
            yield preparation.value
    maps: list[Map] = list(fused.initial.chains)
    for step in fused.prefix + fused.suffix:
        if isinstance(step, MultiWireMap):
            maps.append(step.map)
        elif isinstance(step, Chains | Phases):
            maps += step.maps
    for map_ in maps:
        yield from map_.values


def _entries_per_row(step: Step, dim: int) -> float:
    """Return roughly how many entries each row of the step's matrix has."""
    if isinstance(step, Chains):
        return dim**2 * len(step.maps) / 2
    if isinstance(step, MultiWireMap):
        return float(dim ** len(step.map.wires))
    if isinstance(step, ConstantStep) and not isinstance(step.map, Monomial):
        return float(step.map.nnz / step.map.shape[0])
    return 1
