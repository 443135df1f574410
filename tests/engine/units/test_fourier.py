"""Fourier series equal their gates, and so do their products."""

import numpy as np
import pennylane as qml
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qenn_core.engine.fourier import FourierSeries, NotFourierError, constant_series, fit
from qenn_core.engine.program import transfer_series
from qenn_core.engine.recording import fourier_series
from tests.engine.gates import GATES, NAMES, Gate
from tests.engine.units.dense import pauli_vector, state_vector, unitary

PARAMETRISED = [gate for gate in GATES if gate.n_angles]
# Gates modified by PennyLane's operators.
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
def random_series(draw: st.DrawFn, dim: int = 2) -> FourierSeries:
    n_angles = draw(st.integers(0, 2))
    vectors = st.tuples(*[st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0])] * n_angles)
    frequencies = draw(st.lists(vectors, min_size=1, max_size=4, unique=True))
    entries = st.sampled_from([0, 1, -0.5, 0.25j, 1 - 1j])
    size = len(frequencies) * dim * dim
    coefficients = draw(st.lists(entries, min_size=size, max_size=size))
    return FourierSeries(
        np.array(frequencies, dtype=float).reshape(len(frequencies), n_angles),
        np.array(coefficients, dtype=complex).reshape(len(frequencies), dim, dim),
    )


def draw_angles(n_angles: int) -> np.ndarray:
    return np.random.default_rng(2).uniform(-9, 9, (4, n_angles))


@pytest.mark.parametrize("gate", PARAMETRISED, ids=lambda gate: f"{gate.name}-{gate.n_wires}")
def test_series_of_a_gate_is_its_matrix(gate: Gate) -> None:
    operation = make(gate, [0.3] * gate.n_angles)
    series = fourier_series(operation)
    if any(np.ndim(parameter) for parameter in operation.data):
        # A matrix or a vector is not an angle.
        assert series is None
        return
    assert series is not None
    for angles in ANGLES[:, : gate.n_angles]:
        expected = qml.matrix(make(gate, list(angles)), wire_order=range(gate.n_wires))
        np.testing.assert_allclose(series(angles[None])[0], expected, **CLOSE)


@pytest.mark.parametrize("name", MODIFIED)
def test_series_of_a_modified_gate(name: str) -> None:
    series = fourier_series(MODIFIED[name](0.3))
    assert series is not None
    for angle in ANGLES[:, 0]:
        # The product takes its angle twice.
        angles = np.full((1, series.n_angles), angle)
        np.testing.assert_allclose(series(angles)[0], qml.matrix(MODIFIED[name](float(angle))), **CLOSE)


def test_series_is_fitted_once_per_gate() -> None:
    assert fourier_series(qml.RX(0.1, wires="a")) is fourier_series(qml.RX(2.0, wires=7))
    assert fourier_series(qml.RX(0.1, wires=0)) is not fourier_series(qml.RY(0.1, wires=0))


def test_absent_frequencies_are_left_out() -> None:
    series = fourier_series(qml.CRX(0.1, wires=(0, 1)))
    assert series is not None
    assert sorted(series.frequencies[:, 0]) == [-0.5, 0, 0.5]
    assert series.spectrum(0) == (0.5,)
    assert transfer_series(series).spectrum(0) == (0.5, 1.0)


def test_angle_without_effect_has_no_spectrum() -> None:
    series = fit(lambda angles: np.exp(1j * angles[:, :1, None]) * np.eye(2), 2)
    assert series.spectrum(0) == (1.0,)
    assert series.spectrum(1) == ()


@pytest.mark.parametrize(
    "phase",
    [lambda angle: angle**2, lambda angle: angle / 3, lambda angle: np.sqrt(np.abs(angle)), np.floor],
    ids=["square", "third", "root", "step"],
)
def test_fit_rejects_other_functions(phase) -> None:
    def matrix(angles: np.ndarray) -> np.ndarray:
        return np.exp(1j * phase(angles[:, 0]))[:, None, None] * np.ones((1, 2, 2))

    with pytest.raises(NotFourierError):
        fit(matrix, 1)


def test_gate_that_is_no_fourier_series() -> None:
    assert fourier_series(qml.pow(qml.RX(0.3, wires=0), 0.5)) is None


