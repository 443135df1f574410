"""Groups of rows that must stay in one part of the split."""

from __future__ import annotations

import numpy as np
import pandas as pd

from qenn_core.data.prepared import Floats, Ints

# Rows that are equal before a matrix product may differ by rounding after it.
_DECIMALS = 9


def number_cells(cells: pd.Series) -> Ints:
    """Return a group number for each cell, from 0: equal cells are a group, and so is each missing cell."""
    numbers, different = pd.factorize(cells)
    missing = numbers < 0
    numbers[missing] = len(different) + np.arange(missing.sum())
    return np.asarray(numbers, dtype=np.int64)


def number_rows(values: pd.DataFrame) -> Ints:
    """Return a group number for each row, from 0: equal rows are a group."""
    numbers = values.select_dtypes("number")
    values = values.copy()
    values[numbers.columns] = numbers + 0.0  # the hashes of 0 and -0 differ
    hashes = pd.util.hash_pandas_object(values, index=False)
    return np.asarray(pd.factorize(hashes)[0], dtype=np.int64)


def number_features(features: Floats) -> Ints:
    """Return a group number for each row of scaled features: rows that differ by rounding are a group."""
    return number_rows(pd.DataFrame(features.round(_DECIMALS)).rename(columns=str))


def unite(first: Ints, second: Ints) -> Ints:
    """Return the smallest groups that divide no group of either numbering."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    # A graph of all groups, in which each row joins its two.
    n_first = first.max() + 1
    n_nodes = n_first + second.max() + 1
    joined = coo_array((np.ones(len(first)), (first, n_first + second)), shape=(n_nodes, n_nodes))
    _, component = connected_components(joined, directed=False)
    return np.asarray(component[first], dtype=np.int64)
