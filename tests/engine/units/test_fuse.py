"""Fusing groups commuting maps into few steps, and is equivalent to the original circuit."""

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

from qenn_core.engine.constant_maps import Monomial
from qenn_core.engine.fourier import MAX_TERMS, constant_series
from qenn_core.engine.fuse import Chains, ConstantStep, FusedCircuit, MultiWireMap, Phases, Step, fuse
from qenn_core.engine.parameters import INPUTS, NOTHING, WEIGHTS, Dependencies, Value
from qenn_core.engine.paulis import transfer_matrix
from qenn_core.engine.program import Map, Program, StatePreparation, transfer_series
from qenn_core.engine.recording import fourier_series
from tests.engine.units import dense

CLOSE = {"rtol": 0, "atol": 1e-10}


def parametrised(gate: Any, wires: tuple[int, ...], depends_on: Dependencies, mixed: bool = False) -> Map:
    """Return a parametrised gate with these dependencies."""
    series = fourier_series(gate(*[0.1] * gate.num_params, wires=wires))
    assert series is not None
    return Map(
        wires, transfer_series(series) if mixed else series, (Value(depends_on, entry=0),) * series.n_angles
    )


def constant_map(operation: Any, mixed: bool = False) -> Map:
    """Return a constant gate or channel."""
    is_channel = isinstance(operation, qml.operation.Channel)
    kraus = np.array(operation.kraus_matrices() if is_channel else [qml.matrix(operation)], dtype=complex)
    matrix = transfer_matrix(torch.from_numpy(kraus)).numpy() if mixed else kraus[0]
    return Map(tuple(operation.wires), constant_series(matrix))


def program(*maps: Map, n_wires: int, mixed: bool = False) -> Program:
    """Return a circuit in which each angle is a separate entry."""
    entries = count()
    numbered = [
        replace(map_, values=tuple(replace(value, entry=next(entries)) for value in map_.values))
        for map_ in maps
    ]
    return Program(n_wires, mixed, (), tuple(numbered))


# The reference: every map on the whole register, in order.


def angles_of(maps: tuple[Map, ...]) -> np.ndarray:
    entries = [value.entry for map_ in maps for value in map_.values]
    return 3 * np.sin(1 + np.array(entries, dtype=float))


def on_register(map_: Map, circuit: Program) -> np.ndarray:
    assert map_.series is not None
    return dense.on_register(
        map_.series(angles_of((map_,))[None])[0], map_.wires, circuit.n_wires, circuit.dim
    )


def ground(circuit: Program) -> np.ndarray:
    return reduce(np.kron, [circuit.zero_state] * circuit.n_wires)


def matrix_of(step: Step, circuit: Program) -> np.ndarray:
    if isinstance(step, ConstantStep):
        return (step.map.to_sparse() if isinstance(step.map, Monomial) else step.map).toarray()
    if isinstance(step, Phases):
        return np.diag(np.exp(1j * (step.offsets + angles_of(step.maps) @ step.slopes)))
    maps = step.maps if isinstance(step, Chains) else (step.map,)
    return reduce(np.matmul, [on_register(map_, circuit) for map_ in maps])


def assert_does_the_same(fused: FusedCircuit, circuit: Program) -> None:
    state = ground(circuit)
    for map_ in fused.initial.chains:
        state = on_register(map_, circuit) @ state
    for step in (*fused.prefix, *fused.suffix):
        state = matrix_of(step, circuit) @ state
    expected = ground(circuit)
    for map_ in circuit.maps:
        expected = on_register(map_, circuit) @ expected
    np.testing.assert_allclose(state, expected, **CLOSE)


PARAMETRISED = [qml.RX, qml.RY, qml.RZ, qml.PhaseShift, qml.Rot, qml.IsingZZ, qml.IsingXX, qml.CRX, qml.CRZ]
CONSTANTS = [qml.Hadamard, qml.S, qml.X, qml.CNOT, qml.CZ, qml.SWAP]
CHANNELS = [lambda wires: qml.DepolarizingChannel(0.1, wires), lambda wires: qml.AmplitudeDamping(0.2, wires)]


@st.composite
def programs(draw: st.DrawFn, mixed: bool) -> Program:
    n_wires = draw(st.integers(2, 3 if mixed else 4))
    maps = []
    for _ in range(draw(st.integers(1, 10))):
        wires = tuple(draw(st.permutations(range(n_wires)))[:2])
        kind = draw(st.sampled_from([*PARAMETRISED, *CONSTANTS, *(CHANNELS if mixed else [])]))
        own = wires[: getattr(kind, "num_wires", 1)]
        if kind in PARAMETRISED:
            maps.append(parametrised(kind, own, draw(st.sampled_from([WEIGHTS, INPUTS])), mixed))
        else:
            maps.append(constant_map(kind(wires=own), mixed))
    return program(*maps, n_wires=n_wires, mixed=mixed)


