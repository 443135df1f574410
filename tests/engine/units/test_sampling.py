"""Finite shots: estimates from joint outcomes, and the circuits that they are drawn in."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from qenn_core.engine.measurements import Expectation, Measurement, Probabilities
from qenn_core.engine.paulis import TO_Z
from qenn_core.engine.sampling import Sampling, frequencies
from tests.engine.units import dense

N_WIRES = 2
Z0, Z1, X0, Y1 = (Expectation(((word, 1.0),)) for word in ("ZI", "IZ", "XI", "IY"))
BOTH = Probabilities((1, 0), "ZZ")


def stream(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def exact_values(measurements: tuple[Measurement, ...], state: np.ndarray) -> list[float]:
    values: list[float] = []
    for measurement in measurements:
        if isinstance(measurement, Expectation):
            operator = sum(coefficient * dense.pauli_word(word) for word, coefficient in measurement.words)
            values.append((state.conj() @ (operator @ state)).real)
        else:
            joint = (np.abs(state) ** 2).reshape([2] * N_WIRES)
            rest = tuple(wire for wire in range(N_WIRES) if wire not in measurement.wires)
            values += list(
                joint.transpose(*measurement.wires, *rest).reshape(2 ** len(measurement.wires), -1).sum(1)
            )
    return values


def probabilities_of(sampling: Sampling, state: np.ndarray) -> list[np.ndarray]:
    """Return the probabilities of the joint outcomes in each group's basis."""
    found = []
    for measurement in sampling.outcomes:
        assert measurement.wires == tuple(range(N_WIRES))
        rotations = [TO_Z.get(letter, np.eye(2)) for letter in measurement.basis]
        found.append(np.abs(dense.kron(*rotations) @ state) ** 2)
    return found


@pytest.mark.parametrize(
    ("measurements", "bases"),
    [
        ((Z0, Z1, BOTH), ["ZZ"]),
        ((Z0, Y1), ["ZY"]),
        ((Z0, X0), ["ZZ", "XZ"]),
        # Probabilities are measured in the basis Z, so they start the second group.
        ((X0, BOTH, Y1), ["XY", "ZZ"]),
        ((Expectation((("ZZ", 1.0), ("XX", 1.0), ("IX", 1.0), ("ZI", 2.0))),), ["ZZ", "XX"]),
        ((Expectation((("II", 3.0),)),), ["ZZ"]),
    ],
)
def test_compatible_words_share_a_circuit(measurements: tuple[Measurement, ...], bases: list[str]) -> None:
    sampling = Sampling(measurements, N_WIRES)
    assert [measurement.basis for measurement in sampling.outcomes] == bases
    assert sampling.n_circuits == len(bases)


words = st.tuples(st.text("IXYZ", min_size=N_WIRES, max_size=N_WIRES), st.sampled_from([1.0, -0.5, 2.0]))
some_measurements = st.lists(
    st.lists(words, min_size=1, max_size=3).map(lambda words_: Expectation(tuple(words_)))
    | st.permutations(range(N_WIRES)).map(lambda wires: Probabilities(tuple(wires), "Z" * N_WIRES))
    | st.integers(0, N_WIRES - 1).map(lambda wire: Probabilities((wire,), "Z")),
    min_size=1,
    max_size=4,
).map(tuple)


@given(some_measurements, st.integers(0, 9))
def test_mean_over_all_outcomes_is_exact(measurements: tuple[Measurement, ...], seed: int) -> None:
    """Estimates from certain outcomes, weighted with their probabilities, add up to the exact values."""
    sampling = Sampling(measurements, N_WIRES)
    state = dense.state_vector(np.random.default_rng(seed), N_WIRES)
    certain = np.eye(2**N_WIRES)
    total = np.zeros(len(exact_values(measurements, state)))
    # The other groups always have outcome 0, whose contribution is subtracted again.
    ground = np.tile(certain[0], sampling.n_circuits)
    base = estimate(sampling, ground)
    for group, probabilities in enumerate(probabilities_of(sampling, state)):
        for outcome, chance in enumerate(probabilities):
            row = ground.copy()
            row[group * 2**N_WIRES : (group + 1) * 2**N_WIRES] = certain[outcome]
            total += chance * (estimate(sampling, row) - base)
    np.testing.assert_allclose(base + total, exact_values(measurements, state), atol=1e-12)


def estimate(sampling: Sampling, probabilities: np.ndarray, shots: int = 3) -> np.ndarray:
    rows = torch.from_numpy(probabilities).reshape(1, 1, -1)
    return sampling.estimate(rows, shots, [stream()])[0, 0].numpy()


def test_results_of_one_circuit_share_outcomes() -> None:
    state = np.array([0.6, 0, 0, 0.8])
    sampling = Sampling((Z0, Z1, Expectation((("ZZ", 1.0),)), BOTH), N_WIRES)
    rows = torch.from_numpy(np.tile(np.concatenate(probabilities_of(sampling, state)), (1, 50, 1)))
    z0, z1, product, *joint = sampling.estimate(rows, 7, [stream()])[0].numpy().T
    np.testing.assert_array_equal(z0, z1)
    np.testing.assert_array_equal(product, 1)
    np.testing.assert_allclose(joint[0] - joint[3], z0, atol=1e-12)
    assert len(np.unique(z0)) > 2


def test_each_model_draws_from_its_own_stream() -> None:
    sampling = Sampling((Z0,), N_WIRES)
    rows = torch.full((3, 5, 4), 0.25)
    together = sampling.estimate(rows, 10, [stream(1), stream(2), stream(1)])
    assert together.dtype == rows.dtype
    assert torch.equal(together[0], together[2])
    assert not torch.equal(together[0], together[1])
    assert torch.equal(together[1:2], sampling.estimate(rows[:1], 10, [stream(2)]))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_non_finite_row_gives_nan(bad: float) -> None:
    shares = frequencies(np.array([[0.5, 0.5], [bad, 0.5], [1.0, 0.0]]), 8, stream())
    assert np.isnan(shares[1]).all()
    assert shares[0].sum() == 1
    assert shares[2].tolist() == [1, 0]


def test_negative_rounding_errors_count_as_zero() -> None:
    shares = frequencies(np.array([[1 + 1e-7, -1e-9]] * 100), 1000, stream())
    assert (shares == [1, 0]).all()


def test_frequencies_match_probabilities() -> None:
    probabilities = np.array([0.1, 0.2, 0.3, 0.4])
    shots, rows = 100, 4000
    shares = frequencies(np.tile(probabilities, (rows, 1)), shots, stream())
    five_sigma = 5 * np.sqrt(probabilities * (1 - probabilities) / shots / rows)
    assert (np.abs(shares.mean(axis=0) - probabilities) < five_sigma).all()
    np.testing.assert_allclose(shares.var(axis=0) * shots, probabilities * (1 - probabilities), rtol=0.15)


def test_estimate_of_no_rows() -> None:
    assert Sampling((Z0, X0), N_WIRES).estimate(torch.zeros(2, 0, 8), 5, [stream()] * 2).shape == (2, 0, 2)
