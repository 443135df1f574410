"""The array operations that kernels use, on PyTorch tensors or on NumPy arrays.

A call of NumPy costs a fraction of one of PyTorch, which decides the time of a small circuit; PyTorch has
devices, sparse matrices and derivatives of derivatives. What both spell alike is not repeated here.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias

import numpy as np
import scipy.sparse
import torch

# A torch.Tensor or a numpy.ndarray.
Array = Any
Several: TypeAlias = "list[Array] | tuple[Array, ...]"
Ints: TypeAlias = "list[int] | tuple[int, ...]"


class Arrays(Protocol):
    """Where arrays live."""

    def cos(self, x: Array, /) -> Array:
        """Cosine."""

    def sin(self, x: Array, /) -> Array:
        """Sine."""

    def affine(self, x: Array, matrix: Array, offset: Array, /) -> Array:
        """Rows (n, k) times a matrix (k, l), plus a row (l,)."""

    def unit(self, phases: Array, /) -> Array:
        """Complex numbers exp(i phases)."""

    def as_complex(self, x: Array, /) -> Array:
        """Real (..., 2) as complex (...), the same memory."""

    def as_real(self, x: Array, /) -> Array:
        """Complex (...) as real (..., 2), the same memory."""

    def cast_like(self, x: Array, other: Array, /) -> Array:
        """Numbers of the type of `other`."""

    def take(self, x: Array, index: Array, axis: int, /) -> Array:
        """Entries along an axis."""

    def add_at(self, index: Array, x: Array, axis: int, size: int, /) -> Array:
        """Make zeros of this size along an axis and add entries to them: the opposite of taking."""

    def stack(self, arrays: Several, axis: int, /) -> Array:
        """Join along a new axis."""

    def concat(self, arrays: Several, axis: int, /) -> Array:
        """Join along an axis."""

    def unstack(self, x: Array, axis: int, /) -> tuple[Array, ...]:
        """Split along an axis, which goes."""

    def split(self, x: Array, sizes: Ints, axis: int, /) -> Several:
        """Split along an axis into parts of these sizes."""

    def broadcast(self, x: Array, shape: tuple[int, ...], /) -> Array:
        """Repeat along axes of length 1."""

    def permute(self, x: Array, axes: Ints, /) -> Array:
        """Bring axes into another order."""

    def zeros_like(self, x: Array, /) -> Array:
        """Zeros."""


class TorchArrays:
    """PyTorch tensors on any device."""

    cos = staticmethod(torch.cos)
    sin = staticmethod(torch.sin)
    as_complex = staticmethod(torch.view_as_complex)
    stack = staticmethod(torch.stack)
    concat = staticmethod(torch.cat)
    unstack = staticmethod(torch.unbind)
    broadcast = staticmethod(torch.broadcast_to)
    permute = staticmethod(torch.permute)
    zeros_like = staticmethod(torch.zeros_like)
    split = staticmethod(torch.split_with_sizes)

    @staticmethod
    def affine(x: Array, matrix: Array, offset: Array) -> Array:
        return torch.addmm(offset, x, matrix)

    @staticmethod
    def unit(phases: Array) -> Array:
        return torch.complex(torch.cos(phases), torch.sin(phases))

    @staticmethod
    def as_real(x: Array) -> Array:
        return torch.view_as_real(x.resolve_conj())

    @staticmethod
    def cast_like(x: Array, other: Array) -> Array:
        return x.to(other.dtype)

    @staticmethod
    def take(x: Array, index: Array, axis: int) -> Array:
        return x.index_select(axis, index)

    @staticmethod
    def add_at(index: Array, x: Array, axis: int, size: int) -> Array:
        shape = list(x.shape)
        shape[axis] = size
        return x.new_zeros(shape).index_add_(axis, index, x)


class NumpyArrays:
    """NumPy arrays."""

    cos = staticmethod(np.cos)
    sin = staticmethod(np.sin)
    concat = staticmethod(np.concatenate)
    broadcast = staticmethod(np.broadcast_to)
    permute = staticmethod(np.transpose)
    zeros_like = staticmethod(np.zeros_like)

    @staticmethod
    def affine(x: Array, matrix: Array, offset: Array) -> Array:
        return x @ matrix + offset

    @staticmethod
    def unit(phases: Array) -> Array:
        return np.cos(phases) + 1j * np.sin(phases)

    @staticmethod
    def as_complex(x: Array) -> Array:
        return np.ascontiguousarray(x).view(np.result_type(x.dtype, np.complex64))[..., 0]

    @staticmethod
    def as_real(x: Array) -> Array:
        return np.ascontiguousarray(x)[..., None].view(x.real.dtype)

    @staticmethod
    def cast_like(x: Array, other: Array) -> Array:
        return x.astype(other.dtype, copy=False)

    @staticmethod
    def take(x: Array, index: Array, axis: int) -> Array:
        return x.take(index, axis)

    @staticmethod
    def add_at(index: Array, x: Array, axis: int, size: int) -> Array:
        moved = np.moveaxis(x, axis, 0)
        sums = np.zeros((size, *moved.shape[1:]), x.dtype)
        np.add.at(sums, index, moved)
        return np.moveaxis(sums, 0, axis)

    @staticmethod
    def stack(arrays: Several, axis: int) -> Array:
        new = (*(slice(None),) * axis, None)
        return np.concatenate([some[new] for some in arrays], axis)

    @staticmethod
    def unstack(x: Array, axis: int) -> tuple[Array, ...]:
        before = (slice(None),) * axis
        return tuple([x[(*before, place)] for place in range(x.shape[axis])])

    @staticmethod
    def split(x: Array, sizes: Ints, axis: int) -> Several:
        return np.split(x, np.cumsum(sizes)[:-1], axis)


TORCH: Arrays = TorchArrays()
NUMPY: Arrays = NumpyArrays()


def to_numpy(value: Any) -> Any:
    """Return tensors on the CPU, also those within tuples and lists, as NumPy arrays; the rest as it is.

    Sparse matrices become SciPy's.
    """
    if isinstance(value, torch.Tensor) and value.layout is torch.sparse_csr:
        parts = (value.values(), value.col_indices(), value.crow_indices())
        return scipy.sparse.csr_array(to_numpy(parts), shape=value.shape)
    if isinstance(value, torch.Tensor):
        return value.detach().resolve_conj().numpy()
    if isinstance(value, tuple | list):
        return type(value)(to_numpy(one) for one in value)
    return value