@given(programs(mixed=False))
def test_fused_pure_circuit_is_equivalent(circuit: Program) -> None:
    assert_does_the_same(fuse(circuit), circuit)


@given(programs(mixed=True))
def test_fused_noisy_circuit_is_equivalent(circuit: Program) -> None:
    assert_does_the_same(fuse(circuit), circuit)


@given(programs(mixed=False))
def test_suffix_does_not_depend_on_inputs(circuit: Program) -> None:
    fused = fuse(circuit)
    assert not any(depends_on >= INPUTS for step in fused.suffix for depends_on in dependencies_of(step))
    assert not fused.prefix or any(depends_on >= INPUTS for depends_on in dependencies_of(fused.prefix[-1]))


def dependencies_of(step: Step) -> set[Dependencies]:
    if isinstance(step, ConstantStep):
        return {NOTHING}
    return {map_.depends_on for map_ in (step.maps if not isinstance(step, MultiWireMap) else (step.map,))}


def step_types(steps: tuple[Step, ...]) -> list[type]:
    return [type(step) for step in steps]


def ring(n_wires: int) -> list[tuple[int, int]]:
    return [(wire, (wire + 1) % n_wires) for wire in range(n_wires)]


def test_cnot_ring_is_one_monomial() -> None:
    fused = fuse(program(*(constant_map(qml.CNOT(pair)) for pair in ring(5)), n_wires=5))
    (step,) = fused.suffix
    assert isinstance(step, ConstantStep)
    assert isinstance(step.map, Monomial)


def test_cnot_ring_with_noise_is_one_sparse_matrix() -> None:
    maps = []
    for pair in ring(3):
        maps.append(constant_map(qml.CNOT(pair), mixed=True))
        maps += [constant_map(qml.AmplitudeDamping(0.1, wire), mixed=True) for wire in pair]
    circuit = program(*maps, n_wires=3, mixed=True)
    fused = fuse(circuit)
    # The noise before the first CNOT of a wire belongs to the initial state of the wire.
    assert step_types(fused.suffix) == [ConstantStep]
    assert_does_the_same(fused, circuit)


def test_noise_joins_the_chain_of_its_rotation() -> None:
    circuit = program(
        parametrised(qml.RX, (0,), WEIGHTS, mixed=True),
        constant_map(qml.DepolarizingChannel(0.1, 0), mixed=True),
        parametrised(qml.RY, (0,), WEIGHTS, mixed=True),
        n_wires=1,
        mixed=True,
    )
    fused = fuse(circuit)
    assert len(fused.initial.chains) == 1
    assert (fused.prefix, fused.suffix) == ((), ())


def test_rotations_with_equal_dependencies_are_one_chain() -> None:
    depends_on = [WEIGHTS, WEIGHTS, INPUTS, INPUTS, WEIGHTS]
    fused = fuse(program(*(parametrised(qml.RX, (0,), value) for value in depends_on), n_wires=1))
    assert [map_.depends_on for map_ in fused.initial.chains] == [WEIGHTS]
    assert [dependencies_of(step) for step in fused.prefix] == [{INPUTS}]
    assert [dependencies_of(step) for step in fused.suffix] == [{WEIGHTS}]


def test_chains_have_at_most_max_terms() -> None:
    fused = fuse(program(*(parametrised(qml.Rot, (0,), WEIGHTS) for _ in range(5)), n_wires=1))
    chains = [*fused.initial.chains, *(map_ for step in fused.suffix for map_ in step.maps)]
    assert len(chains) == 3
    assert all(len(map_.series.coefficients) <= MAX_TERMS for map_ in chains)


def test_commuting_maps_are_regrouped() -> None:
    """Rotations and CNOTs, given wire by wire, become one step each."""
    maps = []
    for pair in [(0, 1), (2, 3)]:
        maps += [parametrised(qml.RY, (wire,), WEIGHTS) for wire in pair]
        maps.append(constant_map(qml.CNOT(pair)))
        maps += [parametrised(qml.RX, (wire,), WEIGHTS) for wire in pair]
    fused = fuse(program(*maps, n_wires=4))
    assert [map_.wires for map_ in fused.initial.chains] == [(0,), (1,), (2,), (3,)]
    assert step_types(fused.suffix) == [ConstantStep, Chains]
    assert [map_.wires for map_ in fused.suffix[1].maps] == [(0,), (1,), (2,), (3,)]


