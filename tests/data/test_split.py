"""Rows are split by class into three parts."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from random_examples import examples

from qenn_core import limits
from qenn_core.data.split import stratified_split

sizes = st.lists(st.integers(limits.MIN_CLASS_ROWS, 60), min_size=2, max_size=limits.MAX_CLASSES)
shares = st.floats(0.1, 0.4)


@examples(50)
@example([4, 4], 0.4, 0.4, 0)  # rounding both shares up would leave no row for training
@given(sizes, shares, shares, st.integers(0, 2**31 - 1))
def test_each_row_is_in_one_part_and_each_class_in_every_part(sizes, validation_size, test_size, seed):
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(len(sizes)), sizes))
    split = stratified_split(labels, validation_size, test_size, seed)
    assert sorted(np.concatenate(split)) == list(range(len(labels)))
    for rows in split:
        assert set(labels[rows]) == set(range(len(sizes)))
    for k, size in enumerate(sizes):
        assert abs((labels[split.test] == k).sum() - test_size * size) <= 1
        assert abs((labels[split.validation] == k).sum() - validation_size * size) <= 1


def test_the_seed_determines_the_split():
    labels = np.repeat([0, 1], 50)
    first, again, other = (stratified_split(labels, 0.2, 0.2, seed) for seed in (1, 1, 2))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert set(first.test) != set(other.test)
