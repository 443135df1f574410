"""Matrices: which maps of a step are joined into a block, and how all blocks are computed at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from qenn_core.engine import kernels as k
from qenn_core.engine.assembly import Assembly
from qenn_core.engine.cost import block_widths
from qenn_core.engine.fourier import MAX_TERMS, Table
from qenn_core.engine.fuse import Chains, Step, Wide
from qenn_core.engine.parameters import INPUTS
from qenn_core.engine.plan import Slot
from qenn_core.engine.program import Map


@dataclass(frozen=True)
class Block:
    """One matrix on some wires, the Kronecker product of those of one or more maps."""

    wires: tuple[int, ...]
    maps: tuple[Map, ...]


def blocks_of(step: Step, assembly: Assembly, rows: int, n_steps: int) -> list[Block]:
    """Gather the maps of a step into blocks.

    Parameters
    ----------
    step : Step
        Chains or a wide map; other steps have no blocks.
    assembly : Assembly
        The plan in the making.
    rows : int
        Registers that the blocks will be applied to.
    n_steps : int
        Steps of the circuit that have blocks.
    """
    if isinstance(step, Wide):
        return [Block(step.map.wires, (step.map,))]
    if not isinstance(step, Chains):
        return []
    found = []
    for run in _runs(step.maps):
        widths = block_widths(
            len(run),
            assembly.program.dim,
            assembly.size,
            rows,
            per_row=run[0].needs >= INPUTS,
            n_steps=n_steps,
            n_factors=[len(_halved(run[:width])) for width in range(len(run) + 1)],
        )
        for end, width in zip(np.cumsum(widths), widths, strict=True):
            members = run[end - width : end]
            found.append(Block(tuple(one.wires[0] for one in members), tuple(_halved(members))))
    return found


class Matrices:
    """The matrices of all blocks, each made once however often it is applied."""

    def __init__(self, assembly: Assembly, blocks: Iterable[Block]) -> None:
        self._assembly = assembly
        self._slots: dict[object, Slot] = {}
        kinds: dict[object, dict[object, Block]] = {}
        for block in blocks:
            first = block.maps[0]
            if first.table is None:
                self._slots[self._key(block)] = assembly.given(first.values[0])
            else:
                kind = (first.needs, len(block.maps), first.table.coefficients.shape[1:])
                kinds.setdefault(kind, {}).setdefault(self._key(block), block)
        for alike in kinds.values():
            maps = [one for block in alike.values() for one in block.maps]
            width = len(maps) // len(alike)
            kernel = k.Kron(width) if width > 1 else k.Single()
            slots = assembly.add_many(kernel, [tabulate(maps, assembly)], len(alike))
            self._slots.update(zip(alike, slots, strict=True))

    def __getitem__(self, block: Block) -> Slot:
        return self._slots[self._key(block)]

    def _key(self, block: Block) -> object:
        """Return what is equal for blocks with the same matrix."""
        if block.maps[0].table is None:
            value = block.maps[0].values[0]
            return (value.needs, value.output)
        return (block.maps[0].needs, *((table_of(one).key, self._assembly.places(one)) for one in block.maps))


def tabulate(maps: Sequence[Map], assembly: Assembly) -> Slot:
    """Return a slot with the matrices (m, b, n, d, c) of maps with equal needs."""
    groups: dict[object, list[int]] = {}
    for number, one in enumerate(maps):
        groups.setdefault(table_of(one).key, []).append(number)
    slots = []
    for numbers in groups.values():
        places = np.array([assembly.places(maps[number]) for number in numbers])
        read = assembly.add(k.Gather(assembly.index(places)), assembly.pool(maps[0].needs))
        frequencies, phases, coefficients = table_of(maps[numbers[0]]).waves()
        kernel = k.Tabulate(
            assembly.reals(frequencies), assembly.reals(phases), assembly.tensor(coefficients)
        )
        slots.append(assembly.add(kernel, read))
    if len(slots) == 1:
        return slots[0]
    order = np.argsort(np.concatenate(list(groups.values())))
    return assembly.add(k.Join(assembly.index(order)), *slots)


def grouped(maps: Iterable[Map]) -> list[Map]:
    """Join maps on neighbouring wires, in order, as long as their tables stay small."""
    groups: list[Map] = []
    for one in maps:
        if groups and groups[-1].wires[-1] + 1 == one.wires[0] and groups[-1].needs == one.needs:
            last = groups[-1]
            if len(table_of(last).coefficients) * len(table_of(one).coefficients) <= MAX_TERMS:
                joined = table_of(last).kron(table_of(one))
                groups[-1] = Map(last.wires + one.wires, joined, last.values + one.values)
                continue
        groups.append(one)
    return groups


def table_of(one: Map) -> Table:
    """Return the table of a map that has one."""
    assert one.table is not None, "a computed map has no table"
    return one.table


def _halved(maps: Sequence[Map]) -> Sequence[Map]:
    """Join maps two by two, four by four and so on, as long as all can be and their tables stay small."""
    while len(maps) > 1 and len(maps) % 2 == 0:
        joined = [grouped(pair) for pair in zip(maps[::2], maps[1::2], strict=True)]
        if any(len(some) > 1 for some in joined):
            break
        maps = [some[0] for some in joined]
    return maps


def _runs(maps: Sequence[Map]) -> Iterator[list[Map]]:
    """Split maps on single wires, in order of wires, into runs of neighbours."""
    run: list[Map] = []
    for one in maps:
        if run and run[-1].wires[0] + 1 != one.wires[0]:
            yield run
            run = []
        run.append(one)
    if run:
        yield run
