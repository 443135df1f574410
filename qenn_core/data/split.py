"""The split of rows into training, validation and test parts, stratified by class."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qenn_core.data.prepared import Ints


class Split(NamedTuple):
    """Positions of the rows of each part, in random order."""

    train: Ints
    validation: Ints
    test: Ints


def stratified_split(labels: Ints, validation_size: float, test_size: float, seed: int) -> Split:
    """Split rows at random, each class in the same proportions.

    Every class gets at least one row in every part, however small it is, which scikit-learn's stratified
    splits do not guarantee.

    Parameters
    ----------
    labels : array (rows,)
        Class numbers from 0; each class has ``limits.MIN_CLASS_ROWS`` rows or more.
    validation_size, test_size : float
        Shares of the rows, 0.1 to 0.4 each.
    seed : int
        Seed of the random split.
    """
    rng = np.random.default_rng(seed)
    parts: tuple[list[Ints], ...] = ([], [], [])
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == label))
        n_test = max(1, round(test_size * len(rows)))
        n_validation = max(1, min(round(validation_size * len(rows)), len(rows) - n_test - 1))
        test, validation, train = np.split(rows, [n_test, n_test + n_validation])
        for part, part_rows in zip(parts, (train, validation, test), strict=True):
            part.append(part_rows)
    return Split(*(rng.permutation(np.concatenate(part)) for part in parts))
