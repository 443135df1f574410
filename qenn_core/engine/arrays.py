"""The array operations that kernels use, on PyTorch tensors or on NumPy arrays.

A NumPy call costs a fraction of a PyTorch call, and calls dominate the time of a small circuit. PyTorch has
devices, sparse matrices and higher derivatives. Operations that both spell alike are not repeated here.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias

import numpy as np
import scipy.sparse
import torch

# A torch.Tensor or a numpy.ndarray.
Array = Any
ArraySequence: TypeAlias = "list[Array] | tuple[Array, ...]"
IntSequence: TypeAlias = "list[int] | tuple[int, ...]"


class ArrayNamespace(Protocol):
    """The operations, as methods of a class for each library."""

    def cos(self, x: Array, /) -> Array:
        """Return the cosine."""

    def sin(self, x: Array, /) -> Array:
        """Return the sine."""

    def affine(self, x: Array, matrix: Array, offset: Array, /) -> Array:
        """Return rows (n, k) times a matrix (k, l), plus a row (l,)."""

    def exp_i(self, phases: Array, /) -> Array:
        """Return the complex numbers exp(i phases)."""

    def as_complex(self, x: Array, /) -> Array:
        """View real numbers (..., 2) as complex numbers (...)."""

    def as_real(self, x: Array, /) -> Array:
        """View complex numbers (...) as real numbers (..., 2)."""

    def cast_like(self, x: Array, other: Array, /) -> Array:
        """Convert to the type of `other`."""

    def take(self, x: Array, index: Array, axis: int, /) -> Array:
        """Select entries along an axis."""

    def add_at(self, index: Array, x: Array, axis: int, size: int, /) -> Array:
        """Add entries to zeros of this size along an axis: the adjoint of `take`."""

    def stack(self, arrays: ArraySequence, axis: int, /) -> Array:
        """Stack along a new axis."""

    def concat(self, arrays: ArraySequence, axis: int, /) -> Array:
        """Concatenate along an axis."""

    def unstack(self, x: Array, axis: int, /) -> tuple[Array, ...]:
        """Split along an axis into arrays without it."""

    def split(self, x: Array, sizes: IntSequence, axis: int, /) -> ArraySequence:
        """Split along an axis into parts of these sizes."""

    def broadcast(self, x: Array, shape: tuple[int, ...], /) -> Array:
        """Repeat along axes of length 1."""

    def permute(self, x: Array, axes: IntSequence, /) -> Array:
        """Permute axes."""

    def zeros_like(self, x: Array, /) -> Array:
        """Return zeros of the same shape and type."""


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
    def exp_i(phases: Array) -> Array:
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
    def exp_i(phases: Array) -> Array:
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
    def stack(arrays: ArraySequence, axis: int) -> Array:
        new = (*(slice(None),) * axis, None)
        return np.concatenate([array[new] for array in arrays], axis)

    @staticmethod
    def unstack(x: Array, axis: int) -> tuple[Array, ...]:
        before = (slice(None),) * axis
        return tuple([x[(*before, number)] for number in range(x.shape[axis])])

    @staticmethod
    def split(x: Array, sizes: IntSequence, axis: int) -> ArraySequence:
        return np.split(x, np.cumsum(sizes)[:-1], axis)


TORCH: ArrayNamespace = TorchArrays()
NUMPY: ArrayNamespace = NumpyArrays()


def to_numpy(value: Any) -> Any:
    """Convert tensors on the CPU, also those in tuples and lists, to NumPy arrays.

    Sparse matrices become SciPy's; other values are returned unchanged.
    """
    if isinstance(value, torch.Tensor) and value.layout is torch.sparse_csr:
        parts = (value.values(), value.col_indices(), value.crow_indices())
        return scipy.sparse.csr_array(to_numpy(parts), shape=value.shape)
    if isinstance(value, torch.Tensor):
        return value.detach().resolve_conj().numpy()
    if isinstance(value, tuple | list):
        return type(value)(to_numpy(item) for item in value)
    return value
