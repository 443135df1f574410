"""The Pauli basis represents the same states and channels as density matrices."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from qenn_core.engine.paulis import (
    TO_Z,
    conjugation_matrix,
    pauli_vector,
    transfer_matrix,
    word_action,
    word_index,
)
from tests.engine.units import dense

WORDS = st.text("IXYZ", min_size=0, max_size=4)
CLOSE = {"rtol": 0, "atol": 1e-12}


def transferred(kraus: Sequence[np.ndarray]) -> np.ndarray:
    return transfer_matrix(torch.from_numpy(np.asarray(kraus, dtype=complex))).numpy()


@pytest.mark.parametrize("n_wires", [1, 2, 3])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_transfer_matrix_is_equivalent_to_kraus_operators(n_wires: int, number: int) -> None:
    draw = np.random.default_rng(n_wires)
    kraus = dense.kraus_operators(draw, n_wires, number)
    density = dense.density_matrix(draw, n_wires)
    after = sum(operator @ density @ operator.conj().T for operator in kraus)
    matrix = transferred(kraus)
    assert matrix.dtype == np.float64
    np.testing.assert_allclose(matrix @ dense.pauli_vector(density), dense.pauli_vector(after), **CLOSE)


def test_leading_axes_are_preserved() -> None:
    draw = np.random.default_rng(0)
    kraus = np.stack([[dense.kraus_operators(draw, 1, 2) for _ in range(3)] for _ in range(2)])
    matrices = transferred(kraus)
    assert matrices.shape == (2, 3, 4, 4)
    np.testing.assert_allclose(matrices[1, 2], transferred(kraus[1, 2]), **CLOSE)


def test_conjugation_by_two_different_matrices() -> None:
    draw = np.random.default_rng(1)
    left, right = dense.complex_normal(draw, 4, 4), dense.complex_normal(draw, 4, 4)
    density = dense.density_matrix(draw, 2)
    matrix = conjugation_matrix(torch.from_numpy(left), torch.from_numpy(right)).numpy()
    after = left @ density @ right.conj().T
    expected = [np.trace(dense.pauli_word(word) @ after) for word in dense.words(2)]
    np.testing.assert_allclose(matrix @ dense.pauli_vector(density), expected, **CLOSE)


def test_depolarizing_shrinks_the_bloch_vector() -> None:
    probability = 0.3
    paulis = [dense.PAULIS[letter] for letter in "IXYZ"]
    kraus = [
        np.sqrt(share) * pauli
        for share, pauli in zip([1 - probability, *[probability / 3] * 3], paulis, strict=True)
    ]
    shrunk = 1 - 4 * probability / 3
    np.testing.assert_allclose(transferred(kraus), np.diag([1, shrunk, shrunk, shrunk]), **CLOSE)


def test_amplitude_damping_moves_towards_the_ground_state() -> None:
    g = 0.3
    kraus = [np.diag([1, np.sqrt(1 - g)]), np.array([[0, np.sqrt(g)], [0, 0]])]
    expected = np.diag([1, np.sqrt(1 - g), np.sqrt(1 - g), 1 - g])
    expected[3, 0] = g
    np.testing.assert_allclose(transferred(kraus), expected, **CLOSE)


def test_cnot_permutes_words_up_to_signs() -> None:
    cnot = np.eye(4)[[0, 1, 3, 2]]
    matrix = transferred([cnot])
    assert (np.abs(matrix).round(12).sum(axis=0) == 1).all()
    # X on the control spreads, Z on the target spreads back, and XZ becomes -YY.
    for before, after, sign in [("XI", "XX", 1), ("IZ", "ZZ", 1), ("XZ", "YY", -1), ("ZX", "ZX", 1)]:
        assert matrix[word_index(after), word_index(before)] == pytest.approx(sign)


@pytest.mark.parametrize("n_wires", [1, 2, 3])
def test_pauli_vector_contains_expectations(n_wires: int) -> None:
    draw = np.random.default_rng(n_wires)
    states = np.stack([[dense.state_vector(draw, n_wires) for _ in range(3)] for _ in range(2)])
    vectors = pauli_vector(torch.from_numpy(states))
    assert vectors.shape == (2, 3, 4**n_wires)
    assert vectors.dtype == torch.float64
    for state, vector in zip(states.reshape(6, -1), vectors.reshape(6, -1), strict=True):
        np.testing.assert_allclose(vector, dense.pauli_vector(np.outer(state, state.conj())), **CLOSE)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.complex64])
def test_real_amplitudes_and_single_precision(dtype: torch.dtype) -> None:
    state = torch.tensor([0.6, 0, 0, 0.8], dtype=dtype)
    vector = pauli_vector(state)
    assert vector.dtype == dtype.to_real()
    expected = dense.pauli_vector(np.outer([0.6, 0, 0, 0.8], [0.6, 0, 0, 0.8]))
    np.testing.assert_allclose(vector, expected, atol=1e-6)


@given(WORDS)
def test_word_action_is_equivalent_to_its_matrix(word: str) -> None:
    mask, phases = word_action(word)
    positions = np.arange(2 ** len(word))
    matrix = np.zeros((len(positions), len(positions)), dtype=complex)
    matrix[positions, positions ^ mask] = phases
    np.testing.assert_allclose(matrix, dense.pauli_word(word), **CLOSE)


@pytest.mark.parametrize("n_wires", [0, 1, 2, 3])
def test_word_index_follows_the_order_of_words(n_wires: int) -> None:
    assert [word_index(word) for word in dense.words(n_wires)] == list(range(4**n_wires))


@pytest.mark.parametrize("letter", TO_Z)
def test_change_of_basis_maps_operator_to_z(letter: str) -> None:
    rotation = TO_Z[letter]
    np.testing.assert_allclose(
        rotation.conj().T @ dense.PAULIS["Z"] @ rotation, dense.PAULIS[letter], **CLOSE
    )
    np.testing.assert_allclose(rotation @ rotation.conj().T, np.eye(2), **CLOSE)
