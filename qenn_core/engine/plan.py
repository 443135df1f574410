"""From steps to a list of kernels with their tensors, in one precision on one device."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import scipy.sparse
import torch
from numpy.typing import NDArray

from qenn_core.engine import kernels as k
from qenn_core.engine.cost import block_widths, heisenberg_pays
from qenn_core.engine.fixed import FixedMap, Monomial
from qenn_core.engine.fuse import Chains, Fixed, Fused, Phases, Start, Step, Wide
from qenn_core.engine.measured import (
    Expectation,
    Measurement,
    Probabilities,
    n_outputs,
    on_amplitudes,
    on_pauli_vector,
)
from qenn_core.engine.parameters import INPUTS, NOTHING, Needs, Value
from qenn_core.engine.paulis import TO_Z
from qenn_core.engine.pools import Pool
from qenn_core.engine.program import Map, Program
from qenn_core.engine.tables import MAX_TERMS, Table, constant

# For this many rows the plan is made; it is right for any number.
TYPICAL_ROWS = 32
# Constant matrices with fewer entries than this are dense.
_DENSE_ENTRIES = 2**16

Slot = int


@dataclass(frozen=True)
class Instruction:
    """A kernel, the slots that it reads and writes, and what its outputs depend on."""

    kernel: k.Kernel
    reads: tuple[Slot, ...]
    writes: tuple[Slot, ...]
    needs: Needs


Scheduled = tuple[k.Kernel, tuple[Slot, ...], tuple[Slot, ...], tuple[bool, ...] | None]


@dataclass(frozen=True)
class Plan:
    """A compiled circuit.

    Parameters
    ----------
    pools : list of (Pool, slot)
        What is given: angles.
    computed : list of (Value, slot)
        What is given: matrices and states that the recorded arithmetic computes.
    constants : dict of slot to tensor
        What is known.
    instructions : list of Instruction
        In order.
    output : slot
        Where the results (n_models or 1, batch or 1, n_outputs) will be.
    n_slots : int
        Number of slots.
    """

    pools: list[tuple[Pool, Slot]]
    computed: list[tuple[Value, Slot]]
    constants: dict[Slot, torch.Tensor]
    instructions: list[Instruction]
    output: Slot
    n_slots: int
    _schedules: dict[object, list[Scheduled]] = field(default_factory=dict)

    @cached_property
    def encoded(self) -> tuple[Slot, ...]:
        """The slots computed from inputs alone that other instructions read."""
        own = {slot for one in self.instructions if one.needs == INPUTS for slot in one.writes}
        read = {slot for one in self.instructions if one.needs != INPUTS for slot in one.reads}
        given = {slot for pool, slot in self.pools if pool.needs == INPUTS}
        given |= {slot for value, slot in self.computed if value.needs == INPUTS}
        return tuple(sorted((own | given) & (read | {self.output})))

    def filled(self, given: Sequence[Slot], tensors: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """Return all slots, the constant and given ones filled."""
        slots = list(self._blank)
        for slot, tensor in zip(given, tensors, strict=True):
            slots[slot] = tensor
        return slots

    @cached_property
    def _blank(self) -> list[torch.Tensor]:
        nothing = torch.empty(0)
        return [self.constants.get(slot, nothing) for slot in range(self.n_slots)]

    def schedule(self, given: tuple[Slot, ...], wanted: tuple[bool, ...]) -> list[Scheduled]:
        """Return what to run if some slots are given, and gradients of some of these are wanted.

        Returns
        -------
        list of (kernel, slots read, slots written, for each slot read whether its gradient is wanted or None)
        """
        key = (given, wanted)
        if key not in self._schedules:
            known = {*self.constants, *given}
            tracked = {slot for slot, keep in zip(given, wanted, strict=True) if keep}
            steps: list[Scheduled] = []
            for one in self.instructions:
                # What made the given slots is neither possible nor needed.
                if one.writes[0] in known or not known.issuperset(one.reads):
                    continue
                known.update(one.writes)
                keep = tuple(slot in tracked for slot in one.reads)
                if any(keep):
                    tracked.update(one.writes)
                steps.append((one.kernel, one.reads, one.writes, keep if any(keep) else None))
            self._schedules[key] = steps
        return self._schedules[key]


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
    return _Builder(program, n_weights, n_inputs, dtype, device).build(fused, measurements)


@dataclass(frozen=True)
class _Block:
    """One matrix on neighbouring or other wires, the Kronecker product of one or more maps."""

    wires: tuple[int, ...]
    maps: tuple[Map, ...]


class _Builder:
    def __init__(
        self, program: Program, n_weights: int, n_inputs: int, dtype: torch.dtype, device: torch.device
    ) -> None:
        self.program = program
        self.n_entries = n_weights, n_inputs
        self.real = dtype
        self.dtype = dtype if program.mixed else dtype.to_complex()
        self.device = device
        self.size = program.dim**program.n_wires
        self.pools: dict[Needs, tuple[Pool, Slot]] = {}
        self.computed: dict[tuple[Needs, int | None], tuple[Value, Slot]] = {}
        self.constants: dict[Slot, torch.Tensor] = {}
        self.instructions: list[Instruction] = []
        self.needs: list[Needs] = []
        self.matrices: dict[object, Slot] = {}
        # The wires of each register in the order of its axes, where that is not their own order.
        self.layouts: dict[Slot, tuple[int, ...]] = {}

    def build(self, fused: Fused, measurements: Sequence[Measurement]) -> Plan:
        fused, readout = self.readout(fused, measurements)
        outputs = n_outputs(measurements)
        rows = TYPICAL_ROWS if any(INPUTS <= value.needs for value in _values(fused)) else 1
        backwards = self.program.mixed and heisenberg_pays(
            outputs, rows, self.size, [_entries_a_row(step, self.program.dim) for step in fused.after]
        )
        n_steps = sum(isinstance(step, Chains) for step in fused.before + fused.after)
        before = [(step, self.blocks(step, rows, n_steps)) for step in fused.before]
        after = [(step, self.blocks(step, outputs if backwards else rows, n_steps)) for step in fused.after]
        self.make_matrices([block for _, blocks in before + after for block in blocks])
        register = self.start(fused.start)
        for step, blocks in before:
            register = self.apply(step, blocks, register)
        if backwards:
            assert readout is not None
            observables = self.constant(readout.toarray())
            for step, blocks in reversed(after):
                observables = self.apply(step, blocks, observables, transposed=True)
            output = self.add(k.Contract(), self.in_order(register), self.in_order(observables))
        else:
            for step, blocks in after:
                register = self.apply(step, blocks, register)
            output = self.measure(register, measurements, readout)
        return Plan(
            pools=list(self.pools.values()),
            computed=list(self.computed.values()),
            constants=self.constants,
            instructions=self.instructions,
            output=output,
            n_slots=len(self.needs),
        )

    # Slots and tensors

    def slot(self, needs: Needs) -> Slot:
        self.needs.append(needs)
        return len(self.needs) - 1

    def add(self, kernel: k.Kernel, *reads: Slot) -> Slot:
        """Add a kernel with one output."""
        return self.add_many(kernel, reads, 1)[0]

    def add_many(self, kernel: k.Kernel, reads: Sequence[Slot], n_outputs: int) -> tuple[Slot, ...]:
        needs = NOTHING.union(*(self.needs[slot] for slot in reads))
        writes = tuple(self.slot(needs) for _ in range(n_outputs))
        self.instructions.append(Instruction(kernel, tuple(reads), writes, needs))
        return writes

    def tensor(self, array: NDArray[np.complex128]) -> torch.Tensor:
        """Return numbers of the register's own type."""
        numbers = np.ascontiguousarray(array.real if self.program.mixed else array)
        return torch.from_numpy(numbers).to(self.device, self.dtype)

    def index(self, array: NDArray[np.int64]) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray(array, dtype=np.int64)).to(self.device)

    def constant(self, array: NDArray[np.complex128]) -> Slot:
        """Return a slot that holds rows (batch or 1, ...)."""
        slot = self.slot(NOTHING)
        self.constants[slot] = self.tensor(array)[None]
        return slot

    def pair(
        self, matrix: scipy.sparse.csr_array, dtype: torch.dtype
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return a constant matrix and its transposed one: dense if small, else sparse."""
        matrix = matrix if dtype.is_complex else matrix.real
        if np.prod(matrix.shape) <= _DENSE_ENTRIES:
            dense = torch.from_numpy(matrix.toarray()).to(self.device, dtype)
            return dense, dense.mT.contiguous()
        return self.sparse(matrix, dtype), self.sparse(matrix.T.tocsr(), dtype)

    def sparse(self, matrix: scipy.sparse.csr_array, dtype: torch.dtype) -> torch.Tensor:
        parts = (matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64), matrix.data)
        with warnings.catch_warnings():
            # PyTorch calls its sparse matrices a beta; products with dense ones are all that is used here.
            warnings.filterwarnings("ignore", message="Sparse CSR tensor support")
            return torch.sparse_csr_tensor(
                *map(torch.from_numpy, parts), size=matrix.shape, dtype=dtype, device=self.device, check_invariants=False
            )

    # Matrices of maps

    def pool(self, needs: Needs) -> tuple[Pool, Slot]:
        if needs not in self.pools:
            self.pools[needs] = Pool(needs, *self.n_entries), self.slot(needs)
        return self.pools[needs]

    def angles(self, one: Map) -> tuple[int, ...]:
        pool, _ = self.pool(one.needs)
        return tuple(pool.place(value) for value in one.values)

    def given(self, value: Value) -> Slot:
        """Return the slot of a computed matrix or state."""
        key = (value.needs, value.output)
        if key not in self.computed:
            self.computed[key] = value, self.slot(value.needs)
        return self.computed[key][1]

    def tabulate(self, maps: Sequence[Map]) -> Slot:
        """Return a slot with the matrices (m, b, n, d, c) of maps with equal needs."""
        groups: dict[object, list[int]] = {}
        for number, one in enumerate(maps):
            groups.setdefault(_table(one).key, []).append(number)
        slots = []
        for numbers in groups.values():
            places = np.array([self.angles(maps[number]) for number in numbers])
            read = self.add(k.Gather(self.index(places)), self.pool(maps[0].needs)[1])
            frequencies, phases, coefficients = _table(maps[numbers[0]]).waves()
            waves = (torch.from_numpy(some.copy()).to(self.device, self.real) for some in (frequencies, phases))
            slots.append(self.add(k.Tabulate(*waves, self.tensor(coefficients)), read))
        if len(slots) == 1:
            return slots[0]
        return self.add(k.Join(self.index(np.argsort(np.concatenate(list(groups.values()))))), *slots)

    def blocks(self, step: Step, rows: int, n_steps: int) -> list[_Block]:
        """Gather the maps of a step into blocks."""
        if isinstance(step, Wide):
            return [_Block(step.map.wires, (step.map,))]
        if not isinstance(step, Chains):
            return []
        found = []
        for run in _runs(step.maps):
            widths = block_widths(
                len(run),
                self.program.dim,
                self.size,
                rows,
                per_row=INPUTS <= run[0].needs,
                n_steps=n_steps,
                n_factors=lambda width, run=run: len(_halved(run[:width])),  # type: ignore[misc]
            )
            for width in widths:
                members, run = run[:width], run[width:]
                found.append(_Block(tuple(one.wires[0] for one in members), tuple(_halved(members))))
        return found

    def key(self, block: _Block) -> object:
        """Return what is equal for blocks with the same matrix."""
        if block.maps[0].table is None:
            value = block.maps[0].values[0]
            return (value.needs, value.output)
        return (block.maps[0].needs, *((_table(one).key, self.angles(one)) for one in block.maps))

    def make_matrices(self, blocks: Iterable[_Block]) -> None:
        """Compute the matrices of all blocks, those of a kind together."""
        kinds: dict[object, dict[object, _Block]] = {}
        for block in blocks:
            first = block.maps[0]
            if first.table is None:
                self.matrices[self.key(block)] = self.given(first.values[0])
            else:
                kind = (first.needs, len(block.maps), first.table.coefficients.shape[1:])
                kinds.setdefault(kind, {}).setdefault(self.key(block), block)
        for alike in kinds.values():
            maps = [one for block in alike.values() for one in block.maps]
            width = len(maps) // len(alike)
            kernel = k.Kron(width) if width > 1 else k.Single()
            slots = self.add_many(kernel, [self.tabulate(maps)], len(alike))
            self.matrices.update(zip(alike, slots, strict=True))

    # Steps

    def start(self, start: Start) -> Slot:
        """Return a slot with the register as it begins."""
        factors: dict[tuple[int, ...], Slot] = {}
        for preparation in start.preparations:
            if preparation.vector is not None:
                factors[preparation.wires] = self.constant(preparation.vector[None])
            else:
                assert preparation.value is not None
                factors[preparation.wires] = self.given(preparation.value)
        ground = self.program.ground
        turned = [
            Map(one.wires, _table(one).map(lambda some: (some @ ground)[..., None]), one.values) for one in start.chains
        ]
        taken = {wire for some in [*factors, *(one.wires for one in turned)] for wire in some}
        for wire in range(self.program.n_wires):
            if wire not in taken:
                turned.append(Map((wire,), constant(ground[:, None])))
        by_needs: dict[Needs, list[Map]] = {}
        for one in _grouped(sorted(turned, key=lambda one: one.wires)):
            if one.needs:
                by_needs.setdefault(one.needs, []).append(one)
            else:
                factors[one.wires] = self.constant(_table(one).coefficients[0].T)
        for alike in by_needs.values():
            kinds: dict[int, list[Map]] = {}
            for one in alike:
                kinds.setdefault(len(one.wires), []).append(one)
            for same in kinds.values():
                slots = self.add_many(k.Single(is_column=True), [self.tabulate(same)], len(same))
                factors.update(zip((one.wires for one in same), slots, strict=True))
        ordered = sorted(factors)
        register = self.add(k.Product(), *(factors[some] for some in ordered))
        self.layouts[register] = tuple(wire for some in ordered for wire in some)
        return register

    def apply(self, step: Step, blocks: Sequence[_Block], register: Slot, transposed: bool = False) -> Slot:
        """Return a slot with the register after a step, or before it if it holds observables."""
        if isinstance(step, Phases):
            places = np.array([place for one in step.maps for place in self.angles(one)])
            angles = self.add(k.Gather(self.index(places[None])), self.pool(step.maps[0].needs)[1])
            slopes, offsets = (
                torch.from_numpy(some).to(self.device, self.real) for some in (step.slopes, step.offsets)
            )
            return self.add(k.Phase(slopes, offsets), self.in_order(register), angles)
        if isinstance(step, Fixed):
            return self.fixed(step.map, register, transposed)
        for block in blocks:
            register = self.dense(block.wires, register, self.matrices[self.key(block)], transposed)
        return register

    def dense(self, wires: Sequence[int], register: Slot, matrix: Slot, transposed: bool = False) -> Slot:
        layout = self.layout(register)
        rest = tuple(wire for wire in layout if wire not in wires)
        register = self.reordered(register, (*wires, *rest))
        turned = self.add(k.Dense(transposed), register, matrix)
        self.layouts[turned] = (*rest, *wires)
        return turned

    def layout(self, register: Slot) -> tuple[int, ...]:
        return self.layouts.get(register, tuple(range(self.program.n_wires)))

    def in_order(self, register: Slot) -> Slot:
        return self.reordered(register, tuple(range(self.program.n_wires)))

    def reordered(self, register: Slot, wires: tuple[int, ...]) -> Slot:
        """Return a slot with the register whose axes have this order."""
        layout = self.layout(register)
        if layout == wires:
            return register
        moved = self.add(k.Reorder(self.program.dim, [layout.index(wire) for wire in wires]), register)
        self.layouts[moved] = wires
        return moved

    def fixed(self, some: FixedMap, register: Slot, transposed: bool) -> Slot:
        if not isinstance(some, Monomial):
            matrix, other = self.pair(some, self.dtype)
            kernel = k.Constant(other, matrix) if transposed else k.Constant(matrix, other)
            return self.add(kernel, self.in_order(register))
        index, scale = some.index, some.scale
        if transposed:
            index = np.argsort(index)
            scale = scale[index]
        # Whatever order the wires are in, one permutation does it all.
        dims = [self.program.dim] * self.program.n_wires
        layout = self.layout(register)
        places = np.arange(self.size).reshape(dims).transpose(np.argsort(layout)).ravel()
        trivial = np.allclose(scale, 1, rtol=0, atol=1e-15)
        return self.add(k.Permute(self.index(places[index]), None if trivial else self.tensor(scale)), register)

    def readout(
        self, fused: Fused, measurements: Sequence[Measurement]
    ) -> tuple[Fused, scipy.sparse.csr_array | None]:
        """Take constant maps before the measurements together with them.

        Returns
        -------
        Fused
            The steps that are left.
        sparse matrix or None
            What makes outputs of a Pauli vector, or of the squared amplitudes of a pure state if they are all it needs.
        """
        if self.program.mixed:
            readout = on_pauli_vector(measurements, self.program.n_wires)
        elif all(isinstance(one, Expectation) or set(one.basis) <= {"Z"} for one in measurements):
            sums = on_amplitudes(measurements, self.program.n_wires)
            if any(some.nnz for mask, some in sums.items() if mask):
                return fused, None
            readout = sums[0].real
        else:
            return fused, None
        after = list(fused.after)
        while after and isinstance(after[-1], Fixed):
            some = after[-1].map
            if isinstance(some, Monomial):
                some = some.sparse()
                some.data = some.data if self.program.mixed else np.abs(some.data) ** 2
            elif not self.program.mixed:
                break
            readout = (readout @ some).real
            after.pop()
        return replace(fused, after=tuple(after)), scipy.sparse.csr_array(readout)

    def measure(
        self, register: Slot, measurements: Sequence[Measurement], readout: scipy.sparse.csr_array | None
    ) -> Slot:
        """Return a slot with the outputs (m, b, n_outputs) of registers."""
        if readout is not None:
            register = self.in_order(register)
            if self.program.mixed:
                return self.add(k.Constant(*self.pair(readout, self.real)), register)
            return self.add(k.Combine([self.on_squares(readout)]), self.add(k.Squares(), register))
        # What is measured in another basis needs a state of its own, turned into that basis.
        turned = [one for one in measurements if isinstance(one, Probabilities) and set(one.basis) - {"Z"}]
        upright = [one for one in measurements if one not in turned]
        parts = [self.on_state(register, upright)] if upright else []
        parts += [self.on_state(self.turn(register, one), [one]) for one in turned]
        if len(parts) == 1:
            return parts[0]
        made = [*upright, *turned]
        starts = dict(zip(made, np.cumsum([0, *(one.n_outputs for one in made)]), strict=False))
        order = np.concatenate([starts[one] + np.arange(one.n_outputs) for one in measurements])
        return self.add(k.Concatenate(self.index(order)), *parts)

    def on_squares(self, matrix: scipy.sparse.csr_array) -> tuple[torch.Tensor, torch.Tensor]:
        """Return a matrix on the squares of real and imaginary parts that is this one on their sums."""
        return self.pair(scipy.sparse.kron(matrix, np.ones((1, 2)), format="csr"), self.real)

    def turn(self, register: Slot, one: Probabilities) -> Slot:
        """Return a slot with the state for which measuring Z is what measuring another basis is for this one."""
        for wire, letter in zip(one.wires, one.basis, strict=True):
            if letter != "Z":
                register = self.dense([wire], register, self.constant(TO_Z[letter][None]))
        return register

    def on_state(self, register: Slot, measurements: Sequence[Measurement]) -> Slot:
        register = self.in_order(register)
        sums = on_amplitudes(measurements, self.program.n_wires)
        sums = {mask: some for mask, some in sums.items() if some.nnz} or sums
        slots, pairs = [], []
        for mask, some in sums.items():
            if mask:
                slots.append(self.add(k.Overlaps(self.index(np.arange(self.size) ^ mask)), register))
                pairs.append(self.pair(some, self.dtype))
            else:
                slots.append(self.add(k.Squares(), register))
                pairs.append(self.on_squares(some))
        return self.add(k.Combine(pairs), *slots)


def _table(one: Map) -> Table:
    assert one.table is not None, "a computed map has no table"
    return one.table


def _grouped(maps: Iterable[Map]) -> list[Map]:
    """Join maps on neighbouring wires, in order, as long as their tables stay small."""
    groups: list[Map] = []
    for one in maps:
        if groups and groups[-1].wires[-1] + 1 == one.wires[0] and groups[-1].needs == one.needs:
            last = groups[-1]
            terms = len(_table(last).coefficients) * len(_table(one).coefficients)
            if terms <= MAX_TERMS:
                joined = _table(last).kron(_table(one))
                groups[-1] = Map(last.wires + one.wires, joined, last.values + one.values)
                continue
        groups.append(one)
    return groups


def _halved(maps: list[Map]) -> list[Map]:
    """Join maps two by two, four by four and so on, as long as all can be joined and their tables stay small."""
    while len(maps) > 1 and len(maps) % 2 == 0:
        joined = [_grouped(pair) for pair in zip(maps[::2], maps[1::2], strict=True)]
        if any(len(some) > 1 for some in joined):
            break
        maps = [some[0] for some in joined]
    return maps


def _values(fused: Fused) -> Iterable[Value]:
    for preparation in fused.start.preparations:
        if preparation.value is not None:
            yield preparation.value
    maps = list(fused.start.chains)
    for step in fused.before + fused.after:
        if isinstance(step, Wide):
            maps.append(step.map)
        elif isinstance(step, Chains | Phases):
            maps += step.maps
    for one in maps:
        yield from one.values


def _runs(maps: Sequence[Map]) -> Iterable[list[Map]]:
    """Split maps on single wires, in order of wires, into runs of neighbours."""
    runs: list[list[Map]] = []
    for one in maps:
        if runs and runs[-1][-1].wires[0] + 1 == one.wires[0]:
            runs[-1].append(one)
        else:
            runs.append([one])
    return runs


def _entries_a_row(step: Step, dim: int) -> float:
    """Return how many entries a row of the step's matrix has, roughly."""
    if isinstance(step, Chains):
        return dim**2 * len(step.maps) / 2
    if isinstance(step, Wide):
        return dim ** len(step.map.wires)
    if isinstance(step, Fixed) and not isinstance(step.map, Monomial):
        return step.map.nnz / step.map.shape[0]
    return 1
