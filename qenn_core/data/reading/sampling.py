"""A random sample of rows that keeps the classes in proportion."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def choose_rows(strata: ArrayLike, n_chosen: int, seed: int) -> NDArray[np.int64]:
    """Choose rows at random, from each stratum in proportion to its size.

    The rows are put in random order, brought together by stratum, and taken at equal steps from a random
    start ("systematic sampling"). So a stratum of s rows gets ``s * n_chosen / n_rows`` of them, rounded up
    or down, and every row has the same chance, even one that is alone in its stratum.

    Parameters
    ----------
    strata : array_like of int, shape (n_rows,)
        The stratum of each row.
    n_chosen : int
        How many rows to choose, at most ``n_rows``.
    seed : int
        Seed of the choice.

    Returns
    -------
    numpy.ndarray, shape (n_chosen,)
        Numbers of the chosen rows, ascending.
    """
    strata = np.asarray(strata)
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation(len(strata))
    together = shuffled[np.argsort(strata[shuffled], kind="stable")]
    steps = (np.arange(n_chosen) + rng.random()) * (len(strata) / n_chosen)
    return np.sort(together[steps.astype(np.int64)])
