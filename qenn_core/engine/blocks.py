"""Blocks: the maps of a step that are joined into one matrix, and the kernels that compute all matrices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from qenn_core.engine import kernels
from qenn_core.engine.cost import block_widths
from qenn_core.engine.fourier import MAX_TERMS, FourierSeries
from qenn_core.engine.fuse import Chains, MultiWireMap, Step
from qenn_core.engine.parameters import INPUTS
from qenn_core.engine.plan import Slot
from qenn_core.engine.plan_builder import PlanBuilder
from qenn_core.engine.program import Map


@dataclass(frozen=True)
class Block:
    """One matrix on several wires, the Kronecker product of the matrices of one or more maps."""

    wires: tuple[int, ...]
    maps: tuple[Map, ...]


def make_blocks(step: Step, builder: PlanBuilder, rows: int, n_steps: int) -> list[Block]:
    """Group the maps of a step into blocks.

    Parameters
    ----------
    step : Step
        Chains or a map on several wires; other steps have no blocks.
    builder : PlanBuilder
        The plan under construction.
    rows : int
        Number of registers that the blocks will be applied to.
    n_steps : int
        Number of steps of the circuit that have blocks.
    """
    if isinstance(step, MultiWireMap):
        return [Block(step.map.wires, (step.map,))]
    if not isinstance(step, Chains):
        return []
    blocks = []
    for run in _adjacent_runs(step.maps):
        widths = block_widths(
            len(run),
            builder.program.dim,
            builder.register_size,
            rows,
            per_row=run[0].depends_on >= INPUTS,
            n_steps=n_steps,
            n_factors=[len(_join_in_pairs(run[:width])) for width in range(len(run) + 1)],
        )
        for end, width in zip(np.cumsum(widths), widths, strict=True):
            members = run[end - width : end]
            wires = tuple(member.wires[0] for member in members)
            blocks.append(Block(wires, tuple(_join_in_pairs(members))))
    return blocks


class BlockMatrices:
    """The matrices of all blocks; each is computed once, however often it is applied."""

    def __init__(self, builder: PlanBuilder, blocks: Iterable[Block]) -> None:
        self._builder = builder
        self._slots: dict[object, Slot] = {}
        groups: dict[object, dict[object, Block]] = {}
        for block in blocks:
            first = block.maps[0]
            if first.series is None:
                self._slots[self._key(block)] = builder.computed(first.values[0])
            else:
                shape = (first.depends_on, len(block.maps), first.series.coefficients.shape[1:])
                groups.setdefault(shape, {}).setdefault(self._key(block), block)
        for group in groups.values():
            maps = [map_ for block in group.values() for map_ in block.maps]
            width = len(maps) // len(group)
            kernel = kernels.Kron(width) if width > 1 else kernels.Unstack()
            slots = builder.add_many(kernel, [evaluate_series(maps, builder)], len(group))
            self._slots.update(zip(group, slots, strict=True))

    def __getitem__(self, block: Block) -> Slot:
        return self._slots[self._key(block)]

    def _key(self, block: Block) -> object:
        """Return a key that is equal for blocks with the same matrix."""
        first = block.maps[0]
        if first.series is None:
            return (first.values[0].depends_on, first.values[0].output)
        factors = ((series_of(map_).key, self._builder.angle_positions(map_)) for map_ in block.maps)
        return (first.depends_on, *factors)


def evaluate_series(maps: Sequence[Map], builder: PlanBuilder) -> Slot:
    """Return a slot with the matrices (m, b, n, d, c) of maps with equal dependencies."""
    groups: dict[object, list[int]] = {}
    for number, map_ in enumerate(maps):
        groups.setdefault(series_of(map_).key, []).append(number)
    slots = []
    for numbers in groups.values():
        positions = np.array([builder.angle_positions(maps[number]) for number in numbers])
        buffer = builder.angle_buffer(maps[0].depends_on)
        angles = builder.add(kernels.Gather(builder.index_tensor(positions)), buffer)
        frequencies, phases, coefficients = series_of(maps[numbers[0]]).cosines()
        kernel = kernels.EvaluateSeries(
            builder.real_tensor(frequencies),
            builder.real_tensor(phases),
            builder.register_tensor(coefficients),
        )
        slots.append(builder.add(kernel, angles))
    if len(slots) == 1:
        return slots[0]
    order = np.argsort(np.concatenate(list(groups.values())))
    return builder.add(kernels.Merge(builder.index_tensor(order)), *slots)


def join_neighbours(maps: Iterable[Map]) -> list[Map]:
    """Join maps on adjacent wires, in order, as long as their Fourier series stay small."""
    joined: list[Map] = []
    for map_ in maps:
        if joined and joined[-1].wires[-1] + 1 == map_.wires[0] and joined[-1].depends_on == map_.depends_on:
            left = joined[-1]
            if len(series_of(left).coefficients) * len(series_of(map_).coefficients) <= MAX_TERMS:
                product = series_of(left).kron(series_of(map_))
                joined[-1] = Map(left.wires + map_.wires, product, left.values + map_.values)
                continue
        joined.append(map_)
    return joined


def series_of(map_: Map) -> FourierSeries:
    """Return the Fourier series of a map that has one."""
    assert map_.series is not None, "a computed map has no Fourier series"
    return map_.series


def _join_in_pairs(maps: Sequence[Map]) -> Sequence[Map]:
    """Join maps by twos, fours and so on, as long as every pair can be joined into a small series."""
    while len(maps) > 1 and len(maps) % 2 == 0:
        pairs = [join_neighbours(pair) for pair in zip(maps[::2], maps[1::2], strict=True)]
        if any(len(pair) > 1 for pair in pairs):
            break
        maps = [pair[0] for pair in pairs]
    return maps


def _adjacent_runs(maps: Sequence[Map]) -> Iterator[list[Map]]:
    """Split maps on single wires, sorted by wire, into runs of adjacent wires."""
    run: list[Map] = []
    for map_ in maps:
        if run and run[-1].wires[0] + 1 != map_.wires[0]:
            yield run
            run = []
        run.append(map_)
    if run:
        yield run
