"""Registers: how they begin, and what each step does to them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qenn_core.engine import kernels as k
from qenn_core.engine.assembly import Assembly
from qenn_core.engine.blocks import Block, Matrices, grouped, table_of, tabulate
from qenn_core.engine.fixed import FixedMap, Monomial
from qenn_core.engine.fourier import constant
from qenn_core.engine.fuse import Fixed, Phases, Start, Step
from qenn_core.engine.parameters import Needs
from qenn_core.engine.plan import Slot
from qenn_core.engine.program import Map
from qenn_core.engine.register import moved


class Registers:
    """Applies steps to registers, whose wires may lie in any order meanwhile."""

    def __init__(self, assembly: Assembly, matrices: Matrices) -> None:
        self._assembly = assembly
        self._matrices = matrices
        self._in_order = tuple(range(assembly.program.n_wires))
        # The order of the wires of a register, where it is not their own.
        self._orders: dict[Slot, tuple[int, ...]] = {}

    def begin(self, start: Start) -> Slot:
        """Return a slot with the register as it begins."""
        assembly = self._assembly
        factors: dict[tuple[int, ...], Slot] = {}
        for preparation in start.preparations:
            if preparation.vector is not None:
                factors[preparation.wires] = assembly.constant(preparation.vector[None])
            else:
                assert preparation.value is not None
                factors[preparation.wires] = assembly.given(preparation.value)
        kinds: dict[tuple[Needs, int], list[Map]] = {}
        for one in grouped(self._turned(start)):
            if one.needs:
                kinds.setdefault((one.needs, len(one.wires)), []).append(one)
            else:
                factors[one.wires] = assembly.constant(table_of(one).coefficients[0].T)
        for alike in kinds.values():
            slots = assembly.add_many(k.Single(is_column=True), [tabulate(alike, assembly)], len(alike))
            factors.update(zip((one.wires for one in alike), slots, strict=True))
        ordered = sorted(factors)
        register = assembly.add(k.Product(), *(factors[some] for some in ordered))
        self._orders[register] = tuple(wire for some in ordered for wire in some)
        return register

    def _turned(self, start: Start) -> list[Map]:
        """Return the state of each wire that is not prepared, as a map to one column."""
        ground = self._assembly.program.ground[:, None]
        chains = {one.wires[0]: one for one in start.chains}
        prepared = {wire for preparation in start.preparations for wire in preparation.wires}
        turned = []
        for wire in self._in_order:
            if wire in chains:
                one = chains[wire]
                turned.append(Map(one.wires, table_of(one).map(lambda some: some @ ground), one.values))
            elif wire not in prepared:
                turned.append(Map((wire,), constant(ground)))
        return turned

    def apply(self, step: Step, blocks: Sequence[Block], register: Slot, transposed: bool = False) -> Slot:
        """Return a slot with the register after a step, or, transposed, with observables before it."""
        if isinstance(step, Phases):
            assembly = self._assembly
            places = np.array([place for one in step.maps for place in assembly.places(one)])
            angles = assembly.add(k.Gather(assembly.index(places[None])), assembly.pool(step.maps[0].needs))
            kernel = k.Phase(assembly.reals(step.slopes), assembly.reals(step.offsets))
            return assembly.add(kernel, self.in_order(register), angles)
        if isinstance(step, Fixed):
            return self._fixed(step.map, register, transposed)
        for block in blocks:
            register = self.dense(block.wires, register, self._matrices[block], transposed)
        return register

    def dense(self, wires: Sequence[int], register: Slot, matrix: Slot, transposed: bool = False) -> Slot:
        """Return a slot with the register after a matrix has acted on some wires."""
        rest = tuple(wire for wire in self._order(register) if wire not in wires)
        register = self._reordered(register, (*wires, *rest))
        turned = self._assembly.add(k.Dense(transposed), register, matrix)
        self._orders[turned] = (*rest, *wires)
        return turned

    def in_order(self, register: Slot) -> Slot:
        """Return a slot with the register, its wires in their own order."""
        return self._reordered(register, self._in_order)

    def _order(self, register: Slot) -> tuple[int, ...]:
        return self._orders.get(register, self._in_order)

    def _reordered(self, register: Slot, wires: tuple[int, ...]) -> Slot:
        order = self._order(register)
        if order == wires:
            return register
        kernel = k.Reorder(self._assembly.program.dim, [order.index(wire) for wire in wires])
        changed = self._assembly.add(kernel, register)
        self._orders[changed] = wires
        return changed

    def _fixed(self, some: FixedMap, register: Slot, transposed: bool) -> Slot:
        assembly = self._assembly
        if not isinstance(some, Monomial):
            matrix, other = assembly.pair(some, assembly.dtype)
            kernel = k.Constant(other, matrix) if transposed else k.Constant(matrix, other)
            return assembly.add(kernel, self.in_order(register))
        index, scale = some.index, some.scale
        if transposed:
            index = np.argsort(index)
            scale = scale[index]
        # Whatever order the wires are in, one permutation does it all.
        index = moved(self._order(register), assembly.program.dim)[index]
        trivial = np.allclose(scale, 1, rtol=0, atol=1e-15)
        return assembly.add(
            k.Permute(assembly.index(index), None if trivial else assembly.tensor(scale)), register
        )
