"""Constant maps on a whole register, and their products, computed once at compile time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from qenn_core.engine.register import digits

_ZERO = 1e-14
# Maps are multiplied into one matrix as long as it has at most this many entries per row.
_MAX_ENTRIES_PER_ROW = 16


@dataclass(frozen=True)
class Monomial:
    """A matrix with one entry in each row and column: y_i = scale_i · x_index(i)."""

    index: NDArray[np.int64]
    scale: NDArray[np.complex128]

    def to_sparse(self) -> scipy.sparse.csr_array:
        """Return the same matrix in CSR format."""
        indptr = np.arange(len(self.index) + 1)
        return scipy.sparse.csr_array((self.scale, self.index, indptr), shape=(len(self.index),) * 2)


ConstantMap: TypeAlias = "Monomial | scipy.sparse.csr_array"


def is_monomial(matrix: NDArray[np.complex128]) -> bool:
    """Return whether a matrix has one entry in each row and column."""
    entries = np.abs(matrix) > _ZERO
    return bool((entries.sum(axis=0) == 1).all() and (entries.sum(axis=1) == 1).all())


def embed(matrix: NDArray[np.complex128], wires: Sequence[int], n_wires: int, dim: int) -> ConstantMap:
    """Return the map on the whole register that applies a matrix to some wires.

    Parameters
    ----------
    matrix : complex array, shape (dim**k, dim**k)
        The map on `wires`, the first most significant.
    wires : sequence of int
        k different wires.
    n_wires : int
        Wires of the register, wire 0 most significant.
    dim : int
        Levels per wire.
    """
    strides = np.array([dim ** (n_wires - 1 - wire) for wire in wires])
    offsets = np.stack(np.unravel_index(np.arange(dim ** len(wires)), [dim] * len(wires)), axis=1) @ strides
    positions = np.arange(dim**n_wires)
    row = digits(wires, n_wires, dim)
    other_digits = positions - offsets[row]
    if is_monomial(matrix):
        column = np.abs(matrix).argmax(axis=1)
        return Monomial(other_digits + offsets[column[row]], matrix[np.arange(len(matrix)), column][row])
    small = scipy.sparse.coo_array(np.where(np.abs(matrix) > _ZERO, matrix, 0))
    bases = positions[row == 0]
    rows = (bases[:, None] + offsets[small.coords[0]]).ravel()
    columns = (bases[:, None] + offsets[small.coords[1]]).ravel()
    values = np.tile(small.data, len(bases))
    return scipy.sparse.csr_array((values, (rows, columns)), shape=(len(positions),) * 2)


def products(maps: Sequence[ConstantMap]) -> list[ConstantMap]:
    """Multiply maps, given in the order in which they act, into as few sparse ones as possible."""
    results: list[ConstantMap] = []
    for map_ in maps:
        product = _product(map_, results[-1]) if results else None
        if product is None:
            results.append(map_)
        else:
            results[-1] = product
    return results


def _product(last: ConstantMap, first: ConstantMap) -> ConstantMap | None:
    """Return last · first, or ``None`` if it has too many entries."""
    if isinstance(last, Monomial) and isinstance(first, Monomial):
        return Monomial(first.index[last.index], last.scale * first.scale[last.index])
    product = to_sparse(last) @ to_sparse(first)
    return product if product.nnz <= _MAX_ENTRIES_PER_ROW * product.shape[0] else None


def to_sparse(map_: ConstantMap) -> scipy.sparse.csr_array:
    """Return a constant map as a sparse matrix."""
    return map_.to_sparse() if isinstance(map_, Monomial) else map_
