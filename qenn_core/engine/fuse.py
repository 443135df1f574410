"""Fuse the maps of a circuit, one per gate, into a few large steps.

Consecutive maps on one wire become a chain with one Fourier series. Maps on different wires commute, so they
are regrouped: first all chains together, then all constant maps together, and so on. A ladder of CNOT gates,
with the noise between them, becomes one permutation or one sparse matrix. The ancestors of data-dependent
maps come first and the other maps as late as possible, because what follows the last data-dependent map needs
no batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from qenn_core.engine.constant_maps import ConstantMap, embed, is_monomial, products
from qenn_core.engine.fourier import MAX_TERMS, FourierSeries
from qenn_core.engine.parameters import Dependencies
from qenn_core.engine.program import Map, Program, StatePreparation
from qenn_core.engine.register import digits

_TOLERANCE = 1e-10


@dataclass(frozen=True)
class InitialState:
    """A product state: prepared wires in their states, each other wire in |0⟩ transformed by its chain."""

    preparations: tuple[StatePreparation, ...]
    chains: tuple[Map, ...]


@dataclass(frozen=True)
class Chains:
    """Apply a map to each of several wires; all maps have the same dependencies."""

    maps: tuple[Map, ...]


@dataclass(frozen=True)
class MultiWireMap:
    """Apply one map to several wires, or a computed one to a single wire."""

    map: Map


@dataclass(frozen=True)
class Phases:
    """Multiply amplitudes by phases: diagonal maps that all have the same dependencies.

    Parameters
    ----------
    maps : tuple of Map
        The diagonal maps.
    slopes : array, shape (n_angles, 2**n_wires)
        The derivative of each amplitude's phase with respect to each of their angles.
    offsets : array, shape (2**n_wires,)
        The phases at angles 0.
    """

    maps: tuple[Map, ...]
    slopes: NDArray[np.float64] = field(repr=False)
    offsets: NDArray[np.float64] = field(repr=False)


@dataclass(frozen=True)
class ConstantStep:
    """Apply a constant map to the whole register."""

    map: ConstantMap = field(repr=False)


Step = Chains | MultiWireMap | Phases | ConstantStep


@dataclass(frozen=True)
class FusedCircuit:
    """The steps of a circuit.

    Parameters
    ----------
    initial : InitialState
        The state before all steps.
    prefix : tuple of Step
        The last data-dependent step and its ancestors, in order.
    suffix : tuple of Step
        The other steps, in order. They depend on weights at most.
    """

    initial: InitialState
    prefix: tuple[Step, ...]
    suffix: tuple[Step, ...]


def fuse(program: Program) -> FusedCircuit:
    """Group the maps of a program into steps."""
    root = _Node("root", Map((), None), [], -1)
    nodes = _build_graph(program, root)
    first = [node for node in nodes if node.kind == "chain" and not node.predecessors]
    scheduled = {root, *first}
    data_dependent = [node for node in nodes if "inputs" in node.depends_on]
    prefix = _schedule(_with_ancestors(data_dependent) - scheduled, scheduled, program)
    suffix = _schedule(set(nodes) - scheduled, scheduled, program)
    initial = InitialState(program.preparations, tuple(node.map for node in first))
    return FusedCircuit(initial, prefix, suffix)


NodeKind = Literal["root", "chain", "phases", "constant", "multi-wire"]


@dataclass(eq=False)
class _Node:
    """A map, or a chain of maps composed into one, in the dependency graph of the circuit."""

    kind: NodeKind
    map: Map
    predecessors: list[_Node]
    number: int

    @property
    def depends_on(self) -> Dependencies:
        return self.map.depends_on


def _build_graph(program: Program, root: _Node) -> list[_Node]:
    nodes: list[_Node] = []
    last_on_wire = {wire: root for preparation in program.preparations for wire in preparation.wires}
    for map_ in program.maps:
        previous = last_on_wire.get(map_.wires[0])
        if len(map_.wires) == 1 and previous is not None and previous.kind == "chain":
            composed = _compose(previous.map, map_)
            if composed is not None:
                previous.map = composed
                continue
        predecessors = list({last_on_wire[wire]: None for wire in map_.wires if wire in last_on_wire})
        kind = _node_kind(map_, program, is_first=previous is None)
        node = _Node(kind, map_, predecessors, len(nodes))
        last_on_wire.update(dict.fromkeys(map_.wires, node))
        nodes.append(node)
    for node in nodes:
        # A chain that stayed constant is cheaper as one of the constant maps around it.
        if node.kind == "chain" and not node.depends_on and node.predecessors:
            node.kind = "constant"
    return nodes


def _node_kind(map_: Map, program: Program, *, is_first: bool) -> NodeKind:
    if map_.series is None:
        return "multi-wire"
    if not map_.depends_on:
        # A constant map on one wire starts a chain, since a rotation may follow. A monomial map does not,
        # because it costs nothing among the constant maps.
        is_chain = len(map_.wires) == 1 and (is_first or not is_monomial(map_.series.coefficients[0]))
        return "chain" if is_chain else "constant"
    if len(map_.wires) == 1:
        return "chain"
    return "multi-wire" if program.mixed or _diagonal_phases(map_.series) is None else "phases"


def _compose(first: Map, last: Map) -> Map | None:
    """Return one map that applies both, or ``None`` if dependencies differ or the series would be large."""
    if (
        first.series is None
        or last.series is None
        or (first.depends_on and last.depends_on and first.depends_on != last.depends_on)
    ):
        return None
    if len(first.series.coefficients) * len(last.series.coefficients) > MAX_TERMS:
        return None
    return Map(first.wires, last.series.after(first.series), first.values + last.values)


def _with_ancestors(nodes: Iterable[_Node]) -> set[_Node]:
    """Return the nodes and all that must come before them."""
    found: set[_Node] = set()
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if node not in found:
            found.add(node)
            stack += node.predecessors
    return found


def _schedule(nodes: set[_Node], scheduled: set[_Node], program: Program) -> tuple[Step, ...]:
    """Arrange nodes in steps, each time the largest group that is ready; add them to `scheduled`."""
    steps: list[Step] = []
    waiting = sorted(nodes, key=lambda node: node.number)
    while waiting:
        groups: dict[tuple[NodeKind, Dependencies], list[_Node]] = {}
        for node in waiting:
            group = groups.setdefault((node.kind, node.depends_on), [])
            # A step applies constant and diagonal maps in order; the other maps of a step must commute.
            done = scheduled | set(group) if node.kind in ("constant", "phases") else scheduled
            if set(node.predecessors) <= done:
                group.append(node)
        (kind, _), largest = max(groups.items(), key=lambda item: len(item[1]))
        steps += _make_steps(kind, [node.map for node in largest], program)
        scheduled |= set(largest)
        waiting = [node for node in waiting if node not in scheduled]
    return tuple(steps)


def _make_steps(kind: NodeKind, maps: list[Map], program: Program) -> Sequence[Step]:
    if kind == "chain":
        return [Chains(tuple(sorted(maps, key=lambda map_: map_.wires)))]
    if kind == "multi-wire":
        return [MultiWireMap(map_) for map_ in maps]
    if kind == "phases":
        slopes, offsets = zip(*(_register_phases(map_, program) for map_ in maps), strict=True)
        return [Phases(tuple(maps), np.concatenate(slopes), np.sum(offsets, axis=0))]
    matrices = [map_.series.coefficients[0] for map_ in maps if map_.series is not None]
    embedded = [
        embed(matrix, map_.wires, program.n_wires, program.dim)
        for matrix, map_ in zip(matrices, maps, strict=True)
    ]
    return [ConstantStep(product) for product in products(embedded)]


def _diagonal_phases(series: FourierSeries) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return slopes (n_angles, d) and offsets (d,) of diag(exp(i (offsets + slopes · angles))).

    Returns ``None`` if the matrix does not have this form.
    """
    diagonal = np.diagonal(series.coefficients, axis1=1, axis2=2)
    if np.count_nonzero(series.coefficients) != np.count_nonzero(diagonal):
        return None
    small_angles = 0.1 * np.concatenate([np.zeros((1, series.n_angles)), np.eye(series.n_angles)])
    values = np.diagonal(series(small_angles), axis1=1, axis2=2)
    if np.abs(np.abs(values) - 1).max() > _TOLERANCE:
        return None
    offsets = np.angle(values[0])
    slopes = np.angle(values[1:] / values[0]) / 0.1
    points = np.random.default_rng(0).uniform(0, 4 * np.pi, (4, series.n_angles))
    expected = np.exp(1j * (points @ slopes + offsets))
    actual = np.diagonal(series(points), axis1=1, axis2=2)
    return (slopes, offsets) if np.allclose(actual, expected, rtol=0, atol=_TOLERANCE) else None


def _register_phases(map_: Map, program: Program) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the slopes and offsets of a diagonal map for all amplitudes of the register."""
    assert map_.series is not None
    phases = _diagonal_phases(map_.series)
    assert phases is not None, "only a diagonal map of phases is such a node"
    slopes, offsets = phases
    index = digits(map_.wires, program.n_wires, program.dim)
    return slopes[:, index], offsets[index]
