"""A table is the gate itself: found by evaluating it at a few angles, then multiplied and joined as sums."""

import numpy as np
import pennylane as qml
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qenn_core.engine.fourier import NotFourierError, Table, constant, fit
from qenn_core.engine.program import transfer_table
from qenn_core.engine.recording import _table
from tests.engine.gates import GATES, NAMES, Gate
from tests.engine.units.dense import pauli_vector, state_vector, unitary

PARAMETRISED = [gate for gate in GATES if gate.n_angles]
# The same gates as PennyLane's operators make others of them.
MODIFIED = {
    "adjoint": lambda angle: qml.adjoint(qml.RX(angle, 0)),
    "controlled": lambda angle: qml.ctrl(qml.PhaseShift(angle, 1), 0),
    "controlled on 0": lambda angle: qml.ctrl(qml.RY(angle, 2), (0, 1), control_values=(0, 1)),
    "squared": lambda angle: qml.pow(qml.IsingXY(angle, (0, 1)), 2),
    "inverted": lambda angle: qml.pow(qml.RZ(angle, 0), -1),
    "product": lambda angle: qml.prod(qml.RX(angle, 0), qml.RY(angle, 1)),
    "evolution": lambda angle: qml.evolve(qml.X(0) @ qml.Y(1), angle),
}

ANGLES = np.random.default_rng(1).uniform(-9, 9, (3, 3))
CLOSE = {"rtol": 0, "atol": 1e-10}


def make(gate: Gate, angles: list[float]) -> qml.operation.Operator:
    return eval(gate.call(list(map(repr, angles)), range(gate.n_wires)), dict(NAMES))


@st.composite
def tables(draw: st.DrawFn, dim: int = 2) -> Table:
    n_angles = draw(st.integers(0, 2))
    vectors = st.tuples(*[st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0])] * n_angles)
    frequencies = draw(st.lists(vectors, min_size=1, max_size=4, unique=True))
    entries = st.sampled_from([0, 1, -0.5, 0.25j, 1 - 1j])
    size = len(frequencies) * dim * dim
    coefficients = draw(st.lists(entries, min_size=size, max_size=size))
    return Table(
        np.array(frequencies, dtype=float).reshape(len(frequencies), n_angles),
        np.array(coefficients, dtype=complex).reshape(len(frequencies), dim, dim),
    )


def some_angles(n_angles: int) -> np.ndarray:
    return np.random.default_rng(2).uniform(-9, 9, (4, n_angles))


@pytest.mark.parametrize("gate", PARAMETRISED, ids=lambda gate: f"{gate.name}-{gate.n_wires}")
def test_the_table_of_a_gate_is_its_matrix(gate: Gate) -> None:
    operation = make(gate, [0.3] * gate.n_angles)
    table = _table(operation)
    if any(np.ndim(parameter) for parameter in operation.data):
        # A matrix or a vector is no angle.
        assert table is None
        return
    assert table is not None
    for angles in ANGLES[:, : gate.n_angles]:
        wanted = qml.matrix(make(gate, list(angles)), wire_order=range(gate.n_wires))
        np.testing.assert_allclose(table(angles[None])[0], wanted, **CLOSE)


@pytest.mark.parametrize("name", MODIFIED)
def test_a_modified_gate_has_a_table_too(name: str) -> None:
    table = _table(MODIFIED[name](0.3))
    assert table is not None
    for angle in ANGLES[:, 0]:
        # The product takes its angle twice.
        angles = np.full((1, table.n_angles), angle)
        np.testing.assert_allclose(table(angles)[0], qml.matrix(MODIFIED[name](float(angle))), **CLOSE)


def test_a_gate_is_fitted_once() -> None:
    assert _table(qml.RX(0.1, wires="a")) is _table(qml.RX(2.0, wires=7))
    assert _table(qml.RX(0.1, wires=0)) is not _table(qml.RY(0.1, wires=0))


def test_frequencies_that_nothing_has_are_left_out() -> None:
    table = _table(qml.CRX(0.1, wires=(0, 1)))
    assert table is not None
    assert sorted(table.frequencies[:, 0]) == [-0.5, 0, 0.5]
    assert table.spectrum(0) == (0.5,)
    assert transfer_table(table).spectrum(0) == (0.5, 1.0)


def test_an_angle_without_effect_has_no_spectrum() -> None:
    table = fit(lambda angles: np.exp(1j * angles[:, :1, None]) * np.eye(2), 2)
    assert table.spectrum(0) == (1.0,)
    assert table.spectrum(1) == ()


@pytest.mark.parametrize(
    "phase",
    [lambda angle: angle**2, lambda angle: angle / 3, lambda angle: np.sqrt(np.abs(angle)), np.floor],
    ids=["square", "third", "root", "step"],
)
def test_what_is_no_fourier_sum_is_refused(phase) -> None:
    def matrix(angles: np.ndarray) -> np.ndarray:
        return np.exp(1j * phase(angles[:, 0]))[:, None, None] * np.ones((1, 2, 2))

    with pytest.raises(NotFourierError):
        fit(matrix, 1)


