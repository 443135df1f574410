"""From maps, one a gate, to a few steps that each do much.

Maps on one wire that follow each other become a chain, one table. Maps on different wires commute, so they
may be regrouped: all chains at once, then all constant maps at once (a ladder of CNOT gates, with the noise
between them, is one permutation or one sparse matrix), and so on. What the data-dependent maps wait for
comes first, the rest as late as possible, because what follows the last of them needs no batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from qenn_core.engine.fixed import FixedMap, embed, is_monomial, products
from qenn_core.engine.fourier import MAX_TERMS, Table
from qenn_core.engine.parameters import Needs
from qenn_core.engine.program import Map, Preparation, Program
from qenn_core.engine.register import digits

_EXACT = 1e-10


@dataclass(frozen=True)
class Start:
    """Begin: each wire in its own state, turned by its own chain; prepared wires in theirs."""

    preparations: tuple[Preparation, ...]
    chains: tuple[Map, ...]


@dataclass(frozen=True)
class Chains:
    """Turn several wires, each by its own map; all with the same needs."""

    maps: tuple[Map, ...]


@dataclass(frozen=True)
class Wide:
    """Apply one map to its wires."""

    map: Map


@dataclass(frozen=True)
class Phases:
    """Turn the phases of amplitudes: diagonal maps; all with the same needs.

    Parameters
    ----------
    maps : tuple of Map
        What they are.
    slopes : array, shape (n_angles, 2**n_wires)
        How the phase of each amplitude grows with each of their angles.
    offsets : array, shape (2**n_wires,)
        The phases at angle 0.
    """

    maps: tuple[Map, ...]
    slopes: NDArray[np.float64] = field(repr=False)
    offsets: NDArray[np.float64] = field(repr=False)


@dataclass(frozen=True)
class Fixed:
    """Apply a constant map to the whole register."""

    map: FixedMap = field(repr=False)


Step = Chains | Wide | Phases | Fixed


@dataclass(frozen=True)
class Fused:
    """The steps of a program.

    Parameters
    ----------
    start : Start
        What comes first.
    before : tuple of Step
        What leads up to the last data-dependent step, in order.
    after : tuple of Step
        What follows it and depends on weights at most.
    """

    start: Start
    before: tuple[Step, ...]
    after: tuple[Step, ...]


def fuse(program: Program) -> Fused:
    """Gather the maps of a program into steps."""
    start = _Task("start", Map((), None), [], -1)
    tasks = _tasks(program, start)
    first = [task for task in tasks if task.kind == "chain" and not task.waits_for]
    done = {start, *first}
    before = _schedule(_leading_to([task for task in tasks if "inputs" in task.needs]) - done, done, program)
    after = _schedule(set(tasks) - done, done, program)
    return Fused(Start(program.preparations, tuple(task.map for task in first)), before, after)


Kind = Literal["start", "chain", "phase", "fixed", "wide"]


@dataclass(eq=False)
class _Task:
    """A map, or a chain of them joined into one, with the tasks that must come before it."""

    kind: Kind
    map: Map
    waits_for: list[_Task]
    number: int

    @property
    def needs(self) -> Needs:
        return self.map.needs


def _tasks(program: Program, start: _Task) -> list[_Task]:
    tasks: list[_Task] = []
    last = {wire: start for preparation in program.preparations for wire in preparation.wires}
    for new in program.maps:
        previous = last.get(new.wires[0])
        if len(new.wires) == 1 and previous is not None and previous.kind == "chain":
            joined = _joined(previous.map, new)
            if joined is not None:
                previous.map = joined
                continue
        waits_for = list({last[wire]: None for wire in new.wires if wire in last})
        task = _Task(_kind(new, program, begins=previous is None), new, waits_for, len(tasks))
        last.update(dict.fromkeys(new.wires, task))
        tasks.append(task)
    for task in tasks:
        # A chain that stayed constant joins the constant maps around it.
        if task.kind == "chain" and not task.needs and task.waits_for:
            task.kind = "fixed"
    return tasks


def _kind(new: Map, program: Program, begins: bool) -> Kind:
    if new.table is None:
        return "wide"
    if not new.needs:
        # A constant map on one wire may yet be joined by a turn, unless it costs nothing among the constant
        # ones.
        is_chain = len(new.wires) == 1 and (begins or not is_monomial(new.table.coefficients[0]))
        return "chain" if is_chain else "fixed"
    if len(new.wires) == 1:
        return "chain"
    return "wide" if program.mixed or _turns(new.table) is None else "phase"


def _joined(first: Map, last: Map) -> Map | None:
    """Return one map that does both, if they have the same needs and it does not grow too large."""
    if (
        first.table is None
        or last.table is None
        or (first.needs and last.needs and first.needs != last.needs)
    ):
        return None
    if len(first.table.coefficients) * len(last.table.coefficients) > MAX_TERMS:
        return None
    return Map(first.wires, last.table.after(first.table), first.values + last.values)


def _leading_to(tasks: Iterable[_Task]) -> set[_Task]:
    """Return the tasks and all that must come before them."""
    found: set[_Task] = set()
    waiting = list(tasks)
    while waiting:
        task = waiting.pop()
        if task not in found:
            found.add(task)
            waiting += task.waits_for
    return found


def _schedule(tasks: set[_Task], done: set[_Task], program: Program) -> tuple[Step, ...]:
    """Put tasks into steps, each time the largest group that can go together; adds them to `done`."""
    steps: list[Step] = []
    waiting = sorted(tasks, key=lambda task: task.number)
    while waiting:
        groups: dict[tuple[Kind, Needs], list[_Task]] = {}
        for task in waiting:
            group = groups.setdefault((task.kind, task.needs), [])
            # Constant and diagonal maps go together in order; chains and wide maps only with what commutes.
            allowed = done | set(group) if task.kind in ("fixed", "phase") else done
            if set(task.waits_for) <= allowed:
                group.append(task)
        (kind, _), chosen = max(groups.items(), key=lambda item: len(item[1]))
        steps += _steps(kind, [task.map for task in chosen], program)
        done |= set(chosen)
        waiting = [task for task in waiting if task not in done]
    return tuple(steps)


def _steps(kind: Kind, maps: list[Map], program: Program) -> Sequence[Step]:
    if kind == "chain":
        return [Chains(tuple(sorted(maps, key=lambda one: one.wires)))]
    if kind == "wide":
        return [Wide(one) for one in maps]
    if kind == "phase":
        slopes, offsets = zip(*(_register_turns(one, program) for one in maps), strict=True)
        return [Phases(tuple(maps), np.concatenate(slopes), np.sum(offsets, axis=0))]
    tables = [one.table.coefficients[0] for one in maps if one.table is not None]
    embedded = [
        embed(matrix, one.wires, program.n_wires, program.dim)
        for matrix, one in zip(tables, maps, strict=True)
    ]
    return [Fixed(product) for product in products(embedded)]


def _turns(table: Table) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return slopes (n_angles, d) and offsets (d,) of a matrix diag(exp(i (offset + slopes · angles)))."""
    diagonal = np.diagonal(table.coefficients, axis1=1, axis2=2)
    if np.count_nonzero(table.coefficients) != np.count_nonzero(diagonal):
        return None
    tiny = 0.1 * np.concatenate([np.zeros((1, table.n_angles)), np.eye(table.n_angles)])
    values = np.diagonal(table(tiny), axis1=1, axis2=2)
    if np.abs(np.abs(values) - 1).max() > _EXACT:
        return None
    offsets = np.angle(values[0])
    slopes = np.angle(values[1:] / values[0]) / 0.1
    points = np.random.default_rng(0).uniform(0, 4 * np.pi, (4, table.n_angles))
    expected = np.exp(1j * (points @ slopes + offsets))
    agree = np.allclose(np.diagonal(table(points), axis1=1, axis2=2), expected, rtol=0, atol=_EXACT)
    return (slopes, offsets) if agree else None


def _register_turns(one: Map, program: Program) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    assert one.table is not None
    turns = _turns(one.table)
    assert turns is not None, "only diagonal maps turn phases"
    slopes, offsets = turns
    own = digits(one.wires, program.n_wires, program.dim)
    return slopes[:, own], offsets[own]
