"""Fusing regroups what commutes into few steps, and changes nothing else."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from itertools import combinations, count
from typing import Any

import numpy as np
import pennylane as qml
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from qenn_core.engine.fixed import Monomial
from qenn_core.engine.fourier import MAX_TERMS, constant
from qenn_core.engine.fuse import Chains, Fixed, Fused, Phases, Step, Wide, fuse
from qenn_core.engine.parameters import INPUTS, NOTHING, WEIGHTS, Needs, Value
from qenn_core.engine.paulis import transfer_matrix
from qenn_core.engine.program import Map, Preparation, Program, transfer_table
from qenn_core.engine.recording import _table
from tests.engine.units import dense

CLOSE = {"rtol": 0, "atol": 1e-10}


def turn(gate: Any, wires: tuple[int, ...], needs: Needs, mixed: bool = False) -> Map:
    """Return a gate whose angles depend on something."""
    table = _table(gate(*[0.1] * gate.num_params, wires=wires))
    assert table is not None
    return Map(wires, transfer_table(table) if mixed else table, (Value(needs, entry=0),) * table.n_angles)


def still(operation: Any, mixed: bool = False) -> Map:
    """Return a constant gate or channel."""
    is_channel = isinstance(operation, qml.operation.Channel)
    kraus = np.array(operation.kraus_matrices() if is_channel else [qml.matrix(operation)], dtype=complex)
    matrix = transfer_matrix(torch.from_numpy(kraus)).numpy() if mixed else kraus[0]
    return Map(tuple(operation.wires), constant(matrix))


def program(*maps: Map, n_wires: int, mixed: bool = False) -> Program:
    """Return a circuit in which each angle is an entry of its own."""
    entries = count()
    numbered = [
        replace(one, values=tuple(replace(value, entry=next(entries)) for value in one.values))
        for one in maps
    ]
    return Program(n_wires, mixed, (), tuple(numbered))


# The plain way: every map on the whole register, in order.


def angles_of(maps: tuple[Map, ...]) -> np.ndarray:
    entries = [value.entry for one in maps for value in one.values]
    return 3 * np.sin(1 + np.array(entries, dtype=float))


def on_register(one: Map, circuit: Program) -> np.ndarray:
    assert one.table is not None
    return dense.on_register(one.table(angles_of((one,))[None])[0], one.wires, circuit.n_wires, circuit.dim)


def ground(circuit: Program) -> np.ndarray:
    return reduce(np.kron, [circuit.ground] * circuit.n_wires)


def matrix_of(step: Step, circuit: Program) -> np.ndarray:
    if isinstance(step, Fixed):
        return (step.map.sparse() if isinstance(step.map, Monomial) else step.map).toarray()
    if isinstance(step, Phases):
        return np.diag(np.exp(1j * (step.offsets + angles_of(step.maps) @ step.slopes)))
    maps = step.maps if isinstance(step, Chains) else (step.map,)
    return reduce(np.matmul, [on_register(one, circuit) for one in maps])


def assert_does_the_same(fused: Fused, circuit: Program) -> None:
    state = ground(circuit)
    for one in fused.start.chains:
        state = on_register(one, circuit) @ state
    for step in (*fused.before, *fused.after):
        state = matrix_of(step, circuit) @ state
    wanted = ground(circuit)
    for one in circuit.maps:
        wanted = on_register(one, circuit) @ wanted
    np.testing.assert_allclose(state, wanted, **CLOSE)


TURNS = [qml.RX, qml.RY, qml.RZ, qml.PhaseShift, qml.Rot, qml.IsingZZ, qml.IsingXX, qml.CRX, qml.CRZ]
CONSTANTS = [qml.Hadamard, qml.S, qml.X, qml.CNOT, qml.CZ, qml.SWAP]
CHANNELS = [lambda wires: qml.DepolarizingChannel(0.1, wires), lambda wires: qml.AmplitudeDamping(0.2, wires)]


@st.composite
def programs(draw: st.DrawFn, mixed: bool) -> Program:
    n_wires = draw(st.integers(2, 3 if mixed else 4))
    maps = []
    for _ in range(draw(st.integers(1, 10))):
        wires = tuple(draw(st.permutations(range(n_wires)))[:2])
        kind = draw(st.sampled_from([*TURNS, *CONSTANTS, *(CHANNELS if mixed else [])]))
        own = wires[: getattr(kind, "num_wires", 1)]
        if kind in TURNS:
            maps.append(turn(kind, own, draw(st.sampled_from([WEIGHTS, INPUTS])), mixed))
        else:
            maps.append(still(kind(wires=own), mixed))
    return program(*maps, n_wires=n_wires, mixed=mixed)


@given(programs(mixed=False))
def test_a_fused_pure_circuit_does_the_same(circuit: Program) -> None:
    assert_does_the_same(fuse(circuit), circuit)


@given(programs(mixed=True))
def test_a_fused_noisy_circuit_does_the_same(circuit: Program) -> None:
    assert_does_the_same(fuse(circuit), circuit)


@given(programs(mixed=False))
def test_what_follows_the_last_input_needs_none(circuit: Program) -> None:
    fused = fuse(circuit)
    assert not any(needs >= INPUTS for step in fused.after for needs in needs_of(step))
    assert not fused.before or any(needs >= INPUTS for needs in needs_of(fused.before[-1]))


def needs_of(step: Step) -> set[Needs]:
    if isinstance(step, Fixed):
        return {NOTHING}
    return {one.needs for one in (step.maps if not isinstance(step, Wide) else (step.map,))}


def kinds(steps: tuple[Step, ...]) -> list[type]:
    return [type(step) for step in steps]


def ring(n_wires: int) -> list[tuple[int, int]]:
    return [(wire, (wire + 1) % n_wires) for wire in range(n_wires)]


def test_a_ring_of_cnots_is_one_permutation() -> None:
    fused = fuse(program(*(still(qml.CNOT(pair)) for pair in ring(5)), n_wires=5))
    (step,) = fused.after
    assert isinstance(step, Fixed)
    assert isinstance(step.map, Monomial)


def test_a_ring_of_cnots_with_noise_between_is_one_sparse_matrix() -> None:
    maps = []
    for pair in ring(3):
        maps.append(still(qml.CNOT(pair), mixed=True))
        maps += [still(qml.AmplitudeDamping(0.1, wire), mixed=True) for wire in pair]
    circuit = program(*maps, n_wires=3, mixed=True)
    fused = fuse(circuit)
    # The noise before the first CNOT of a wire is the wire's own beginning.
    assert kinds(fused.after) == [Fixed]
    assert_does_the_same(fused, circuit)


def test_noise_joins_the_rotation_before_it() -> None:
    circuit = program(
        turn(qml.RX, (0,), WEIGHTS, mixed=True),
        still(qml.DepolarizingChannel(0.1, 0), mixed=True),
        turn(qml.RY, (0,), WEIGHTS, mixed=True),
        n_wires=1,
        mixed=True,
    )
    fused = fuse(circuit)
    assert len(fused.start.chains) == 1
    assert (fused.before, fused.after) == ((), ())


def test_rotations_of_one_wire_are_one_chain_as_long_as_they_need_the_same() -> None:
    needs = [WEIGHTS, WEIGHTS, INPUTS, INPUTS, WEIGHTS]
    fused = fuse(program(*(turn(qml.RX, (0,), one) for one in needs), n_wires=1))
    assert [one.needs for one in fused.start.chains] == [WEIGHTS]
    assert [needs_of(step) for step in fused.before] == [{INPUTS}]
    assert [needs_of(step) for step in fused.after] == [{WEIGHTS}]


def test_chains_do_not_grow_without_end() -> None:
    fused = fuse(program(*(turn(qml.Rot, (0,), WEIGHTS) for _ in range(5)), n_wires=1))
    chains = [*fused.start.chains, *(one for step in fused.after for one in step.maps)]
    assert len(chains) == 3
    assert all(len(one.table.coefficients) <= MAX_TERMS for one in chains)


def test_what_commutes_is_regrouped() -> None:
    """Rotations and CNOTs given wire by wire become one step of each."""
    maps = []
    for pair in [(0, 1), (2, 3)]:
        maps += [turn(qml.RY, (wire,), WEIGHTS) for wire in pair]
        maps.append(still(qml.CNOT(pair)))
        maps += [turn(qml.RX, (wire,), WEIGHTS) for wire in pair]
    fused = fuse(program(*maps, n_wires=4))
    assert [one.wires for one in fused.start.chains] == [(0,), (1,), (2,), (3,)]
    assert kinds(fused.after) == [Fixed, Chains]
    assert [one.wires for one in fused.after[1].maps] == [(0,), (1,), (2,), (3,)]


def test_what_inputs_do_not_wait_for_comes_after_them() -> None:
    circuit = program(
        still(qml.Hadamard(0)),
        still(qml.CNOT((0, 1))),
        turn(qml.RX, (0,), WEIGHTS),
        still(qml.CNOT((0, 2))),
        turn(qml.RX, (1,), INPUTS),
        n_wires=3,
    )
    fused = fuse(circuit)
    assert [needs_of(step) for step in fused.before] == [{NOTHING}, {INPUTS}]
    assert [needs_of(step) for step in fused.after] == [{WEIGHTS}, {NOTHING}]
    assert_does_the_same(fused, circuit)


def test_diagonal_gates_of_several_wires_turn_phases_together() -> None:
    n_wires = 4
    pairs = list(combinations(range(n_wires), 2))
    maps = [
        *(still(qml.Hadamard(w)) for w in range(n_wires)),
        *(turn(qml.IsingZZ, p, WEIGHTS) for p in pairs),
    ]
    fused = fuse(program(*maps, n_wires=n_wires))
    (step,) = fused.after
    assert isinstance(step, Phases)
    assert step.slopes.shape == (len(pairs), 2**n_wires)
    bits = np.array(list(np.ndindex(*[2] * n_wires)))
    for slopes, (one, other) in zip(step.slopes, pairs, strict=True):
        agree = bits[:, one] == bits[:, other]
        np.testing.assert_allclose(slopes, np.where(agree, -0.5, 0.5), **CLOSE)
    np.testing.assert_allclose(step.offsets, 0, **CLOSE)


@pytest.mark.parametrize(
    ("gate", "n_wires", "diagonal"),
    [
        (qml.IsingZZ, 2, True),
        (qml.CRZ, 2, True),
        (qml.ControlledPhaseShift, 2, True),
        (qml.CPhaseShift00, 2, True),
        (qml.IsingXX, 2, False),
        (qml.CRX, 2, False),
        (qml.SingleExcitation, 2, False),
    ],
)
def test_only_diagonal_gates_turn_phases(gate: Any, n_wires: int, diagonal: bool) -> None:
    maps = [still(qml.Hadamard(0)), turn(gate, tuple(range(n_wires)), WEIGHTS)]
    circuit = program(*maps, n_wires=n_wires)
    fused = fuse(circuit)
    assert kinds(fused.after) == [Phases if diagonal else Wide]
    assert_does_the_same(fused, circuit)


def test_phases_of_inputs_and_of_weights_are_steps_of_their_own() -> None:
    maps = [still(qml.Hadamard(wire)) for wire in range(4)]
    maps += [
        turn(qml.IsingZZ, (2, 3), WEIGHTS),
        turn(qml.IsingZZ, (0, 1), INPUTS),
        turn(qml.CRZ, (1, 0), INPUTS),
    ]
    circuit = program(*maps, n_wires=4)
    fused = fuse(circuit)
    assert [[len(step.maps), needs_of(step)] for step in fused.before] == [[2, {INPUTS}]]
    assert [[len(step.maps), needs_of(step)] for step in fused.after] == [[1, {WEIGHTS}]]
    assert_does_the_same(fused, circuit)


def test_a_mixed_state_has_no_phases() -> None:
    fused = fuse(program(turn(qml.IsingZZ, (0, 1), WEIGHTS, mixed=True), n_wires=2, mixed=True))
    assert kinds(fused.after) == [Wide]


def test_a_wide_map_keeps_its_place() -> None:
    circuit = program(
        turn(qml.RX, (0,), WEIGHTS),
        turn(qml.IsingXX, (0, 1), WEIGHTS),
        turn(qml.RX, (0,), WEIGHTS),
        turn(qml.CRX, (1, 0), WEIGHTS),
        n_wires=2,
    )
    fused = fuse(circuit)
    assert kinds(fused.after) == [Wide, Chains, Wide]
    assert_does_the_same(fused, circuit)


def test_a_map_on_a_prepared_wire_waits_for_it() -> None:
    bell = np.array([1, 0, 0, 1], dtype=complex) / np.sqrt(2)
    maps = (turn(qml.RX, (0,), WEIGHTS), turn(qml.RX, (2,), WEIGHTS))
    fused = fuse(Program(3, False, (Preparation((0, 1), bell, None),), maps))
    assert [one.wires for one in fused.start.chains] == [(2,)]
    assert [step.maps for step in fused.after] == [(maps[0],)]


def test_nothing_to_do_has_no_steps() -> None:
    fused = fuse(program(n_wires=2))
    assert (fused.start.chains, fused.before, fused.after) == ((), (), ())