def test_a_gate_that_is_no_fourier_sum_has_no_table() -> None:
    assert _table(qml.pow(qml.RX(0.3, wires=0), 0.5)) is None


@given(first=tables(), last=tables())
def test_a_product_is_the_product_of_the_matrices(first: Table, last: Table) -> None:
    product = last.after(first)
    assert product.n_angles == first.n_angles + last.n_angles
    angles = some_angles(product.n_angles)
    wanted = last(angles[:, first.n_angles :]) @ first(angles[:, : first.n_angles])
    np.testing.assert_allclose(product(angles), wanted, **CLOSE)


@given(left=tables(), right=tables(dim=4))
def test_a_kronecker_product_is_that_of_the_matrices(left: Table, right: Table) -> None:
    product = left.kron(right)
    assert product.n_angles == left.n_angles + right.n_angles
    for angles in some_angles(product.n_angles):
        mine, others = angles[None, : left.n_angles], angles[None, left.n_angles :]
        wanted = np.kron(left(mine)[0], right(others)[0])
        np.testing.assert_allclose(product(angles[None])[0], wanted, **CLOSE)


@given(tables())
def test_waves_add_up_to_the_table(table: Table) -> None:
    if not np.abs(table.coefficients).max() > 0:
        return
    frequencies, phases, coefficients = table.waves()
    angles = some_angles(table.n_angles)
    waves = np.cos(angles @ frequencies - phases)
    np.testing.assert_allclose(np.tensordot(waves, coefficients, axes=1), table(angles), **CLOSE)
    # One cosine and one sine for each pair of opposite frequencies.
    assert len({(*k, phase) for k, phase in zip(frequencies.T, phases, strict=True)}) == len(phases)


def test_waves_of_a_real_matrix_are_real() -> None:
    rot = _table(qml.Rot(0.1, 0.2, 0.3, wires=0))
    assert rot is not None
    _, _, coefficients = transfer_table(rot).waves()
    np.testing.assert_allclose(coefficients.imag, 0, **CLOSE)


@given(tables())
def test_pruning_changes_no_value(table: Table) -> None:
    pruned = table.pruned()
    angles = some_angles(table.n_angles)
    np.testing.assert_allclose(pruned(angles), table(angles), **CLOSE)
    assert 1 <= len(pruned.frequencies) <= len(table.frequencies)
    assert len(pruned.frequencies) == 1 or (np.abs(pruned.coefficients).max(axis=(1, 2)) > 0).all()


def test_pruning_takes_rounding_for_zero() -> None:
    noisy = Table(np.array([[0.0], [1.0]]), np.stack([np.eye(2), np.full((2, 2), 1e-13)]).astype(complex))
    assert noisy.pruned().frequencies.tolist() == [[0.0]]


def test_the_key_ignores_rounding_and_nothing_else() -> None:
    table = constant(unitary(np.random.default_rng(3), 1))
    assert table.key == table.map(lambda some: some + 1e-15).key
    assert table.key != table.map(lambda some: some + 1e-9).key
    assert table.key != Table(np.ones((1, 1)), table.coefficients).key


def test_a_constant_table_takes_no_angles() -> None:
    matrix = unitary(np.random.default_rng(4), 2)
    table = constant(matrix)
    assert table.n_angles == 0
    np.testing.assert_array_equal(table(np.zeros((3, 0))), [matrix] * 3)


def test_a_linear_function_of_a_table_is_that_of_its_matrix() -> None:
    table = _table(qml.RX(0.1, wires=0))
    assert table is not None
    vector = np.array([0.6, 0.8j])
    angles = some_angles(1)
    turned = table.map(lambda some: (some @ vector)[..., None])
    np.testing.assert_allclose(turned(angles)[..., 0], table(angles) @ vector, **CLOSE)


@pytest.mark.parametrize("gate", PARAMETRISED, ids=lambda gate: f"{gate.name}-{gate.n_wires}")
def test_the_transfer_table_turns_pauli_vectors(gate: Gate) -> None:
    if gate.n_wires > 2:
        return
    table = _table(make(gate, [0.3] * gate.n_angles))
    if table is None:
        return
    draw = np.random.default_rng(5)
    for angles in ANGLES[:1, : gate.n_angles]:
        state = state_vector(draw, gate.n_wires)
        after = table(angles[None])[0] @ state
        transferred = transfer_table(table)(angles[None])[0] @ pauli_vector(np.outer(state, state.conj()))
        np.testing.assert_allclose(transferred, pauli_vector(np.outer(after, after.conj())), **CLOSE)
