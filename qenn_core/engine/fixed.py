"""Constant maps on a whole register, and their products, made once at compile time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from qenn_core.engine.register import digits

_ZERO = 1e-14
# Products are gathered into one matrix as long as it has at most so many entries a row.
_MAX_ENTRIES_A_ROW = 16


@dataclass(frozen=True)
class Monomial:
    """A matrix with one entry in each row and column: y_i = scale_i · x_index(i)."""

    index: NDArray[np.int64]
    scale: NDArray[np.complex128]

    def sparse(self) -> scipy.sparse.csr_array:
        """Return it as a sparse matrix."""
        rows = np.arange(len(self.index) + 1)
        return scipy.sparse.csr_array((self.scale, self.index, rows), shape=(len(self.index),) * 2)


FixedMap: TypeAlias = "Monomial | scipy.sparse.csr_array"


def is_monomial(matrix: NDArray[np.complex128]) -> bool:
    """Tell whether a matrix has one entry in each row and column."""
    entries = np.abs(matrix) > _ZERO
    return bool((entries.sum(axis=0) == 1).all() and (entries.sum(axis=1) == 1).all())


def embed(matrix: NDArray[np.complex128], wires: Sequence[int], n_wires: int, dim: int) -> FixedMap:
    """Return the map that a matrix on some wires is on the whole register.

    Parameters
    ----------
    matrix : complex array, shape (dim**k, dim**k)
        The map on `wires`, the first most significant.
    wires : sequence of int
        k different wires.
    n_wires : int
        Wires of the register, wire 0 most significant.
    dim : int
        Levels of a wire.
    """
    strides = np.array([dim ** (n_wires - 1 - wire) for wire in wires])
    offsets = np.stack(np.unravel_index(np.arange(dim ** len(wires)), [dim] * len(wires)), axis=1) @ strides
    places = np.arange(dim**n_wires)
    own = digits(wires, n_wires, dim)
    rest = places - offsets[own]
    if is_monomial(matrix):
        column = np.abs(matrix).argmax(axis=1)
        return Monomial(rest + offsets[column[own]], matrix[np.arange(len(matrix)), column][own])
    small = scipy.sparse.coo_array(np.where(np.abs(matrix) > _ZERO, matrix, 0))
    bases = places[own == 0]
    rows = (bases[:, None] + offsets[small.coords[0]]).ravel()
    columns = (bases[:, None] + offsets[small.coords[1]]).ravel()
    values = np.tile(small.data, len(bases))
    return scipy.sparse.csr_array((values, (rows, columns)), shape=(len(places),) * 2)


def products(maps: Sequence[FixedMap]) -> list[FixedMap]:
    """Multiply maps, given in the order in which they act, into as few as stay sparse."""
    results: list[FixedMap] = []
    for new in maps:
        joined = _product(new, results[-1]) if results else None
        if joined is None:
            results.append(new)
        else:
            results[-1] = joined
    return results


def _product(last: FixedMap, first: FixedMap) -> FixedMap | None:
    """Return last · first, or ``None`` if it has too many entries."""
    if isinstance(last, Monomial) and isinstance(first, Monomial):
        return Monomial(first.index[last.index], last.scale * first.scale[last.index])
    product = _sparse(last) @ _sparse(first)
    return product if product.nnz <= _MAX_ENTRIES_A_ROW * product.shape[0] else None


def _sparse(some: FixedMap) -> scipy.sparse.csr_array:
    return some.sparse() if isinstance(some, Monomial) else some
