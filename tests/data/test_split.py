"""Rows are split by class into three parts, which share no group of rows."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from random_examples import examples

from qenn_core import limits
from qenn_core.data.split import Split, stratified_split

sizes = st.lists(st.integers(limits.MIN_CLASS_ROWS, 60), min_size=2, max_size=limits.MAX_CLASSES)
shares = st.floats(0.1, 0.4)
seeds = st.integers(0, 2**31 - 1)


def shuffled_labels(sizes) -> np.ndarray:
    return np.random.default_rng(0).permutation(np.repeat(np.arange(len(sizes)), sizes))


def split_of_earlier_versions(labels, validation_size, test_size, seed) -> Split:
    """Split rows as before there were groups: stored runs and checkpoints depend on it."""
    rng = np.random.default_rng(seed)
    parts = ([], [], [])
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == label))
        n_test = max(1, round(test_size * len(rows)))
        n_validation = max(1, min(round(validation_size * len(rows)), len(rows) - n_test - 1))
        test, validation, train = np.split(rows, [n_test, n_test + n_validation])
        for part, part_rows in zip(parts, (train, validation, test), strict=True):
            part.append(part_rows)
    return Split(*(rng.permutation(np.concatenate(part)) for part in parts))


@examples(50)
@example([4, 4], 0.4, 0.4, 0)  # rounding both shares up would leave no row for training
@given(sizes, shares, shares, seeds)
def test_single_rows_are_split_exactly_as_in_earlier_versions(sizes, validation_size, test_size, seed):
    labels = shuffled_labels(sizes)
    split = stratified_split(labels, np.arange(len(labels)), validation_size, test_size, seed)
    assert sorted(np.concatenate(split)) == list(range(len(labels)))
    for rows, earlier in zip(
        split, split_of_earlier_versions(labels, validation_size, test_size, seed), strict=True
    ):
        assert rows.tolist() == earlier.tolist()
        assert set(labels[rows]) == set(range(len(sizes)))


@examples(50)
@given(sizes, st.integers(2, 30), shares, shares, seeds)
def test_a_group_is_never_divided_and_each_class_is_in_every_part(
    sizes, rows_per_group, validation_size, test_size, seed
):
    labels = shuffled_labels(sizes)
    groups = np.random.default_rng(seed).integers(0, len(labels) // rows_per_group + 1, len(labels))
    split = stratified_split(labels, groups, validation_size, test_size, seed)
    if split is None:
        fewest = min(len(np.unique(groups[labels == label])) for label in np.unique(labels))
        assert fewest < 6
        return
    assert sorted(np.concatenate(split)) == list(range(len(labels)))
    assert sum(len(np.unique(groups[rows])) for rows in split) == len(np.unique(groups))
    for rows in split:
        assert set(labels[rows]) == set(range(len(sizes)))


def test_parts_have_their_shares_of_groups():
    labels, groups = np.repeat([0, 1], 300), np.repeat(np.arange(60), 10)
    split = stratified_split(labels, groups, 0.2, 0.3, seed=0)
    assert [np.bincount(labels[rows]).tolist() for rows in split] == [[150, 150], [60, 60], [90, 90]]


@pytest.mark.parametrize("sizes", [[28, 1, 1], [1, 28, 1], [10, 10, 10]])
def test_a_large_group_leaves_the_others_to_the_other_parts(sizes):
    labels = np.zeros(60, dtype=np.int64)
    labels[30:] = 1
    groups = np.concatenate([np.repeat(np.arange(3), sizes), np.arange(3, 33)])
    for seed in range(20):
        split = stratified_split(labels, groups, 0.2, 0.2, seed)
        assert all((labels[rows] == 0).any() for rows in split)
        assert len(split.train) >= len(split.test)


def test_too_few_groups_cannot_be_split():
    assert stratified_split(np.repeat([0, 1], 30), np.tile([0, 1], 30), 0.2, 0.2, seed=0) is None


def test_the_seed_determines_the_split():
    labels = np.repeat([0, 1], 50)
    first, again, other = (stratified_split(labels, np.arange(100), 0.2, 0.2, seed) for seed in (1, 1, 2))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert set(first.test) != set(other.test)
