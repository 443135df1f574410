"""Gates as trigonometric polynomials of their angles.

The matrix of nearly every parametrised gate is Σ_f C_f Π_j b_f,j(θ_j), where each b is 1 or the cosine or sine
of a multiple of θ/2: so is its transfer matrix in the Pauli basis, and any product with other gates. The
coefficients are found here by evaluating the gate at a few angles. So no gate is known by name, and all gates
of one kind are computed in one matrix product.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from math import prod

import numpy as np
from numpy.typing import NDArray

Matrices = NDArray[np.complex128]
# Angles (points, n_angles) to matrices (points, d, d).
MatrixFunction = Callable[[NDArray[np.float64]], Matrices]

# PennyLane's gates turn by θ/2, θ, and at most 2θ after products such as those of a transfer matrix.
_FREQUENCIES = (0.0, 0.5, 1.0, 1.5, 2.0)
_EXACT = 1e-11
# Larger tables cost more than a product of two smaller ones.
MAX_TERMS = 81


class NotTrigonometricError(ValueError):
    """The matrix is not a trigonometric polynomial of the frequencies known here."""


@dataclass(frozen=True)
class Table:
    """A matrix as a function of angles.

    Parameters
    ----------
    harmonics : tuple of tuple of (float, float)
        For each angle the functions cos(frequency · θ - phase), in order. Each angle has all functions that
        the derivative of one of them needs.
    coefficients : complex array, shape (n_terms, d, d)
        One matrix for each product of one function an angle, the last angle's function varying fastest.
    """

    harmonics: tuple[tuple[tuple[float, float], ...], ...]
    coefficients: Matrices

    @property
    def n_angles(self) -> int:
        """How many angles the matrix depends on."""
        return len(self.harmonics)

    @property
    def dim(self) -> int:
        """Rows of the matrix."""
        return int(self.coefficients.shape[-1])

    @cached_property
    def key(self) -> tuple[object, ...]:
        """Equal for tables that are the same function, up to rounding."""
        rounded = np.round(self.coefficients, 12) + 0
        return (self.harmonics, rounded.shape, rounded.tobytes())

    def __call__(self, angles: NDArray[np.float64]) -> Matrices:
        """Return the matrices (points, d, d) at `angles` (points, n_angles)."""
        return np.tensordot(_terms(self.harmonics, angles), self.coefficients, axes=1)

    def spread(self) -> tuple[tuple[tuple[float, float], ...], Matrices, Matrices]:
        """Return functions that serve all angles alike, with the coefficients and derivatives for them."""
        functions = tuple(sorted(set().union(*self.harmonics)))
        grid = [[functions.index(one) for one in some] for some in self.harmonics]
        place = np.ravel_multi_index(np.ix_(*grid), [len(functions)] * self.n_angles).ravel()
        n_terms = len(functions) ** self.n_angles
        coefficients = np.zeros((n_terms, *self.coefficients.shape[1:]), dtype=complex)
        derivatives = np.zeros((n_terms, *self.derivatives.shape[1:]), dtype=complex)
        coefficients[place], derivatives[place] = self.coefficients, self.derivatives
        return functions, coefficients, derivatives

    def map(self, linear: Callable[[Matrices], Matrices]) -> Table:
        """Apply a linear function to the matrix, for instance the product with a constant."""
        return Table(self.harmonics, linear(self.coefficients))

    def after(self, first: Table) -> Table:
        """Return the product self · first, whose angles are those of `first` and then those of self."""
        coefficients = np.einsum("gab,fbc->fgac", self.coefficients, first.coefficients)
        return Table(first.harmonics + self.harmonics, coefficients.reshape(-1, *coefficients.shape[2:]))

    @cached_property
    def derivatives(self) -> Matrices:
        """Coefficients of the derivatives, shape (n_terms, n_angles, d, d)."""
        sizes = [len(some) for some in self.harmonics]
        columns = []
        for angle, functions in enumerate(self.harmonics):
            # d/dθ cos(fθ - p) = -f sin(fθ - p) = f cos(fθ - p + π/2), which is ± another function of the angle.
            slope = np.zeros((len(functions), len(functions)))
            for i, (frequency, phase) in enumerate(functions):
                if frequency:
                    partner = functions.index((frequency, 0.0 if phase else np.pi / 2))
                    slope[i, partner] = frequency if phase else -frequency
            before, after = np.eye(prod(sizes[:angle])), np.eye(prod(sizes[angle + 1 :]))
            columns.append(np.tensordot(np.kron(np.kron(before, slope.T), after), self.coefficients, axes=1))
        return np.stack(columns, axis=1)


def constant(matrix: Matrices) -> Table:
    """Return a table without angles."""
    return Table((), np.asarray(matrix, dtype=complex)[None])


def fit(matrix: MatrixFunction, n_angles: int) -> Table:
    """Find the table of a matrix function.

    Raises
    ------
    NotTrigonometricError
        If there is none.
    """
    draw = np.random.default_rng(0)
    harmonics = tuple(_harmonics(matrix, n_angles, angle, draw) for angle in range(n_angles))
    n_terms = prod(map(len, harmonics))
    points = draw.uniform(0, 4 * np.pi, (2 * n_terms + 4, n_angles))
    coefficients = _solve(_terms(harmonics, points), matrix(points))
    return Table(harmonics, coefficients)


def _harmonics(
    matrix: MatrixFunction, n_angles: int, angle: int, draw: np.random.Generator
) -> tuple[tuple[float, float], ...]:
    """Find the functions of one angle along two lines on which the others are constant."""
    candidates = tuple(
        (frequency, phase) for frequency in _FREQUENCIES for phase in ((0.0, np.pi / 2) if frequency else (0.0,))
    )
    found = set()
    for _ in range(2):
        line = np.tile(draw.uniform(0, 4 * np.pi, n_angles), (2 * len(candidates), 1))
        line[:, angle] = 4 * np.pi * (np.arange(len(line)) + 0.5) / len(line)
        size = np.abs(_solve(_terms((candidates,), line[:, [angle]]), matrix(line))).max(axis=(1, 2))
        found |= {frequency for (frequency, _), s in zip(candidates, size, strict=True) if s > _EXACT}
    return tuple(candidate for candidate in candidates if candidate[0] in (found or {0.0}))


def _terms(harmonics: Sequence[Sequence[tuple[float, float]]], angles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the products of functions (points, n_terms)."""
    factors = [
        np.stack([np.cos(f * angles[:, j] - p) for f, p in functions], axis=1)
        for j, functions in enumerate(harmonics)
    ]
    ones = np.ones((len(angles), 1))
    return reduce(lambda a, b: (a[:, :, None] * b[:, None, :]).reshape(len(a), -1), factors, ones)


def _solve(terms: NDArray[np.float64], values: Matrices) -> Matrices:
    flat = values.reshape(len(values), -1)
    solution = np.linalg.lstsq(terms.astype(complex), flat, rcond=None)[0]
    if not np.allclose(terms @ solution, flat, rtol=0, atol=_EXACT):
        raise NotTrigonometricError
    solution[np.abs(solution) < _EXACT] = 0
    return solution.reshape(-1, *values.shape[1:])
