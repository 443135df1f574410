"""Constant maps: small matrices on a whole register, and their products."""

from typing import Any

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st

from qenn_core.engine.constant_maps import ConstantMap, Monomial, embed, is_monomial, products
from tests.engine.units import dense

CNOT = np.eye(4, dtype=complex)[[0, 1, 3, 2]]
CLOSE = {"rtol": 0, "atol": 1e-13}


def to_dense(map_: ConstantMap) -> Any:
    return (map_.to_sparse() if isinstance(map_, Monomial) else map_).toarray()


@st.composite
def placements(draw: st.DrawFn) -> tuple[int, int, list[int], int]:
    dim = draw(st.sampled_from([2, 4]))
    n_wires = draw(st.integers(1, 5 if dim == 2 else 3))
    wires = draw(st.permutations(range(n_wires)))[: draw(st.integers(1, min(n_wires, 2)))]
    return dim, n_wires, wires, draw(st.integers(0, 99))


@given(placements())
def test_embed_applies_a_matrix_to_its_wires_in_order(placement: tuple[int, int, list[int], int]) -> None:
    dim, n_wires, wires, seed = placement
    size = dim ** len(wires)
    matrix = dense.complex_normal(np.random.default_rng(seed), size, size)
    embedded = embed(matrix, wires, n_wires, dim)
    np.testing.assert_allclose(to_dense(embedded), dense.on_register(matrix, wires, n_wires, dim), **CLOSE)


@given(placements())
def test_embedded_monomial_stays_monomial(placement: tuple[int, int, list[int], int]) -> None:
    dim, n_wires, wires, seed = placement
    draw = np.random.default_rng(seed)
    size = dim ** len(wires)
    matrix = np.diag(np.exp(1j * draw.uniform(0, 6, size)))[draw.permutation(size)]
    embedded = embed(matrix, wires, n_wires, dim)
    assert isinstance(embedded, Monomial)
    np.testing.assert_allclose(to_dense(embedded), dense.on_register(matrix, wires, n_wires, dim), **CLOSE)


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        (CNOT, True),
        (np.diag([1, 1j]), True),
        (np.eye(2) + 1e-15, True),
        (np.array([[1, 1], [1, -1]]) / np.sqrt(2), False),
        (np.diag([1.0, 0.0]), False),
        # One entry in each column, but two in a row.
        (np.array([[1.0, 1.0], [0.0, 0.0]]), False),
    ],
)
def test_is_monomial(matrix: np.ndarray, expected: bool) -> None:
    assert is_monomial(matrix) is expected


@given(
    st.lists(st.tuples(st.sampled_from(["CNOT", "phases", "mix"]), st.integers(0, 3)), min_size=1, max_size=6)
)
def test_products_preserve_the_order(kinds: list[tuple[str, int]]) -> None:
    draw = np.random.default_rng(0)
    n_wires, small, expected = 4, [], np.eye(16, dtype=complex)
    for kind, wire in kinds:
        wires = [wire, (wire + 1) % n_wires] if kind == "CNOT" else [wire]
        matrix = {"CNOT": CNOT, "phases": np.diag([1, 1j]), "mix": dense.unitary(draw, 1)}[kind]
        small.append(embed(matrix, wires, n_wires, 2))
        expected = dense.on_register(matrix, wires, n_wires) @ expected
    found = products(small)
    product = np.eye(16)
    for map_ in found:
        product = to_dense(map_) @ product
    np.testing.assert_allclose(product, expected, **CLOSE)


def test_cnot_ladder_is_one_monomial() -> None:
    n_wires = 6
    ladder = [embed(CNOT, [wire, (wire + 1) % n_wires], n_wires, 2) for wire in range(n_wires)]
    (product,) = products(ladder)
    assert isinstance(product, Monomial)


def test_sparse_maps_multiply_to_one_sparse_matrix() -> None:
    shrink = np.diag([1, 0.9, 0.9, 0.8])
    shrink[3, 0] = 0.2
    sparse = [embed(shrink, [wire], 3, 4) for wire in range(3)]
    (product,) = products(sparse)
    assert isinstance(product, scipy.sparse.csr_array)
    assert product.nnz == 5**3


def test_products_stay_sparse() -> None:
    draw = np.random.default_rng(0)
    n_wires = 8
    mixers = [embed(dense.unitary(draw, 1), [wire], n_wires, 2) for wire in range(n_wires)]
    found = products(mixers)
    # Four mixed wires give 16 entries a row, which is where it stops.
    assert [to_dense(map_).astype(bool).sum() // 2**n_wires for map_ in found] == [16, 16]


def test_products_of_no_maps() -> None:
    assert products([]) == []
