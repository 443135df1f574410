"""Kernels: the few tensor operations of a compiled circuit, each with its derivative.

A kernel is a pure function of tensors. Its forward pass consists of differentiable torch operations;
`pullback` gives the same derivative as autograd, with less work. All tensors start with two axes, models and
rows, each of full size or 1: ``(n_models or 1, batch or 1, ...)``. A register of n wires is one axis of
dim**n numbers, wire 0 most significant.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from copy import copy
from math import prod

import scipy.sparse
import torch

from qenn_core.engine.angle_buffers import leading_shape
from qenn_core.engine.arrays import NUMPY, TORCH, Array, to_numpy

ArrayTuple = tuple[Array, ...]
# ``None`` means zero.
Gradients = Sequence[Array]


class Kernel(ABC):
    """An operation of a compiled circuit on PyTorch tensors or, once converted, on NumPy arrays."""

    xp = TORCH

    @abstractmethod
    def forward(self, *inputs: Array) -> tuple[ArrayTuple, ArrayTuple]:
        """Return the outputs, and what the pullback requires besides the inputs."""

    @abstractmethod
    def pullback(
        self, inputs: ArrayTuple, saved: ArrayTuple, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        """Return the gradients of the inputs, where needed, from those of the outputs."""

    def _stack(self, gradients: Gradients) -> Array:
        """Stack the gradients of several outputs along the third axis."""
        zeros = self.xp.zeros_like(next(gradient for gradient in gradients if gradient is not None))
        return self.xp.stack([zeros if gradient is None else gradient for gradient in gradients], 2)

    def on_numpy(self) -> Kernel:
        """Return the same kernel for NumPy arrays."""
        kernel = copy(self)
        kernel.xp = NUMPY
        for name, value in vars(self).items():
            setattr(kernel, name, to_numpy(value))
        return kernel


class Gather(Kernel):
    """Read angles from a buffer: (m, b, n) to (m, b, n_gates, n_angles)."""

    def __init__(self, index: torch.Tensor) -> None:
        self.index = index.flatten()
        self.shape = tuple(index.shape)
        self.in_order = torch.equal(self.index.cpu(), torch.arange(self.index.shape[0]))

    def forward(self, *inputs: Array) -> tuple[ArrayTuple, ArrayTuple]:
        (buffer,) = inputs
        m, b, buffer_size = buffer.shape
        angles = buffer if self._selects_all(buffer_size) else self.xp.take(buffer, self.index, 2)
        return (angles.reshape(m, b, *self.shape),), ()

    def pullback(
        self, inputs: ArrayTuple, saved: ArrayTuple, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        (gradient,) = gradients
        m, b, buffer_size = inputs[0].shape
        flat = gradient.reshape(m, b, self.index.shape[0])
        if self._selects_all(buffer_size):
            return (flat,)
        return (self.xp.add_at(self.index, flat, 2, buffer_size),)

    def _selects_all(self, buffer_size: int) -> bool:
        return self.in_order and self.index.shape[0] == buffer_size


class EvaluateSeries(Kernel):
    """Evaluate a Fourier series: angles (m, b, n_gates, n_angles) to matrices (m, b, n_gates, d, c).

    Parameters
    ----------
    frequencies : tensor, shape (n_angles, n_cosines)
        The vectors k of the terms cos(k·θ - φ).
    phases : tensor, shape (n_cosines,)
        Their phases φ.
    coefficients : tensor, shape (n_cosines, d, c)
        Their coefficients, real or complex.
    """

    def __init__(self, frequencies: torch.Tensor, phases: torch.Tensor, coefficients: torch.Tensor) -> None:
        self.frequencies = frequencies
        self.offsets = -phases
        self.shape = coefficients.shape[1:]
        self.is_complex = coefficients.is_complex()
        real = torch.view_as_real(coefficients) if self.is_complex else coefficients
        self.coefficients = real.flatten(1)
        self.transposed = (self.frequencies.mT.contiguous(), -self.coefficients.mT.contiguous())

    def forward(self, *inputs: Array) -> tuple[ArrayTuple, ArrayTuple]:
        (angles,) = inputs
        m, b, n_gates, n_angles = angles.shape
        rows = angles.reshape(m * b * n_gates, n_angles)
        phases = self.xp.affine(rows, self.frequencies, self.offsets)
        entries = self.xp.cos(phases) @ self.coefficients
        if self.is_complex:
            return (self.xp.as_complex(entries.reshape(m, b, n_gates, *self.shape, 2)),), (phases,)
        return (entries.reshape(m, b, n_gates, *self.shape),), (phases,)

    def pullback(
        self, inputs: ArrayTuple, saved: ArrayTuple, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        (phases,), (gradient,) = saved, gradients
        frequencies, negative_coefficients = self.transposed
        entries = self.xp.as_real(gradient) if self.is_complex else gradient
        entries = entries.reshape(phases.shape[0], negative_coefficients.shape[0])
        from_phases = self.xp.sin(phases) * (entries @ negative_coefficients)
        return ((from_phases @ frequencies).reshape(inputs[0].shape),)


class Merge(Kernel):
    """Merge the matrices of several series in an order: each (m, b, n_i, d, d) to (m, b, n, d, d)."""

    def __init__(self, order: torch.Tensor) -> None:
        self.order = order

    def forward(self, *inputs: Array) -> tuple[ArrayTuple, ArrayTuple]:
        shapes = [(*leading_shape(*inputs), *matrices.shape[2:]) for matrices in inputs]
        joined = self.xp.concat([self.xp.broadcast(*pair) for pair in zip(inputs, shapes, strict=True)], 2)
        return (self.xp.take(joined, self.order, 2),), ()

    def pullback(
        self, inputs: ArrayTuple, saved: ArrayTuple, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        (gradient,) = gradients
        sizes = [matrices.shape[2] for matrices in inputs]
        parts = self.xp.split(self.xp.add_at(self.order, gradient, 2, sum(sizes)), sizes, 2)
        return [_sum_to_shape(part, matrices) for part, matrices in zip(parts, inputs, strict=True)]


class Kron(Kernel):
    """Join neighbours to blocks: (m, b, n_blocks · width, d, d) to n_blocks of (m, b, d**width, d**width)."""

    def __init__(self, width: int) -> None:
        self.width = width

    def forward(self, *inputs: Array) -> tuple[ArrayTuple, ArrayTuple]:
        first, *others = self._factors(inputs[0])
        lefts = [first]
        for factor in others:
            lefts.append(_kron(lefts[-1], factor))
        return self.xp.unstack(lefts[-1], 2), tuple(lefts[:-1])

    def pullback(
        self, inputs: ArrayTuple, saved: ArrayTuple, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        # A conjugate costs a copy; conjugating the gradient requires only one for all products.
        conjugate = self._stack(gradients).conj()
        parts = []
        for left, right in zip(reversed(saved), reversed(self._factors(inputs[0])[1:]), strict=True):
            conjugate, part = _kron_pullback(conjugate, left, right)
            parts.append(part)
        return (self.xp.stack([conjugate, *reversed(parts)], 3).reshape(inputs[0].shape).conj(),)

    def _factors(self, matrices: Array) -> ArrayTuple:
        m, b, n, d, _ = matrices.shape
        return self.xp.unstack(matrices.reshape(m, b, n // self.width, self.width, d, d), 3)


class Unstack(Kernel):
    """Split matrices: (m, b, n, d, c) to n of (m, b, d, c), or of (m, b, d) if they are columns."""

    def __init__(self, is_column: bool = False) -> None:
        self.is_column = is_column

    def forward(self, *inputs: Array) -> tuple[ArrayTuple, ArrayTuple]:
        matrices = inputs[0][..., 0] if self.is_column else inputs[0]
        return self.xp.unstack(matrices, 2), ()

    def pullback(
        self, inputs: ArrayTuple, saved: ArrayTuple, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        gradient = self._stack(gradients)
        return (gradient[..., None] if self.is_column else gradient,)


class ProductState(Kernel):
    """Multiply vectors (m, b, dim_i) to a product state (m, b, Π dim_i)."""

    def forward(self, *inputs: Array) -> tuple[ArrayTuple, ArrayTuple]:
        halves: list[Array] = []
        return (self._outer_product(inputs, halves),), tuple(halves)

    def pullback(
        self, inputs: ArrayTuple, saved: ArrayTuple, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        return self._factor_gradients(gradients[0], inputs, list(saved))

    def _outer_product(self, vectors: ArrayTuple, halves: list[Array]) -> Array:
        """Multiply two halves, because long rows are fast to write, and append them to `halves`."""
        if len(vectors) == 1:
            return vectors[0]
        middle = len(vectors) // 2
        left, right = (self._outer_product(half, halves) for half in (vectors[:middle], vectors[middle:]))
        halves += [left, right]
        outer = left[..., None] * right[..., None, :]
        return outer.reshape(*outer.shape[:2], outer.shape[2] * outer.shape[3])

    def _factor_gradients(self, gradient: Array, vectors: ArrayTuple, halves: list[Array]) -> list[Array]:
        """Return the gradient of each vector, and pop the halves from the end of `halves`."""
        if len(vectors) == 1:
            return [gradient]
        right, left = halves.pop(), halves.pop()
        outer = gradient.reshape(*gradient.shape[:2], left.shape[2], right.shape[2])
        to_right = _sum_to_shape((left.conj()[..., None, :] @ outer)[..., 0, :], right)
        to_left = _sum_to_shape((outer @ right.conj()[..., None])[..., 0], left)
        middle = len(vectors) // 2
        of_right = self._factor_gradients(to_right, vectors[middle:], halves)
        return self._factor_gradients(to_left, vectors[:middle], halves) + of_right


class ApplyMatrix(Kernel):
    """Apply a matrix to the first wires, and move them to the end: (m, b, D), (m, b, d, d) to (m, b, D).

    Moving the wires costs nothing, because a factor of a matrix product may be read transposed. So blocks
    that cover all wires one after another leave them in their order.

    Parameters
    ----------
    transposed : bool
        Whether to apply the transpose of the matrix.
    """

    def __init__(self, transposed: bool = False) -> None:
        self.transposed = transposed

    def forward(self, *inputs: Array) -> tuple[ArrayTuple, ArrayTuple]:
        register, matrix = inputs
        rows, matrices = self._factors(register, matrix)
        result = rows @ (matrices if self.transposed else matrices.mT)
        m, b = leading_shape(register, matrix)
        return (result.reshape(m, b, register.shape[2]),), (rows, matrices)

    def pullback(
        self, inputs: ArrayTuple, saved: ArrayTuple, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        register, matrix = inputs
        rows, matrices = saved
        (gradient,) = gradients
        m, b, size = gradient.shape
        by_result = gradient.reshape(rows.shape if matrices.ndim == 2 else (m, b, *rows.shape[2:]))
        from_register = from_matrix = None
        if needed[0]:
            by_rows = by_result @ (matrices.mT.conj() if self.transposed else matrices.conj())
            by_register = by_rows if size == matrix.shape[-1] else by_rows.mT
            from_register = _sum_to_shape(by_register.reshape(m, b, size), register)
        if needed[1]:
            product = rows.mT.conj() @ by_result if self.transposed else by_result.mT @ rows.conj()
            if matrices.ndim == 2 and product.ndim == 3:
                product = product.sum(0)
            from_matrix = (
                _sum_to_shape(product, matrix) if matrices.ndim == 4 else product.reshape(matrix.shape)
            )
        return from_register, from_matrix

    def _factors(self, register: Array, matrix: Array) -> tuple[Array, Array]:
        """Return the register as rows (..., n, d), and the matrices, with as few axes as possible."""
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


class PermuteWires(Kernel):
    """Permute the wires of a register: (m, b, D) to (m, b, D)."""

    def __init__(self, dim: int, axes: Sequence[int]) -> None:
        self.dims = (dim,) * len(axes)
        self.axes = tuple(axes)
        self.back = tuple(sorted(range(len(axes)), key=self.axes.__getitem__))

    def forward(self, *inputs: Array) -> tuple[ArrayTuple, ArrayTuple]:
        return (self._move(inputs[0], self.axes),), ()

    def pullback(
        self, inputs: ArrayTuple, saved: ArrayTuple, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        return (self._move(gradients[0], self.back),)

    def _move(self, register: Array, axes: Sequence[int]) -> Array:
        m, b, size = register.shape
        wires = register.reshape(m, b, *self.dims)
        return self.xp.permute(wires, (0, 1, *(2 + axis for axis in axes))).reshape(m, b, size)


class ApplyMonomial(Kernel):
    """Apply a constant matrix with one entry in each row and column: y_i = scale_i · x_index(i)."""

    def __init__(self, index: torch.Tensor, scale: torch.Tensor | None) -> None:
        self.index = index
        self.inverse = torch.argsort(index)
        self.scale = scale

    def forward(self, *inputs: Array) -> tuple[ArrayTuple, ArrayTuple]:
        moved = self.xp.take(inputs[0], self.index, 2)
        return (moved if self.scale is None else moved * self.scale,), ()

    def pullback(
        self, inputs: ArrayTuple, saved: ArrayTuple, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        (gradient,) = gradients
        if self.scale is not None:
            gradient = gradient * self.scale.conj()
        return (self.xp.take(gradient, self.inverse, 2),)


class ApplyConstant(Kernel):
    """Apply a constant matrix (out, D), given with its transpose: (m, b, D) to (m, b, out)."""

    def __init__(self, matrix: torch.Tensor, transposed: torch.Tensor) -> None:
        self.matrix = matrix
        self.transposed = transposed

    def forward(self, *inputs: Array) -> tuple[ArrayTuple, ArrayTuple]:
        return (_multiply_rows(inputs[0], self.matrix, self.transposed),), ()

    def pullback(
        self, inputs: ArrayTuple, saved: ArrayTuple, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        # The vectors are conjugated, because sparse matrices do not support it.
        return (_multiply_rows(gradients[0].conj(), self.transposed, self.matrix).conj(),)


class ApplyPhases(Kernel):
    """Multiply each amplitude by a phase: (m, b, D) and angles (m, b, 1, n) to (m, b, D).

    Parameters
    ----------
    slopes : tensor, shape (n, D)
        The derivative of each amplitude's phase with respect to each angle.
    offsets : tensor, shape (D,)
        The phases at angles 0.
    """

    def __init__(self, slopes: torch.Tensor, offsets: torch.Tensor) -> None:
        self.slopes = slopes
        self.offsets = offsets

    def forward(self, *inputs: Array) -> tuple[ArrayTuple, ArrayTuple]:
        register, angles = inputs
        factors = self.xp.exp_i(angles[:, :, 0] @ self.slopes + self.offsets)
        result = register * factors
        return (result,), (factors, result)

    def pullback(
        self, inputs: ArrayTuple, saved: ArrayTuple, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        register, angles = inputs
        factors, result = saved
        (gradient,) = gradients
        from_register = _sum_to_shape(gradient * factors.conj(), register) if needed[0] else None
        from_angles = None
        if needed[1]:
            by_phase = (gradient * result.conj()).imag
            from_angles = _sum_to_shape((by_phase @ self.slopes.mT)[:, :, None], angles)
        return from_register, from_angles


class Squares(Kernel):
    """Square the real and imaginary parts of amplitudes: complex (m, b, D) to real (m, b, 2 D)."""

    def forward(self, *inputs: Array) -> tuple[ArrayTuple, ArrayTuple]:
        m, b, size = inputs[0].shape
        parts = self.xp.as_real(inputs[0]).reshape(m, b, 2 * size)
        return (parts * parts,), (parts,)

    def pullback(
        self, inputs: ArrayTuple, saved: ArrayTuple, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        from_parts = saved[0] * gradients[0] * 2
        return (self.xp.as_complex(from_parts.reshape(*inputs[0].shape, 2)),)


class RealParts(Kernel):
    """Take the real parts of amplitudes: complex (m, b, D) to real (m, b, D)."""

    def forward(self, *inputs: Array) -> tuple[ArrayTuple, ArrayTuple]:
        return (self.xp.as_real(inputs[0])[..., 0],), ()

    def pullback(
        self, inputs: ArrayTuple, saved: ArrayTuple, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        (gradient,) = gradients
        return (gradient + 0j,)


class Overlaps(Kernel):
    """Multiply amplitudes (m, b, D) to the products ψ*(z) ψ(z ^ mask), (m, b, D)."""

    def __init__(self, partner: torch.Tensor) -> None:
        self.partner = partner

    def forward(self, *inputs: Array) -> tuple[ArrayTuple, ArrayTuple]:
        (state,) = inputs
        return (state.conj() * self.xp.take(state, self.partner, 2),), ()

    def pullback(
        self, inputs: ArrayTuple, saved: ArrayTuple, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        (state,), (gradient,) = inputs, gradients
        # The mask is its own inverse.
        from_conjugate = gradient.conj() * self.xp.take(state, self.partner, 2)
        return (from_conjugate + self.xp.take(gradient * state, self.partner, 2),)


class WeightedSum(Kernel):
    """Sum the real parts of products with constant matrices: each (m, b, D_i) to one (m, b, n_outputs).

    Parameters
    ----------
    matrices : sequence of (tensor, tensor)
        Each matrix (n_outputs, D_i), dense or sparse, with its transpose.
    """

    def __init__(self, matrices: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> None:
        self.matrices = matrices

    def forward(self, *inputs: Array) -> tuple[ArrayTuple, ArrayTuple]:
        terms = [_multiply_rows(v, *pair).real for v, pair in zip(inputs, self.matrices, strict=True)]
        total = terms[0]
        for term in terms[1:]:
            total = total + term
        return (total,), ()

    def pullback(
        self, inputs: ArrayTuple, saved: ArrayTuple, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        (gradient,) = gradients
        # The gradient is real, so conjugating the product conjugates the matrix.
        return [_multiply_rows(self.xp.cast_like(gradient, t), t, m).conj() for m, t in self.matrices]


class ConcatenateOutputs(Kernel):
    """Concatenate outputs in an order: each (m, b, n_i) to (m, b, n_outputs)."""

    def __init__(self, order: torch.Tensor) -> None:
        self.order = order
        self.inverse = torch.argsort(order)

    def forward(self, *inputs: Array) -> tuple[ArrayTuple, ArrayTuple]:
        return (self.xp.take(self.xp.concat(inputs, 2), self.order, 2),), ()

    def pullback(
        self, inputs: ArrayTuple, saved: ArrayTuple, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        parts = self.xp.take(gradients[0], self.inverse, 2)
        return self.xp.split(parts, [outputs.shape[2] for outputs in inputs], 2)


class Contract(Kernel):
    """Contract states (m, b, D) with observables (m, n_outputs, D) to expectations (m, b, n_outputs)."""

    def forward(self, *inputs: Array) -> tuple[ArrayTuple, ArrayTuple]:
        states, observables = inputs
        if states.shape[0] == observables.shape[0] == 1:
            return ((states[0] @ observables[0].mT)[None],), ()
        return (states @ observables.mT,), ()

    def pullback(
        self, inputs: ArrayTuple, saved: ArrayTuple, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        states, observables = inputs
        (gradient,) = gradients
        from_states = _sum_to_shape(gradient @ observables, states) if needed[0] else None
        from_observables = _sum_to_shape(gradient.mT @ states, observables) if needed[1] else None
        return from_states, from_observables


def _sum_to_shape(gradient: Array, array: Array) -> Array:
    """Sum a gradient over the axes along which the array was broadcast."""
    if gradient.shape == array.shape:
        return gradient
    broadcast = tuple(axis for axis in range(array.ndim) if array.shape[axis] == 1 < gradient.shape[axis])
    return gradient.sum(broadcast, keepdims=True)


def _kron(left: Array, right: Array) -> Array:
    """Return the Kronecker products (..., ab, ab) of (..., a, a) and (..., b, b)."""
    *leading, a, _ = left.shape
    b = right.shape[-1]
    product = left.reshape(*leading, a, 1, a, 1) * right.reshape(*leading, 1, b, 1, b)
    return product.reshape(*leading, a * b, a * b)


def _kron_pullback(gradient: Array, left: Array, right: Array) -> tuple[Array, Array]:
    """Return the conjugate gradients of both factors from the conjugate gradient of their product."""
    a, b = left.shape[-1], right.shape[-1]
    n = prod(left.shape[:-2])
    outer = gradient.reshape(n, a, b, a, b).swapaxes(2, 3).reshape(n, a * a, b * b)
    from_left = outer @ right.reshape(n, b * b, 1)
    from_right = left.reshape(n, 1, a * a) @ outer
    return from_left.reshape(left.shape), from_right.reshape(right.shape)


def _multiply_rows(rows: Array, matrix: Array, transposed: Array) -> Array:
    """Apply a matrix, dense or sparse, to rows (..., D)."""
    columns = rows.reshape(-1, rows.shape[-1]).mT
    if getattr(matrix, "is_sparse_csr", False):
        product = matrix @ columns.resolve_conj()
    elif scipy.sparse.issparse(matrix):
        product = matrix @ columns
    else:
        return rows @ transposed
    return product.mT.reshape(*rows.shape[:-1], matrix.shape[0])
