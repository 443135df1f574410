"""Random samples of rows that keep the classes in proportion."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def stratified_sample(strata: ArrayLike, size: int, seed: int) -> NDArray[np.int64]:
    """Choose rows at random, from each stratum in proportion to its size.

    The rows are shuffled, sorted by stratum, and picked at equal steps from a random start ("systematic
    sampling"). A stratum of s rows thus gets ``s * size / n_rows`` of them, rounded up or down, and every row
    has the same chance, even the only row of its stratum.

    Parameters
    ----------
    strata : array_like of int, shape (n_rows,)
        The stratum of each row.
    size : int
        How many rows to choose, at most ``n_rows``.
    seed : int
        Seed of the choice.

    Returns
    -------
    numpy.ndarray, shape (size,)
        Positions of the chosen rows, ascending.
    """
    strata = np.asarray(strata)
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(len(strata))
    by_stratum = shuffled[np.argsort(strata[shuffled], kind="stable")]
    steps = (np.arange(size) + rng.random()) * (len(strata) / size)
    return np.sort(by_stratum[steps.astype(np.int64)])
