"""Choosing by counted cost: how wide blocks are, and which way steps are taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qenn_core.engine.cost import block_widths, heisenberg_pays, split_evenly


@given(st.integers(0, 40), st.integers(1, 12))
def test_parts_are_as_equal_as_can_be(total: int, parts: int) -> None:
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


def test_few_rows_take_few_calls_and_many_rows_small_matrices() -> None:
    assert len(widths(6, 2, rows=1, joins=False)) == 1
    assert len(widths(6, 2, rows=1000, joins=False)) > 1


def test_matrices_of_each_row_are_kept_smaller_than_shared_ones() -> None:
    shared, of_each_row = (widths(6, 2, rows=32, n_steps=10, per_row=some) for some in (False, True))
    assert max(of_each_row) < max(shared)


def test_joining_factors_has_a_price() -> None:
    assert len(widths(2, 4, n_steps=1, joins=True)) > len(widths(2, 4, n_steps=1, joins=False))


@pytest.mark.parametrize(
    ("n_outputs", "rows", "step_entries", "pays"),
    [
        (4, 1000, [16.0, 16.0], True),
        (16, 1, [16.0, 16.0], False),
        (1, 1000, [], False),
        # Contracting with all states must be cheaper than taking them through the steps.
        (100, 1000, [16.0], False),
    ],
)
def test_the_smaller_side_is_taken_through_the_steps(
    n_outputs: int, rows: int, step_entries: list[float], pays: bool
) -> None:
    assert heisenberg_pays(n_outputs, rows, 4.0**4, step_entries) is pays
