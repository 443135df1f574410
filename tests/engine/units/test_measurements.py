"""The read-out matrices of both pictures agree with dense operators."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qenn_core.engine.measurements import (
    Expectation,
    Measurement,
    Probabilities,
    amplitude_readout,
    n_outputs,
    pauli_readout,
)
from qenn_core.engine.paulis import TO_Z
from tests.engine.units import dense

N_WIRES = 3
CLOSE = {"rtol": 0, "atol": 1e-12}


@st.composite
def measurements(draw: st.DrawFn, letters: str) -> list[Measurement]:
    words = st.tuples(st.text("IXYZ", min_size=N_WIRES, max_size=N_WIRES), st.sampled_from([1.0, -0.5, 2.0]))
    expectations = st.lists(words, max_size=3).map(lambda drawn: Expectation(tuple(drawn)))

    @st.composite
    def probabilities(draw: st.DrawFn) -> Probabilities:
        wires = draw(st.permutations(range(N_WIRES)))[: draw(st.integers(1, N_WIRES))]
        return Probabilities(tuple(wires), draw(st.text(letters, min_size=len(wires), max_size=len(wires))))

    return draw(st.lists(expectations | probabilities(), min_size=1, max_size=3))


def expected(drawn: list[Measurement], density: np.ndarray) -> np.ndarray:
    results: list[float] = []
    for measurement in drawn:
        if isinstance(measurement, Expectation):
            total = sum(
                coefficient * np.trace(dense.pauli_word(word) @ density)
                for word, coefficient in measurement.words
            )
            results.append(np.real(total))
            continue
        for outcome in np.ndindex(*[2] * len(measurement.wires)):
            projector = np.eye(2**N_WIRES)
            for wire, letter, bit in zip(measurement.wires, measurement.basis, outcome, strict=True):
                eigen = (dense.PAULIS["I"] + (-1) ** bit * dense.PAULIS[letter]) / 2
                projector = projector @ dense.on_register(eigen, [wire], N_WIRES)
            results.append(np.trace(projector @ density).real)
    return np.array(results)


@given(measurements("Z"), st.integers(0, 9))
def test_amplitude_readout(drawn: list[Measurement], seed: int) -> None:
    state = dense.state_vector(np.random.default_rng(seed), N_WIRES)
    positions = np.arange(2**N_WIRES)
    total = np.zeros(n_outputs(drawn))
    for mask, matrix in amplitude_readout(drawn, N_WIRES).items():
        assert matrix.shape == (n_outputs(drawn), 2**N_WIRES)
        total += (matrix @ (state.conj() * state[positions ^ mask])).real
    np.testing.assert_allclose(total, expected(drawn, np.outer(state, state.conj())), **CLOSE)


@given(measurements("XYZ"), st.integers(0, 9))
def test_pauli_readout(drawn: list[Measurement], seed: int) -> None:
    density = dense.density_matrix(np.random.default_rng(seed), N_WIRES)
    matrix = pauli_readout(drawn, N_WIRES)
    assert matrix.shape == (n_outputs(drawn), 4**N_WIRES)
    np.testing.assert_allclose(matrix @ dense.pauli_vector(density), expected(drawn, density), **CLOSE)


def test_words_that_flip_the_same_bits_share_a_mask() -> None:
    drawn = [Expectation((("XYI", 1.0), ("YXZ", 0.5))), Expectation((("ZII", 1.0),))]
    assert set(amplitude_readout(drawn, N_WIRES)) == {0, 0b110}


@pytest.mark.parametrize("letter", TO_Z)
def test_another_basis_is_z_after_a_rotation(letter: str) -> None:
    density = dense.density_matrix(np.random.default_rng(0), N_WIRES)
    rotation = dense.on_register(TO_Z[letter], [1], N_WIRES)
    after_rotation = expected([Probabilities((1,), "Z")], rotation @ density @ rotation.conj().T)
    np.testing.assert_allclose(after_rotation, expected([Probabilities((1,), letter)], density), **CLOSE)


def test_n_outputs() -> None:
    assert n_outputs([]) == 0
    assert n_outputs([Expectation(()), Probabilities((0, 2), "ZZ"), Expectation((("ZII", 1.0),))]) == 6
