"""The few tensor operations that a compiled circuit consists of, each with its derivative.

A kernel is a pure function of tensors. Its forward pass is made of differentiable torch operations;
`pullback` gives the same derivative as autograd would, with less work. All tensors begin with two axes,
models and rows, each of full size or 1: ``(n_models or 1, batch or 1, ...)``. A register of n wires is one
axis of dim**n numbers, wire 0 most significant.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch

from qenn_core.engine.pools import lead

Tensors = tuple[torch.Tensor, ...]
Gradients = Sequence[torch.Tensor | None]


class Kernel(ABC):
    """One step of a compiled circuit."""

    @abstractmethod
    def forward(self, *inputs: torch.Tensor) -> tuple[Tensors, Tensors]:
        """Return the outputs, and what the pullback will want besides the inputs."""

    @abstractmethod
    def pullback(
        self, inputs: Tensors, saved: Tensors, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        """Return the gradient of each input that needs one, from those of the outputs (``None``: zero)."""


class Gather(Kernel):
    """Read angles from a pool: (m, b, n) to (m, b, n_gates, n_angles)."""

    def __init__(self, index: torch.Tensor) -> None:
        self.index = index.flatten()
        self.shape = tuple(index.shape)
        self.in_order = torch.equal(self.index.cpu(), torch.arange(self.index.shape[0]))

    def forward(self, *inputs: torch.Tensor) -> tuple[Tensors, Tensors]:
        (pool,) = inputs
        m, b, n_pool = pool.shape
        read = pool if self._is_whole(n_pool) else pool.index_select(-1, self.index)
        return (read.reshape(m, b, *self.shape),), ()

    def pullback(
        self, inputs: Tensors, saved: Tensors, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        (gradient,) = gradients
        assert gradient is not None
        m, b, n_pool = inputs[0].shape
        flat = gradient.reshape(m, b, self.index.shape[0])
        if self._is_whole(n_pool):
            return (flat,)
        return (flat.new_zeros(m, b, n_pool).index_add_(-1, self.index, flat),)

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
        self.coefficients = _real(coefficients).flatten(1)
        self.transposed = (self.frequencies.mT.contiguous(), -self.coefficients.mT.contiguous())

    def forward(self, *inputs: torch.Tensor) -> tuple[Tensors, Tensors]:
        (angles,) = inputs
        m, b, n_gates, n_angles = angles.shape
        rows = angles.reshape(m * b * n_gates, n_angles)
        turns = torch.addmm(self.offsets, rows, self.frequencies)
        entries = torch.cos(turns) @ self.coefficients
        if self.is_complex:
            return (torch.view_as_complex(entries.reshape(m, b, n_gates, *self.shape, 2)),), (turns,)
        return (entries.reshape(m, b, n_gates, *self.shape),), (turns,)

    def pullback(
        self, inputs: Tensors, saved: Tensors, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        (turns,), (gradient,) = saved, gradients
        assert gradient is not None
        frequencies, negative_coefficients = self.transposed
        entries = _real(gradient.resolve_conj()).reshape(turns.shape[0], negative_coefficients.shape[0])
        by_turn = torch.sin(turns) * (entries @ negative_coefficients)
        return ((by_turn @ frequencies).reshape(inputs[0].shape),)


class Join(Kernel):
    """Put matrices of several tables in order: each (m, b, n_i, d, d) to (m, b, n, d, d)."""

    def __init__(self, order: torch.Tensor) -> None:
        self.order = order

    def forward(self, *inputs: torch.Tensor) -> tuple[Tensors, Tensors]:
        joined = torch.cat([some.expand(*lead(*inputs), *some.shape[2:]) for some in inputs], dim=2)
        return (joined.index_select(2, self.order),), ()

    def pullback(
        self, inputs: Tensors, saved: Tensors, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        (gradient,) = gradients
        assert gradient is not None
        sizes = [some.shape[2] for some in inputs]
        zeros = gradient.new_zeros(*gradient.shape[:2], sum(sizes), *gradient.shape[3:])
        parts = zeros.index_add_(2, self.order, gradient).split_with_sizes(sizes, dim=2)
        return [_like(part, some) for part, some in zip(parts, inputs, strict=True)]


class Kron(Kernel):
    """Make blocks of neighbours: (m, b, n_blocks · width, d, d) to one (m, b, d**width, d**width) a block."""

    def __init__(self, width: int) -> None:
        self.width = width

    def forward(self, *inputs: torch.Tensor) -> tuple[Tensors, Tensors]:
        first, *others = self._factors(inputs[0])
        lefts = [first]
        for factor in others:
            lefts.append(_kron(lefts[-1], factor))
        return tuple(lefts[-1].unbind(2)), tuple(lefts[:-1])

    def pullback(
        self, inputs: Tensors, saved: Tensors, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        # Conjugates cost a copy each; of the gradient it is one for all products.
        conjugate = _stack(gradients, dim=2).conj()
        parts = []
        for left, right in zip(reversed(saved), reversed(self._factors(inputs[0])[1:]), strict=True):
            conjugate, part = _kron_pullback(conjugate, left, right)
            parts.append(part)
        return (torch.stack([conjugate, *reversed(parts)], dim=3).reshape(inputs[0].shape).conj(),)

    def _factors(self, matrices: torch.Tensor) -> Tensors:
        m, b, n, d, _ = matrices.shape
        return matrices.reshape(m, b, n // self.width, self.width, d, d).unbind(3)


class Single(Kernel):
    """Take single matrices: (m, b, n, d, c) to n of (m, b, d, c), or (m, b, d) if they are columns."""

    def __init__(self, is_column: bool = False) -> None:
        self.is_column = is_column

    def forward(self, *inputs: torch.Tensor) -> tuple[Tensors, Tensors]:
        matrices = inputs[0].squeeze(-1) if self.is_column else inputs[0]
        return tuple(matrices.unbind(2)), ()

    def pullback(
        self, inputs: Tensors, saved: Tensors, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        gradient = _stack(gradients, dim=2)
        return (gradient.unsqueeze(-1) if self.is_column else gradient,)


class Product(Kernel):
    """Begin with a product state: vectors (m, b, dim_i) to a register (m, b, Π dim_i)."""

    def forward(self, *inputs: torch.Tensor) -> tuple[Tensors, Tensors]:
        halves: list[torch.Tensor] = []
        return (self._product(inputs, halves),), tuple(halves)

    def pullback(
        self, inputs: Tensors, saved: Tensors, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        assert gradients[0] is not None
        return self._spread(gradients[0], inputs, list(saved))

    def _product(self, vectors: Tensors, halves: list[torch.Tensor]) -> torch.Tensor:
        """Multiply two halves, because long rows are quick to write; append them to `halves`."""
        if len(vectors) == 1:
            return vectors[0]
        middle = len(vectors) // 2
        left, right = (self._product(some, halves) for some in (vectors[:middle], vectors[middle:]))
        halves += [left, right]
        return (left.unsqueeze(-1) * right.unsqueeze(-2)).flatten(-2)

    def _spread(
        self, gradient: torch.Tensor, vectors: Tensors, halves: list[torch.Tensor]
    ) -> list[torch.Tensor]:
        """Return the gradient of each vector; takes the halves off the end of `halves`."""
        if len(vectors) == 1:
            return [gradient]
        right, left = halves.pop(), halves.pop()
        table = gradient.reshape(*gradient.shape[:-1], left.shape[-1], right.shape[-1])
        to_right = _like((left.conj().unsqueeze(-2) @ table).squeeze(-2), right)
        to_left = _like((table @ right.conj().unsqueeze(-1)).squeeze(-1), left)
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

    def forward(self, *inputs: torch.Tensor) -> tuple[Tensors, Tensors]:
        register, matrix = inputs
        rows, matrices = self._factors(register, matrix)
        turned = rows @ (matrices if self.transposed else matrices.mT)
        m, b = lead(register, matrix)
        return (turned.reshape(m, b, register.shape[2]),), (rows, matrices)

    def pullback(
        self, inputs: Tensors, saved: Tensors, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        register, matrix = inputs
        rows, matrices = saved
        (gradient,) = gradients
        assert gradient is not None
        m, b, size = gradient.shape
        turned = gradient.reshape(rows.shape if matrices.ndim == 2 else (m, b, *rows.shape[2:]))
        from_register = from_matrix = None
        if needed[0]:
            back = turned @ (matrices.mH if self.transposed else matrices.conj())
            moved = back if size == matrix.shape[-1] else back.mT
            from_register = _like(moved.reshape(m, b, size), register)
        if needed[1]:
            product = rows.mH @ turned if self.transposed else turned.mT @ rows.conj()
            if matrices.ndim == 2 and product.ndim == 3:
                product = product.sum(0)
            from_matrix = _like(product, matrix) if matrices.ndim == 4 else product.reshape(matrix.shape)
        return from_register, from_matrix

    def _factors(self, register: torch.Tensor, matrix: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
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
            return register, matrix.squeeze(1)
        return register.reshape(m, b, dim, rest).mT, matrix


class Reorder(Kernel):
    """Bring the axes of a register into another order: (m, b, D) to (m, b, D)."""

    def __init__(self, dim: int, axes: Sequence[int]) -> None:
        self.dims = (dim,) * len(axes)
        self.axes = tuple(axes)
        self.back = tuple(sorted(range(len(axes)), key=self.axes.__getitem__))

    def forward(self, *inputs: torch.Tensor) -> tuple[Tensors, Tensors]:
        return (self._move(inputs[0], self.axes),), ()

    def pullback(
        self, inputs: Tensors, saved: Tensors, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        assert gradients[0] is not None
        return (self._move(gradients[0], self.back),)

    def _move(self, register: torch.Tensor, axes: Sequence[int]) -> torch.Tensor:
        m, b = register.shape[:2]
        return register.reshape(m, b, *self.dims).permute(0, 1, *(2 + axis for axis in axes)).flatten(2)


class Permute(Kernel):
    """Apply a constant matrix with one entry in each row and column: y_i = scale_i · x_index(i)."""

    def __init__(self, index: torch.Tensor, scale: torch.Tensor | None) -> None:
        self.index = index
        self.inverse = torch.argsort(index)
        self.scale = scale

    def forward(self, *inputs: torch.Tensor) -> tuple[Tensors, Tensors]:
        moved = inputs[0].index_select(-1, self.index)
        return (moved if self.scale is None else moved * self.scale,), ()

    def pullback(
        self, inputs: Tensors, saved: Tensors, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        (gradient,) = gradients
        assert gradient is not None
        if self.scale is not None:
            gradient = gradient * self.scale.conj()
        return (gradient.index_select(-1, self.inverse),)


class Constant(Kernel):
    """Apply a constant matrix (out, D), given with its transposed one: (m, b, D) to (m, b, out)."""

    def __init__(self, matrix: torch.Tensor, transposed: torch.Tensor) -> None:
        self.matrix = matrix
        self.transposed = transposed

    def forward(self, *inputs: torch.Tensor) -> tuple[Tensors, Tensors]:
        return (_rows_times(inputs[0], self.matrix, self.transposed),), ()

    def pullback(
        self, inputs: Tensors, saved: Tensors, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        assert gradients[0] is not None
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

    def forward(self, *inputs: torch.Tensor) -> tuple[Tensors, Tensors]:
        register, angles = inputs
        phases = angles.squeeze(2) @ self.slopes + self.offsets
        turns = torch.complex(torch.cos(phases), torch.sin(phases))
        turned = register * turns
        return (turned,), (turns, turned)

    def pullback(
        self, inputs: Tensors, saved: Tensors, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        register, angles = inputs
        turns, turned = saved
        (gradient,) = gradients
        assert gradient is not None
        from_register = _like(gradient * turns.conj(), register) if needed[0] else None
        from_angles = None
        if needed[1]:
            by_phase = (gradient * turned.conj()).imag
            from_angles = _like((by_phase @ self.slopes.mT).unsqueeze(2), angles)
        return from_register, from_angles


class Squares(Kernel):
    """Squares of the real and of the imaginary parts of amplitudes: complex (m, b, D) to real (m, b, 2 D)."""

    def forward(self, *inputs: torch.Tensor) -> tuple[Tensors, Tensors]:
        m, b, size = inputs[0].shape
        parts = torch.view_as_real(inputs[0]).reshape(m, b, 2 * size)
        return (parts * parts,), (parts,)

    def pullback(
        self, inputs: Tensors, saved: Tensors, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        assert gradients[0] is not None
        by_part = (saved[0] * gradients[0]).mul_(2)
        return (torch.view_as_complex(by_part.reshape(*inputs[0].shape, 2)),)


class Overlaps(Kernel):
    """Products ψ*(z) ψ(z ^ mask) of amplitudes (m, b, D) to (m, b, D)."""

    def __init__(self, other: torch.Tensor) -> None:
        self.other = other

    def forward(self, *inputs: torch.Tensor) -> tuple[Tensors, Tensors]:
        (state,) = inputs
        return (state.conj() * state.index_select(-1, self.other),), ()

    def pullback(
        self, inputs: Tensors, saved: Tensors, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        (state,), (gradient,) = inputs, gradients
        assert gradient is not None
        # The mask is its own inverse.
        by_first = gradient.conj() * state.index_select(-1, self.other)
        return (by_first + (gradient * state).index_select(-1, self.other),)


class Combine(Kernel):
    """Sum the real parts of products with constant matrices: each (m, b, D_i) to one (m, b, n_outputs).

    Parameters
    ----------
    matrices : sequence of (tensor, tensor)
        Each matrix (n_outputs, D_i), dense or sparse, with its transposed one.
    """

    def __init__(self, matrices: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> None:
        self.matrices = matrices

    def forward(self, *inputs: torch.Tensor) -> tuple[Tensors, Tensors]:
        first, *rest = (_rows_times(v, *pair).real for v, pair in zip(inputs, self.matrices, strict=True))
        for more in rest:
            first = first + more
        return (first,), ()

    def pullback(
        self, inputs: Tensors, saved: Tensors, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        (gradient,) = gradients
        assert gradient is not None
        # The gradient is real, so conjugating the result conjugates the matrix.
        return [_rows_times(gradient.to(t.dtype), t, m).conj() for m, t in self.matrices]


class Concatenate(Kernel):
    """Put outputs into one row: each (m, b, n_i) to (m, b, n_outputs), in an order."""

    def __init__(self, order: torch.Tensor) -> None:
        self.order = order
        self.inverse = torch.argsort(order)

    def forward(self, *inputs: torch.Tensor) -> tuple[Tensors, Tensors]:
        return (torch.cat(inputs, dim=-1).index_select(-1, self.order),), ()

    def pullback(
        self, inputs: Tensors, saved: Tensors, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        assert gradients[0] is not None
        parts = gradients[0].index_select(-1, self.inverse)
        return parts.split_with_sizes([some.shape[-1] for some in inputs], dim=-1)


class Contract(Kernel):
    """Expectation values: states (m, b, D) and observables (m, n_outputs, D) to (m, b, n_outputs)."""

    def forward(self, *inputs: torch.Tensor) -> tuple[Tensors, Tensors]:
        states, observables = inputs
        if states.shape[0] == observables.shape[0] == 1:
            return ((states[0] @ observables[0].mT).unsqueeze(0),), ()
        return (states @ observables.mT,), ()

    def pullback(
        self, inputs: Tensors, saved: Tensors, gradients: Gradients, needed: Sequence[bool]
    ) -> Gradients:
        states, observables = inputs
        (gradient,) = gradients
        assert gradient is not None
        from_states = _like(gradient @ observables, states) if needed[0] else None
        from_observables = _like(gradient.mT @ states, observables) if needed[1] else None
        return from_states, from_observables


def _real(tensor: torch.Tensor) -> torch.Tensor:
    return torch.view_as_real(tensor) if tensor.is_complex() else tensor


def _like(gradient: torch.Tensor, tensor: torch.Tensor) -> torch.Tensor:
    """Sum a gradient over the axes that the tensor has been broadcast along."""
    if gradient.shape == tensor.shape:
        return gradient
    wide = [axis for axis in range(tensor.ndim) if tensor.shape[axis] == 1 and gradient.shape[axis] > 1]
    return gradient.sum(wide, keepdim=True) if wide else gradient


def _stack(gradients: Gradients, dim: int) -> torch.Tensor:
    some = next(gradient for gradient in gradients if gradient is not None)
    return torch.stack([torch.zeros_like(some) if g is None else g for g in gradients], dim=dim)


def _kron(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """Return the Kronecker products (..., ab, ab) of (..., a, a) and (..., b, b)."""
    *lead, a, _ = left.shape
    b = right.shape[-1]
    product = left.reshape(*lead, a, 1, a, 1) * right.reshape(*lead, 1, b, 1, b)
    return product.reshape(*lead, a * b, a * b)


def _kron_pullback(
    gradient: torch.Tensor, left: torch.Tensor, right: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the conjugate gradients of both factors, from that of the product."""
    a, b = left.shape[-1], right.shape[-1]
    n = left.shape[:-2].numel()
    table = gradient.reshape(n, a, b, a, b).transpose(2, 3).reshape(n, a * a, b * b)
    from_left = torch.bmm(table, right.reshape(n, b * b, 1))
    from_right = torch.bmm(left.reshape(n, 1, a * a), table)
    return from_left.reshape(left.shape), from_right.reshape(right.shape)


def _rows_times(rows: torch.Tensor, matrix: torch.Tensor, transposed: torch.Tensor) -> torch.Tensor:
    if matrix.layout == torch.strided:
        return rows @ transposed
    flat = rows.reshape(-1, rows.shape[-1])
    return (matrix @ flat.mT.resolve_conj()).mT.reshape(*rows.shape[:-1], matrix.shape[0])