def test_prefix_contains_only_ancestors_of_data_dependent_maps() -> None:
    circuit = program(
        constant_map(qml.Hadamard(0)),
        constant_map(qml.CNOT((0, 1))),
        parametrised(qml.RX, (0,), WEIGHTS),
        constant_map(qml.CNOT((0, 2))),
        parametrised(qml.RX, (1,), INPUTS),
        n_wires=3,
    )
    fused = fuse(circuit)
    assert [dependencies_of(step) for step in fused.prefix] == [{NOTHING}, {INPUTS}]
    assert [dependencies_of(step) for step in fused.suffix] == [{WEIGHTS}, {NOTHING}]
    assert_does_the_same(fused, circuit)


def test_diagonal_gates_share_one_phases_step() -> None:
    n_wires = 4
    pairs = list(combinations(range(n_wires), 2))
    maps = [
        *(constant_map(qml.Hadamard(w)) for w in range(n_wires)),
        *(parametrised(qml.IsingZZ, p, WEIGHTS) for p in pairs),
    ]
    fused = fuse(program(*maps, n_wires=n_wires))
    (step,) = fused.suffix
    assert isinstance(step, Phases)
    assert step.slopes.shape == (len(pairs), 2**n_wires)
    bits = np.array(list(np.ndindex(*[2] * n_wires)))
    for slopes, (first, second) in zip(step.slopes, pairs, strict=True):
        agree = bits[:, first] == bits[:, second]
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
def test_only_diagonal_gates_become_phases(gate: Any, n_wires: int, diagonal: bool) -> None:
    maps = [constant_map(qml.Hadamard(0)), parametrised(gate, tuple(range(n_wires)), WEIGHTS)]
    circuit = program(*maps, n_wires=n_wires)
    fused = fuse(circuit)
    assert step_types(fused.suffix) == [Phases if diagonal else MultiWireMap]
    assert_does_the_same(fused, circuit)


def test_phases_with_different_dependencies_are_separate_steps() -> None:
    maps = [constant_map(qml.Hadamard(wire)) for wire in range(4)]
    maps += [
        parametrised(qml.IsingZZ, (2, 3), WEIGHTS),
        parametrised(qml.IsingZZ, (0, 1), INPUTS),
        parametrised(qml.CRZ, (1, 0), INPUTS),
    ]
    circuit = program(*maps, n_wires=4)
    fused = fuse(circuit)
    assert [[len(step.maps), dependencies_of(step)] for step in fused.prefix] == [[2, {INPUTS}]]
    assert [[len(step.maps), dependencies_of(step)] for step in fused.suffix] == [[1, {WEIGHTS}]]
    assert_does_the_same(fused, circuit)


def test_mixed_state_has_no_phases_step() -> None:
    fused = fuse(program(parametrised(qml.IsingZZ, (0, 1), WEIGHTS, mixed=True), n_wires=2, mixed=True))
    assert step_types(fused.suffix) == [MultiWireMap]


def test_multi_wire_map_keeps_its_position() -> None:
    circuit = program(
        parametrised(qml.RX, (0,), WEIGHTS),
        parametrised(qml.IsingXX, (0, 1), WEIGHTS),
        parametrised(qml.RX, (0,), WEIGHTS),
        parametrised(qml.CRX, (1, 0), WEIGHTS),
        n_wires=2,
    )
    fused = fuse(circuit)
    assert step_types(fused.suffix) == [MultiWireMap, Chains, MultiWireMap]
    assert_does_the_same(fused, circuit)


def test_map_on_a_prepared_wire_is_not_in_the_initial_state() -> None:
    bell = np.array([1, 0, 0, 1], dtype=complex) / np.sqrt(2)
    maps = (parametrised(qml.RX, (0,), WEIGHTS), parametrised(qml.RX, (2,), WEIGHTS))
    fused = fuse(Program(3, False, (StatePreparation((0, 1), bell, None),), maps))
    assert [map_.wires for map_ in fused.initial.chains] == [(2,)]
    assert [step.maps for step in fused.suffix] == [(maps[0],)]


def test_empty_program_has_no_steps() -> None:
    fused = fuse(program(n_wires=2))
    assert (fused.initial.chains, fused.prefix, fused.suffix) == ((), (), ())
