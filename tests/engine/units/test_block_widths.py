"""The choice of block widths and of the picture, by counted cost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qenn_core.engine.cost import block_widths, prefers_heisenberg, split_evenly


@given(st.integers(0, 40), st.integers(1, 12))
def test_parts_are_as_equal_as_possible(total: int, parts: int) -> None:
    sizes = split_evenly(total, parts)
    assert (len(sizes), sum(sizes)) == (parts, total)
    assert sizes == sorted(sizes, reverse=True)
    assert max(sizes) - min(sizes) <= 1


def widths(
    n_wires: int, dim: int, rows: int = 32, *, per_row: bool = False, n_steps: int = 2, joins: bool = True
) -> list[int]:
    n_factors = [max(width, 1) if joins else 1 for width in range(n_wires + 1)]
    size = float(dim**n_wires)
    return block_widths(n_wires, dim, size, rows, per_row=per_row, n_steps=n_steps, n_factors=n_factors)


@given(
    st.integers(1, 14),
    st.sampled_from([2, 4]),
    st.integers(1, 4096),
    st.booleans(),
    st.integers(1, 20),
    st.booleans(),
)
def test_blocks_cover_all_wires_and_stay_small(
    n_wires: int, dim: int, rows: int, per_row: bool, n_steps: int, joins: bool
) -> None:
    found = widths(n_wires, dim, rows, per_row=per_row, n_steps=n_steps, joins=joins)
    assert found == split_evenly(n_wires, len(found))
    assert all(width >= 1 and dim**width <= 64 for width in found)


def test_few_rows_use_few_blocks_and_many_rows_small_blocks() -> None:
    assert len(widths(6, 2, rows=1, joins=False)) == 1
    assert len(widths(6, 2, rows=1000, joins=False)) > 1


def test_matrices_per_row_are_smaller_than_shared_ones() -> None:
    shared, of_each_row = (widths(6, 2, rows=32, n_steps=10, per_row=per_row) for per_row in (False, True))
    assert max(of_each_row) < max(shared)


def test_joining_factors_has_a_cost() -> None:
    assert len(widths(2, 4, n_steps=1, joins=True)) > len(widths(2, 4, n_steps=1, joins=False))


@pytest.mark.parametrize(
    ("n_outputs", "rows", "step_entries", "pays"),
    [
        (4, 1000, [16.0, 16.0], True),
        (16, 1, [16.0, 16.0], False),
        (1, 1000, [], False),
        # Contracting with all states must be cheaper than propagating them through the steps.
        (100, 1000, [16.0], False),
    ],
)
def test_cheaper_picture_is_chosen(n_outputs: int, rows: int, step_entries: list[float], pays: bool) -> None:
    assert prefers_heisenberg(n_outputs, rows, 4.0**4, step_entries) is pays
