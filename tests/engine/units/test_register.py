"""Positions in a register are numbers whose digits are the levels of its wires, wire 0 first."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from qenn_core.engine.register import digits, positions_in_order

registers = st.tuples(st.sampled_from([2, 4]), st.integers(1, 4)).flatmap(
    lambda size: st.tuples(st.just(size[0]), st.permutations(range(size[1])), st.integers(1, size[1]))
)


@given(registers)
def test_digits_of_wires(register: tuple[int, list[int], int]) -> None:
    dim, order, count = register
    n_wires, wires = len(order), order[:count]
    for digits_of_position, number in zip(
        np.ndindex(*[dim] * n_wires), digits(wires, n_wires, dim), strict=True
    ):
        assert number == int("".join(str(digits_of_position[wire]) for wire in wires), dim)


@given(registers)
def test_positions_in_order(register: tuple[int, list[int], int]) -> None:
    dim, order, _ = register
    numbers = np.arange(float(dim ** len(order))).reshape([dim] * len(order))
    reordered = numbers.transpose(order).ravel()
    np.testing.assert_array_equal(reordered[positions_in_order(order, dim)], numbers.ravel())