@given(first=random_series(), last=random_series())
def test_after_multiplies_matrices(first: FourierSeries, last: FourierSeries) -> None:
    product = last.after(first)
    assert product.n_angles == first.n_angles + last.n_angles
    angles = draw_angles(product.n_angles)
    expected = last(angles[:, first.n_angles :]) @ first(angles[:, : first.n_angles])
    np.testing.assert_allclose(product(angles), expected, **CLOSE)


@given(left=random_series(), right=random_series(dim=4))
def test_kron_multiplies_matrices(left: FourierSeries, right: FourierSeries) -> None:
    product = left.kron(right)
    assert product.n_angles == left.n_angles + right.n_angles
    for angles in draw_angles(product.n_angles):
        left_angles, right_angles = angles[None, : left.n_angles], angles[None, left.n_angles :]
        expected = np.kron(left(left_angles)[0], right(right_angles)[0])
        np.testing.assert_allclose(product(angles[None])[0], expected, **CLOSE)


@given(random_series())
def test_cosines_add_up_to_the_series(series: FourierSeries) -> None:
    if not np.abs(series.coefficients).max() > 0:
        return
    frequencies, phases, coefficients = series.cosines()
    angles = draw_angles(series.n_angles)
    cosines = np.cos(angles @ frequencies - phases)
    np.testing.assert_allclose(np.tensordot(cosines, coefficients, axes=1), series(angles), **CLOSE)
    # At most one cosine and one sine for each pair of opposite frequencies.
    assert len({(*k, phase) for k, phase in zip(frequencies.T, phases, strict=True)}) == len(phases)


def test_cosines_of_a_real_matrix_have_real_coefficients() -> None:
    rot = fourier_series(qml.Rot(0.1, 0.2, 0.3, wires=0))
    assert rot is not None
    _, _, coefficients = transfer_series(rot).cosines()
    np.testing.assert_allclose(coefficients.imag, 0, **CLOSE)


@given(random_series())
def test_pruning_preserves_values(series: FourierSeries) -> None:
    pruned = series.pruned()
    angles = draw_angles(series.n_angles)
    np.testing.assert_allclose(pruned(angles), series(angles), **CLOSE)
    assert 1 <= len(pruned.frequencies) <= len(series.frequencies)
    assert len(pruned.frequencies) == 1 or (np.abs(pruned.coefficients).max(axis=(1, 2)) > 0).all()


def test_pruning_removes_rounding_errors() -> None:
    noisy = FourierSeries(
        np.array([[0.0], [1.0]]), np.stack([np.eye(2), np.full((2, 2), 1e-13)]).astype(complex)
    )
    assert noisy.pruned().frequencies.tolist() == [[0.0]]


def test_key_ignores_only_rounding() -> None:
    series = constant_series(unitary(np.random.default_rng(3), 1))
    assert series.key == series.map(lambda matrices: matrices + 1e-15).key
    assert series.key != series.map(lambda matrices: matrices + 1e-9).key
    assert series.key != FourierSeries(np.ones((1, 1)), series.coefficients).key


def test_constant_series_has_no_angles() -> None:
    matrix = unitary(np.random.default_rng(4), 2)
    series = constant_series(matrix)
    assert series.n_angles == 0
    np.testing.assert_array_equal(series(np.zeros((3, 0))), [matrix] * 3)


def test_map_applies_a_linear_function_to_the_matrix() -> None:
    series = fourier_series(qml.RX(0.1, wires=0))
    assert series is not None
    vector = np.array([0.6, 0.8j])
    angles = draw_angles(1)
    states = series.map(lambda matrices: (matrices @ vector)[..., None])
    np.testing.assert_allclose(states(angles)[..., 0], series(angles) @ vector, **CLOSE)


@pytest.mark.parametrize("gate", PARAMETRISED, ids=lambda gate: f"{gate.name}-{gate.n_wires}")
def test_transfer_series_acts_on_pauli_vectors(gate: Gate) -> None:
    if gate.n_wires > 2:
        return
    series = fourier_series(make(gate, [0.3] * gate.n_angles))
    if series is None:
        return
    draw = np.random.default_rng(5)
    for angles in ANGLES[:1, : gate.n_angles]:
        state = state_vector(draw, gate.n_wires)
        after = series(angles[None])[0] @ state
        transferred = transfer_series(series)(angles[None])[0] @ pauli_vector(np.outer(state, state.conj()))
        np.testing.assert_allclose(transferred, pauli_vector(np.outer(after, after.conj())), **CLOSE)
