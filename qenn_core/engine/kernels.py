"""The few tensor operations that a compiled circuit consists of, each with its derivative.

A kernel is a pure function of tensors. Its forward pass is made of differentiable torch operations;
`pullback` gives the same derivative as autograd would, with less work. All tensors begin with two axes,
models and rows, each of full size or 1: ``(n_models or 1, batch or 1, ...)``. A register of n wires is one
axis of dim**n numbers, wire 0 most significant.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from copy import copy
from math import prod

import scipy.sparse
import torch

from qenn_core.engine.angle_buffers import lead
from qenn_core.engine.arrays import NUMPY, TORCH, Array, to_numpy

Arrays = tuple[Array, ...]
# ``None`` stands for zero.
Gradients = Sequence[Array]


class Kernel(ABC):
    """One step of a compiled circuit, on PyTorch tensors or, once converted, on NumPy arrays."""

    xp = TORCH

    @abstractmethod
    def forward(self, *inputs: Array) -> tuple[Arrays, Arrays]:
        """Return the outputs, and what the pullback will want besides the inputs."""

    @abstractmethod
    def pullback(
        self, inputs: Arrays, saved: Arrays, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        """Return the gradient of each input that needs one, from those of the outputs (``None``: zero)."""

    def _stack(self, gradients: Gradients) -> Array:
        """Join the gradients of single matrices or vectors along the third axis."""
        some = next(gradient for gradient in gradients if gradient is not None)
        zeros = self.xp.zeros_like(some)
        return self.xp.stack([zeros if one is None else one for one in gradients], 2)

    def on_numpy(self) -> Kernel:
        """Return the same kernel for NumPy arrays."""
        kernel = copy(self)
        kernel.xp = NUMPY
        for name, value in vars(self).items():
            setattr(kernel, name, to_numpy(value))
        return kernel


class Gather(Kernel):
    """Read angles from a pool: (m, b, n) to (m, b, n_gates, n_angles)."""

    def __init__(self, index: torch.Tensor) -> None:
        self.index = index.flatten()
        self.shape = tuple(index.shape)
        self.in_order = torch.equal(self.index.cpu(), torch.arange(self.index.shape[0]))

    def forward(self, *inputs: Array) -> tuple[Arrays, Arrays]:
        (pool,) = inputs
        m, b, n_pool = pool.shape
        read = pool if self._is_whole(n_pool) else self.xp.take(pool, self.index, 2)
        return (read.reshape(m, b, *self.shape),), ()

    def pullback(
        self, inputs: Arrays, saved: Arrays, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        (gradient,) = gradients
        m, b, n_pool = inputs[0].shape
        flat = gradient.reshape(m, b, self.index.shape[0])
        if self._is_whole(n_pool):
            return (flat,)
        return (self.xp.add_at(self.index, flat, 2, n_pool),)

    def _is_whole(self, n_pool: int) -> bool:
        return self.in_order and self.index.shape[0] == n_pool


class Tabulate(Kernel):
    """Evaluate a table: angles (m, b, n_gates, n_angles) to matrices (m, b, n_gates, d, c).

    Parameters
    ----------
    frequencies : tensor, shape (n_angles, n_waves)
        Vectors k of the waves cos(k·θ - φ).
    phases : tensor, shape (n_waves,)
        Their phases φ.
    coefficients : tensor, shape (n_waves, d, c)
        What they are summed with, real or complex.
    """

    def __init__(self, frequencies: torch.Tensor, phases: torch.Tensor, coefficients: torch.Tensor) -> None:
        self.frequencies = frequencies
        self.offsets = -phases
        self.shape = coefficients.shape[1:]
        self.is_complex = coefficients.is_complex()
        waves = torch.view_as_real(coefficients) if self.is_complex else coefficients
        self.coefficients = waves.flatten(1)
        self.transposed = (self.frequencies.mT.contiguous(), -self.coefficients.mT.contiguous())

    def forward(self, *inputs: Array) -> tuple[Arrays, Arrays]:
        (angles,) = inputs
        m, b, n_gates, n_angles = angles.shape
        rows = angles.reshape(m * b * n_gates, n_angles)
        turns = self.xp.affine(rows, self.frequencies, self.offsets)
        entries = self.xp.cos(turns) @ self.coefficients
        if self.is_complex:
            return (self.xp.as_complex(entries.reshape(m, b, n_gates, *self.shape, 2)),), (turns,)
        return (entries.reshape(m, b, n_gates, *self.shape),), (turns,)

    def pullback(
        self, inputs: Arrays, saved: Arrays, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        (turns,), (gradient,) = saved, gradients
        frequencies, negative_coefficients = self.transposed
        entries = self.xp.as_real(gradient) if self.is_complex else gradient
        entries = entries.reshape(turns.shape[0], negative_coefficients.shape[0])
        by_turn = self.xp.sin(turns) * (entries @ negative_coefficients)
        return ((by_turn @ frequencies).reshape(inputs[0].shape),)


class Join(Kernel):
    """Put matrices of several tables in order: each (m, b, n_i, d, d) to (m, b, n, d, d)."""

    def __init__(self, order: torch.Tensor) -> None:
        self.order = order

    def forward(self, *inputs: Array) -> tuple[Arrays, Arrays]:
        shapes = [(*lead(*inputs), *some.shape[2:]) for some in inputs]
        joined = self.xp.concat([self.xp.broadcast(*pair) for pair in zip(inputs, shapes, strict=True)], 2)
        return (self.xp.take(joined, self.order, 2),), ()

    def pullback(
        self, inputs: Arrays, saved: Arrays, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        (gradient,) = gradients
        sizes = [some.shape[2] for some in inputs]
        parts = self.xp.split(self.xp.add_at(self.order, gradient, 2, sum(sizes)), sizes, 2)
        return [_like(part, some) for part, some in zip(parts, inputs, strict=True)]


class Kron(Kernel):
    """Make blocks of neighbours: (m, b, n_blocks · width, d, d) to one (m, b, d**width, d**width) a block."""

    def __init__(self, width: int) -> None:
        self.width = width

    def forward(self, *inputs: Array) -> tuple[Arrays, Arrays]:
        first, *others = self._factors(inputs[0])
        lefts = [first]
        for factor in others:
            lefts.append(_kron(lefts[-1], factor))
        return self.xp.unstack(lefts[-1], 2), tuple(lefts[:-1])

    def pullback(
        self, inputs: Arrays, saved: Arrays, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        # Conjugates cost a copy each; of the gradient it is one for all products.
        conjugate = self._stack(gradients).conj()
        parts = []
        for left, right in zip(reversed(saved), reversed(self._factors(inputs[0])[1:]), strict=True):
            conjugate, part = _kron_pullback(conjugate, left, right)
            parts.append(part)
        return (self.xp.stack([conjugate, *reversed(parts)], 3).reshape(inputs[0].shape).conj(),)

    def _factors(self, matrices: Array) -> Arrays:
        m, b, n, d, _ = matrices.shape
        return self.xp.unstack(matrices.reshape(m, b, n // self.width, self.width, d, d), 3)


class Single(Kernel):
    """Take single matrices: (m, b, n, d, c) to n of (m, b, d, c), or (m, b, d) if they are columns."""

    def __init__(self, is_column: bool = False) -> None:
        self.is_column = is_column

    def forward(self, *inputs: Array) -> tuple[Arrays, Arrays]:
        matrices = inputs[0][..., 0] if self.is_column else inputs[0]
        return self.xp.unstack(matrices, 2), ()

    def pullback(
        self, inputs: Arrays, saved: Arrays, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        gradient = self._stack(gradients)
        return (gradient[..., None] if self.is_column else gradient,)


class Product(Kernel):
    """Begin with a product state: vectors (m, b, dim_i) to a register (m, b, Π dim_i)."""

    def forward(self, *inputs: Array) -> tuple[Arrays, Arrays]:
        halves: list[Array] = []
        return (self._product(inputs, halves),), tuple(halves)

    def pullback(
        self, inputs: Arrays, saved: Arrays, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        return self._spread(gradients[0], inputs, list(saved))

    def _product(self, vectors: Arrays, halves: list[Array]) -> Array:
        """Multiply two halves, because long rows are quick to write; append them to `halves`."""
        if len(vectors) == 1:
            return vectors[0]
        middle = len(vectors) // 2
        left, right = (self._product(some, halves) for some in (vectors[:middle], vectors[middle:]))
        halves += [left, right]
        table = left[..., None] * right[..., None, :]
        return table.reshape(*table.shape[:2], table.shape[2] * table.shape[3])

    def _spread(self, gradient: Array, vectors: Arrays, halves: list[Array]) -> list[Array]:
        """Return the gradient of each vector; takes the halves off the end of `halves`."""
        if len(vectors) == 1:
            return [gradient]
        right, left = halves.pop(), halves.pop()
        table = gradient.reshape(*gradient.shape[:2], left.shape[2], right.shape[2])
        to_right = _like((left.conj()[..., None, :] @ table)[..., 0, :], right)
        to_left = _like((table @ right.conj()[..., None])[..., 0], left)
        middle = len(vectors) // 2
        last = self._spread(to_right, vectors[middle:], halves)
        return self._spread(to_left, vectors[:middle], halves) + last


class Dense(Kernel):
    """Apply a matrix to the first wires, which become the last: (m, b, D), (m, b, d, d) to (m, b, D).

    To move the wires on costs nothing, as one factor of a matrix product may be read transposed. So blocks
    that cover all wires one after the other leave them in their order.

    Parameters
    ----------
    transposed : bool
        Whether the transposed matrix is applied.
    """

    def __init__(self, transposed: bool = False) -> None:
        self.transposed = transposed

    def forward(self, *inputs: Array) -> tuple[Arrays, Arrays]:
        register, matrix = inputs
        rows, matrices = self._factors(register, matrix)
        turned = rows @ (matrices if self.transposed else matrices.mT)
        m, b = lead(register, matrix)
        return (turned.reshape(m, b, register.shape[2]),), (rows, matrices)

    def pullback(
        self, inputs: Arrays, saved: Arrays, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        register, matrix = inputs
        rows, matrices = saved
        (gradient,) = gradients
        m, b, size = gradient.shape
        turned = gradient.reshape(rows.shape if matrices.ndim == 2 else (m, b, *rows.shape[2:]))
        from_register = from_matrix = None
        if needed[0]:
            back = turned @ (matrices.mT.conj() if self.transposed else matrices.conj())
            moved = back if size == matrix.shape[-1] else back.mT
            from_register = _like(moved.reshape(m, b, size), register)
        if needed[1]:
            product = rows.mT.conj() @ turned if self.transposed else turned.mT @ rows.conj()
            if matrices.ndim == 2 and product.ndim == 3:
                product = product.sum(0)
            from_matrix = _like(product, matrix) if matrices.ndim == 4 else product.reshape(matrix.shape)
        return from_register, from_matrix

    def _factors(self, register: Array, matrix: Array) -> tuple[Array, Array]:
        """Return the register as rows (..., n, d) and the matrices, with as few axes as will do."""
        m, b, size = register.shape
        dim = matrix.shape[-1]
        rest = size // dim
        if matrix.shape[0] == matrix.shape[1] == 1:
            matrices = matrix.reshape(dim, dim)
            if rest == 1:
                return register.reshape(m * b, dim), matrices
            return register.reshape(m * b, dim, rest).mT, matrices
        if matrix.shape[1] == 1 and rest == 1:
            return register, matrix[:, 0]
        return register.reshape(m, b, dim, rest).mT, matrix


class Reorder(Kernel):
    """Bring the axes of a register into another order: (m, b, D) to (m, b, D)."""

    def __init__(self, dim: int, axes: Sequence[int]) -> None:
        self.dims = (dim,) * len(axes)
        self.axes = tuple(axes)
        self.back = tuple(sorted(range(len(axes)), key=self.axes.__getitem__))

    def forward(self, *inputs: Array) -> tuple[Arrays, Arrays]:
        return (self._move(inputs[0], self.axes),), ()

    def pullback(
        self, inputs: Arrays, saved: Arrays, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        return (self._move(gradients[0], self.back),)

    def _move(self, register: Array, axes: Sequence[int]) -> Array:
        m, b, size = register.shape
        wires = register.reshape(m, b, *self.dims)
        return self.xp.permute(wires, (0, 1, *(2 + axis for axis in axes))).reshape(m, b, size)


class Permute(Kernel):
    """Apply a constant matrix with one entry in each row and column: y_i = scale_i · x_index(i)."""

    def __init__(self, index: torch.Tensor, scale: torch.Tensor | None) -> None:
        self.index = index
        self.inverse = torch.argsort(index)
        self.scale = scale

    def forward(self, *inputs: Array) -> tuple[Arrays, Arrays]:
        moved = self.xp.take(inputs[0], self.index, 2)
        return (moved if self.scale is None else moved * self.scale,), ()

    def pullback(
        self, inputs: Arrays, saved: Arrays, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        (gradient,) = gradients
        if self.scale is not None:
            gradient = gradient * self.scale.conj()
        return (self.xp.take(gradient, self.inverse, 2),)


class Constant(Kernel):
    """Apply a constant matrix (out, D), given with its transposed one: (m, b, D) to (m, b, out)."""

    def __init__(self, matrix: torch.Tensor, transposed: torch.Tensor) -> None:
        self.matrix = matrix
        self.transposed = transposed

    def forward(self, *inputs: Array) -> tuple[Arrays, Arrays]:
        return (_rows_times(inputs[0], self.matrix, self.transposed),), ()

    def pullback(
        self, inputs: Arrays, saved: Arrays, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        # The conjugate is put on the vectors, since sparse matrices do not know it.
        return (_rows_times(gradients[0].conj(), self.transposed, self.matrix).conj(),)


class Phase(Kernel):
    """Turn the phase of each amplitude: (m, b, D) and angles (m, b, 1, n) to (m, b, D).

    Parameters
    ----------
    slopes : tensor, shape (n, D)
        How the phase of each amplitude grows with each angle.
    offsets : tensor, shape (D,)
        The phases at angle 0.
    """

    def __init__(self, slopes: torch.Tensor, offsets: torch.Tensor) -> None:
        self.slopes = slopes
        self.offsets = offsets

    def forward(self, *inputs: Array) -> tuple[Arrays, Arrays]:
        register, angles = inputs
        turns = self.xp.unit(angles[:, :, 0] @ self.slopes + self.offsets)
        turned = register * turns
        return (turned,), (turns, turned)

    def pullback(
        self, inputs: Arrays, saved: Arrays, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        register, angles = inputs
        turns, turned = saved
        (gradient,) = gradients
        from_register = _like(gradient * turns.conj(), register) if needed[0] else None
        from_angles = None
        if needed[1]:
            by_phase = (gradient * turned.conj()).imag
            from_angles = _like((by_phase @ self.slopes.mT)[:, :, None], angles)
        return from_register, from_angles


class Squares(Kernel):
    """Squares of the real and of the imaginary parts of amplitudes: complex (m, b, D) to real (m, b, 2 D)."""

    def forward(self, *inputs: Array) -> tuple[Arrays, Arrays]:
        m, b, size = inputs[0].shape
        parts = self.xp.as_real(inputs[0]).reshape(m, b, 2 * size)
        return (parts * parts,), (parts,)

    def pullback(
        self, inputs: Arrays, saved: Arrays, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        by_part = saved[0] * gradients[0] * 2
        return (self.xp.as_complex(by_part.reshape(*inputs[0].shape, 2)),)


class Overlaps(Kernel):
    """Products ψ*(z) ψ(z ^ mask) of amplitudes (m, b, D) to (m, b, D)."""

    def __init__(self, other: torch.Tensor) -> None:
        self.other = other

    def forward(self, *inputs: Array) -> tuple[Arrays, Arrays]:
        (state,) = inputs
        return (state.conj() * self.xp.take(state, self.other, 2),), ()

    def pullback(
        self, inputs: Arrays, saved: Arrays, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        (state,), (gradient,) = inputs, gradients
        # The mask is its own inverse.
        by_first = gradient.conj() * self.xp.take(state, self.other, 2)
        return (by_first + self.xp.take(gradient * state, self.other, 2),)


class Combine(Kernel):
    """Sum the real parts of products with constant matrices: each (m, b, D_i) to one (m, b, n_outputs).

    Parameters
    ----------
    matrices : sequence of (tensor, tensor)
        Each matrix (n_outputs, D_i), dense or sparse, with its transposed one.
    """

    def __init__(self, matrices: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> None:
        self.matrices = matrices

    def forward(self, *inputs: Array) -> tuple[Arrays, Arrays]:
        first, *rest = (_rows_times(v, *pair).real for v, pair in zip(inputs, self.matrices, strict=True))
        for more in rest:
            first = first + more
        return (first,), ()

    def pullback(
        self, inputs: Arrays, saved: Arrays, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        (gradient,) = gradients
        # The gradient is real, so conjugating the result conjugates the matrix.
        return [_rows_times(self.xp.cast_like(gradient, t), t, m).conj() for m, t in self.matrices]


class Concatenate(Kernel):
    """Put outputs into one row: each (m, b, n_i) to (m, b, n_outputs), in an order."""

    def __init__(self, order: torch.Tensor) -> None:
        self.order = order
        self.inverse = torch.argsort(order)

    def forward(self, *inputs: Array) -> tuple[Arrays, Arrays]:
        return (self.xp.take(self.xp.concat(inputs, 2), self.order, 2),), ()

    def pullback(
        self, inputs: Arrays, saved: Arrays, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        parts = self.xp.take(gradients[0], self.inverse, 2)
        return self.xp.split(parts, [some.shape[2] for some in inputs], 2)


class Contract(Kernel):
    """Expectation values: states (m, b, D) and observables (m, n_outputs, D) to (m, b, n_outputs)."""

    def forward(self, *inputs: Array) -> tuple[Arrays, Arrays]:
        states, observables = inputs
        if states.shape[0] == observables.shape[0] == 1:
            return ((states[0] @ observables[0].mT)[None],), ()
        return (states @ observables.mT,), ()

    def pullback(
        self, inputs: Arrays, saved: Arrays, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        states, observables = inputs
        (gradient,) = gradients
        from_states = _like(gradient @ observables, states) if needed[0] else None
        from_observables = _like(gradient.mT @ states, observables) if needed[1] else None
        return from_states, from_observables


def _like(gradient: Array, array: Array) -> Array:
    """Sum a gradient over the axes that the array has been broadcast along."""
    if gradient.shape == array.shape:
        return gradient
    wide = tuple(axis for axis in range(array.ndim) if array.shape[axis] == 1 < gradient.shape[axis])
    return gradient.sum(wide, keepdims=True)


def _kron(left: Array, right: Array) -> Array:
    """Return the Kronecker products (..., ab, ab) of (..., a, a) and (..., b, b)."""
    *lead, a, _ = left.shape
    b = right.shape[-1]
    product = left.reshape(*lead, a, 1, a, 1) * right.reshape(*lead, 1, b, 1, b)
    return product.reshape(*lead, a * b, a * b)


def _kron_pullback(gradient: Array, left: Array, right: Array) -> tuple[Array, Array]:
    """Return the conjugate gradients of both factors, from that of the product."""
    a, b = left.shape[-1], right.shape[-1]
    n = prod(left.shape[:-2])
    table = gradient.reshape(n, a, b, a, b).swapaxes(2, 3).reshape(n, a * a, b * b)
    from_left = table @ right.reshape(n, b * b, 1)
    from_right = left.reshape(n, 1, a * a) @ table
    return from_left.reshape(left.shape), from_right.reshape(right.shape)


def _rows_times(rows: Array, matrix: Array, transposed: Array) -> Array:
    columns = rows.reshape(-1, rows.shape[-1]).mT
    if getattr(matrix, "is_sparse_csr", False):
        product = matrix @ columns.resolve_conj()
    elif scipy.sparse.issparse(matrix):
        product = matrix @ columns
    else:
        return rows @ transposed
    return product.mT.reshape(*rows.shape[:-1], matrix.shape[0])
