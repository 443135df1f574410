"""The split of rows into training, validation and test parts, stratified by class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from qenn_core.data.prepared import Ints

# Orders in which groups are tried before a split counts as impossible.
_MAX_ORDERS = 20
_PARTS = (_TEST, _VALIDATION, _TRAIN) = range(3)
_UNASSIGNED = -1


class Split(NamedTuple):
    """Positions of the rows of each part, in random order."""

    train: Ints
    validation: Ints
    test: Ints


def stratified_split(
    labels: Ints, groups: Ints, validation_size: float, test_size: float, seed: int
) -> Split | None:
    """Split rows at random, each class in the same proportions, without dividing a group of rows.

    Every class gets at least one row in every part, however small it is, which scikit-learn's stratified
    splits do not guarantee. The larger the groups are, the less exact the proportions.

    Parameters
    ----------
    labels : array (rows,)
        Class numbers from 0; each class has ``limits.MIN_CLASS_ROWS`` rows or more.
    groups : array (rows,)
        The number of the group that each row belongs to, from 0.
    validation_size, test_size : float
        Shares of the rows, 0.1 to 0.4 each.
    seed : int
        Seed of the random split.

    Returns
    -------
    Split or None
        ``None`` if the rows of a class belong to so few groups that some part would have none of them. That
        cannot happen if every row is a group of its own.
    """
    rng = np.random.default_rng(seed)
    classes = np.unique(labels)
    if any(len(np.unique(groups[labels == label])) < len(_PARTS) for label in classes):
        return None
    for _ in range(_MAX_ORDERS):
        shuffled = {label: rng.permutation(np.flatnonzero(labels == label)) for label in classes}
        part_of = _assign_groups(shuffled, groups, validation_size, test_size)
        if part_of is not None:
            ordered = np.concatenate(list(shuffled.values()))
            parts = part_of[groups[ordered]]
            return Split(*(rng.permutation(ordered[parts == part]) for part in (_TRAIN, _VALIDATION, _TEST)))
    return None


def _assign_groups(
    shuffled: Mapping[int, Ints], groups: Ints, validation_size: float, test_size: float
) -> Ints | None:
    """Return the part of each group, or ``None`` if a class is missing in a part.

    The groups of a class go, in the order of its shuffled rows, to the first part that they bring nearer to
    its share. The class with the fewest groups chooses first.
    """
    part_of = np.full(groups.max() + 1, _UNASSIGNED)
    for rows in sorted(shuffled.values(), key=lambda rows: len(np.unique(groups[rows]))):
        own, first, sizes = np.unique(groups[rows], return_index=True, return_counts=True)
        n_test = max(1, round(test_size * len(rows)))
        n_validation = max(1, min(round(validation_size * len(rows)), len(rows) - n_test - 1))
        free = np.array([n_test, n_validation, len(rows) - n_test - n_validation])
        for group, size in zip(own, sizes, strict=True):
            if part_of[group] != _UNASSIGNED:
                free[part_of[group]] -= size
        empty = set(_PARTS) - set(part_of[own].tolist())
        order = [k for k in np.argsort(first) if part_of[own[k]] == _UNASSIGNED]
        for n_left, k in zip(range(len(order), 0, -1), order, strict=True):
            candidates = sorted(empty) if n_left <= len(empty) else _PARTS
            nearer = (part for part in candidates if sizes[k] <= 2 * free[part])
            part = next(nearer, max(candidates, key=free.__getitem__))
            part_of[own[k]] = part
            free[part] -= sizes[k]
            empty.discard(part)
        if empty:
            return None
    return part_of
