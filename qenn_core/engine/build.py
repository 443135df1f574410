"""From steps to a plan, in one precision on one device."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from qenn_core.engine import kernels as k
from qenn_core.engine.assembly import Assembly
from qenn_core.engine.blocks import Matrices, blocks_of
from qenn_core.engine.cost import heisenberg_pays
from qenn_core.engine.fixed import Monomial
from qenn_core.engine.fuse import Chains, Fixed, Fused, Phases, Step, Wide
from qenn_core.engine.measured import Measurement, n_outputs
from qenn_core.engine.parameters import INPUTS, Value
from qenn_core.engine.plan import Plan
from qenn_core.engine.program import Map, Program
from qenn_core.engine.readout import measure, split_readout
from qenn_core.engine.steps import Registers

# For this many rows the plan is made; it is right for any number.
TYPICAL_ROWS = 32


def build_plan(
    program: Program,
    fused: Fused,
    measurements: Sequence[Measurement],
    *,
    n_weights: int,
    n_inputs: int,
    dtype: torch.dtype,
    device: torch.device,
) -> Plan:
    """Choose kernels for the steps of a program.

    Parameters
    ----------
    program : Program
        The circuit.
    fused : Fused
        Its steps.
    measurements : sequence of Measurement
        What is measured at its end.
    n_weights, n_inputs : int
        Entries of all weights, and of a row of inputs.
    dtype : torch.dtype
        ``torch.float32`` or ``torch.float64``; a pure state has the complex type of the same precision.
    device : torch.device
        Where the tensors are.
    """
    fused, readout = split_readout(program, fused, measurements)
    assembly = Assembly(program, n_weights, n_inputs, dtype, device)
    outputs = n_outputs(measurements)
    rows = TYPICAL_ROWS if any(value.needs >= INPUTS for value in _values(fused)) else 1
    entries = [_entries_a_row(step, program.dim) for step in fused.after]
    backwards = program.mixed and heisenberg_pays(outputs, rows, assembly.size, entries)
    n_steps = sum(isinstance(step, Chains) for step in fused.before + fused.after)
    before = [(step, blocks_of(step, assembly, rows, n_steps)) for step in fused.before]
    after = [
        (step, blocks_of(step, assembly, outputs if backwards else rows, n_steps)) for step in fused.after
    ]
    matrices = Matrices(assembly, [block for _, blocks in before + after for block in blocks])
    registers = Registers(assembly, matrices)
    register = registers.begin(fused.start)
    for step, blocks in before:
        register = registers.apply(step, blocks, register)
    if not backwards:
        for step, blocks in after:
            register = registers.apply(step, blocks, register)
        return assembly.plan(measure(assembly, registers, register, measurements, readout))
    assert readout is not None, "a Pauli vector is all that is needed of a mixed state"
    observables = assembly.constant(readout.toarray())
    for step, blocks in reversed(after):
        observables = registers.apply(step, blocks, observables, transposed=True)
    kernel = k.Contract()
    return assembly.plan(assembly.add(kernel, registers.in_order(register), registers.in_order(observables)))


def _values(fused: Fused) -> Iterator[Value]:
    for preparation in fused.start.preparations:
        if preparation.value is not None:
            yield preparation.value
    maps: list[Map] = list(fused.start.chains)
    for step in fused.before + fused.after:
        if isinstance(step, Wide):
            maps.append(step.map)
        elif isinstance(step, Chains | Phases):
            maps += step.maps
    for one in maps:
        yield from one.values


def _entries_a_row(step: Step, dim: int) -> float:
    """Return how many entries a row of the step's matrix has, roughly."""
    if isinstance(step, Chains):
        return dim**2 * len(step.maps) / 2
    if isinstance(step, Wide):
        return float(dim ** len(step.map.wires))
    if isinstance(step, Fixed) and not isinstance(step.map, Monomial):
        return float(step.map.nnz / step.map.shape[0])
    return 1
