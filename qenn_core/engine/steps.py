"""Registers: their initial states, and the kernels that apply steps to them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qenn_core.engine import kernels
from qenn_core.engine.blocks import Block, BlockMatrices, evaluate_series, join_neighbours, series_of
from qenn_core.engine.constant_maps import ConstantMap, Monomial
from qenn_core.engine.fourier import constant_series
from qenn_core.engine.fuse import ConstantStep, InitialState, Phases, Step
from qenn_core.engine.parameters import Dependencies
from qenn_core.engine.plan import Slot
from qenn_core.engine.plan_builder import PlanBuilder
from qenn_core.engine.program import Map
from qenn_core.engine.register import positions_in_order


class Registers:
    """Applies steps to registers, and tracks the order of their wires."""

    def __init__(self, builder: PlanBuilder, matrices: BlockMatrices) -> None:
        self._builder = builder
        self._matrices = matrices
        self._wires = tuple(range(builder.program.n_wires))
        # The order of the wires of a register, where it is not ascending.
        self._orders: dict[Slot, tuple[int, ...]] = {}

    def prepare(self, initial: InitialState) -> Slot:
        """Return a slot with the register in its initial state."""
        builder = self._builder
        factors: dict[tuple[int, ...], Slot] = {}
        for preparation in initial.preparations:
            if preparation.vector is not None:
                factors[preparation.wires] = builder.constant(preparation.vector[None])
            else:
                assert preparation.value is not None
                factors[preparation.wires] = builder.computed(preparation.value)
        groups: dict[tuple[Dependencies, int], list[Map]] = {}
        for column in join_neighbours(self._columns(initial)):
            if column.depends_on:
                groups.setdefault((column.depends_on, len(column.wires)), []).append(column)
            else:
                factors[column.wires] = builder.constant(series_of(column).coefficients[0].T)
        for group in groups.values():
            kernel = kernels.Unstack(is_column=True)
            slots = builder.add_many(kernel, [evaluate_series(group, builder)], len(group))
            factors.update(zip((column.wires for column in group), slots, strict=True))
        ordered = sorted(factors)
        register = builder.add(kernels.ProductState(), *(factors[wires] for wires in ordered))
        self._orders[register] = tuple(wire for wires in ordered for wire in wires)
        return register

    def _columns(self, initial: InitialState) -> list[Map]:
        """Return the state of each wire that is not prepared, as a map to one column."""
        zero_state = self._builder.program.zero_state[:, None]
        chains = {chain.wires[0]: chain for chain in initial.chains}
        prepared = {wire for preparation in initial.preparations for wire in preparation.wires}
        columns = []
        for wire in self._wires:
            if wire in chains:
                chain = chains[wire]
                state = series_of(chain).map(lambda coefficients: coefficients @ zero_state)
                columns.append(Map(chain.wires, state, chain.values))
            elif wire not in prepared:
                columns.append(Map((wire,), constant_series(zero_state)))
        return columns

    def apply(self, step: Step, blocks: Sequence[Block], register: Slot, transposed: bool = False) -> Slot:
        """Return a slot with the states after a step or, transposed, with the observables before it."""
        if isinstance(step, Phases):
            return self._apply_phases(step, register)
        if isinstance(step, ConstantStep):
            return self._apply_constant(step.map, register, transposed)
        for block in blocks:
            register = self.apply_matrix(block.wires, register, self._matrices[block], transposed)
        return register

    def apply_matrix(
        self, wires: Sequence[int], register: Slot, matrix: Slot, transposed: bool = False
    ) -> Slot:
        """Return a slot with the register after a matrix has acted on some wires."""
        others = tuple(wire for wire in self._order(register) if wire not in wires)
        register = self._reorder(register, (*wires, *others))
        result = self._builder.add(kernels.ApplyMatrix(transposed), register, matrix)
        self._orders[result] = (*others, *wires)
        return result

    def in_wire_order(self, register: Slot) -> Slot:
        """Return a slot with the register, its wires in ascending order."""
        return self._reorder(register, self._wires)

    def _order(self, register: Slot) -> tuple[int, ...]:
        return self._orders.get(register, self._wires)

    def _reorder(self, register: Slot, wires: tuple[int, ...]) -> Slot:
        order = self._order(register)
        if order == wires:
            return register
        kernel = kernels.PermuteWires(self._builder.program.dim, [order.index(wire) for wire in wires])
        reordered = self._builder.add(kernel, register)
        self._orders[reordered] = wires
        return reordered

    def _apply_phases(self, step: Phases, register: Slot) -> Slot:
        builder = self._builder
        positions = np.array([p for map_ in step.maps for p in builder.angle_positions(map_)])
        buffer = builder.angle_buffer(step.maps[0].depends_on)
        angles = builder.add(kernels.Gather(builder.index_tensor(positions[None])), buffer)
        kernel = kernels.ApplyPhases(builder.real_tensor(step.slopes), builder.real_tensor(step.offsets))
        return builder.add(kernel, self.in_wire_order(register), angles)

    def _apply_constant(self, map_: ConstantMap, register: Slot, transposed: bool) -> Slot:
        builder = self._builder
        if not isinstance(map_, Monomial):
            matrix, transpose = builder.with_transpose(map_, builder.dtype)
            if transposed:
                matrix, transpose = transpose, matrix
            return builder.add(kernels.ApplyConstant(matrix, transpose), self.in_wire_order(register))
        index, scale = map_.index, map_.scale
        if transposed:
            index = np.argsort(index)
            scale = scale[index]
        # The same permutation also restores the order of the wires.
        index = positions_in_order(self._order(register), builder.program.dim)[index]
        is_permutation = np.allclose(scale, 1, rtol=0, atol=1e-15)
        scale_tensor = None if is_permutation else builder.register_tensor(scale)
        return builder.add(kernels.ApplyMonomial(builder.index_tensor(index), scale_tensor), register)
