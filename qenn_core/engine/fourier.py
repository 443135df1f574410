"""Gates as Fourier sums of their angles.

The matrix of nearly every parametrised gate is M(θ) = Σ_k A_k exp(i k·θ) with a few frequency vectors k of
small multiples of ½ (Schuld, Sweke & Meyer 2021, arXiv:2008.08605): so is its transfer matrix in the Pauli
basis, and any product with other gates. The coefficients are found here by evaluating the gate at a few
angles. So no gate is known by name, and all gates of a kind are computed by a cosine between two matrix
products.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Matrices = NDArray[np.complex128]
# Angles (points, n_angles) to matrices (points, d, c).
MatrixFunction = Callable[[Floats], Matrices]

# PennyLane's gates turn by θ/2 or θ, their powers by more.
_FREQUENCIES = (0.0, 0.5, 1.0, 1.5, 2.0)
_EXACT = 1e-11
# Larger tables cost more than the product of two smaller ones.
MAX_TERMS = 81


class NotFourierError(ValueError):
    """The matrix is not a Fourier sum of the frequencies known here."""


@dataclass(frozen=True)
class Table:
    """A matrix as a function of angles.

    Parameters
    ----------
    frequencies : array, shape (n_terms, n_angles)
        The vectors k.
    coefficients : complex array, shape (n_terms, d, c)
        The matrices A_k.
    """

    frequencies: Floats
    coefficients: Matrices

    @property
    def n_angles(self) -> int:
        """How many angles the matrix depends on."""
        return int(self.frequencies.shape[1])

    @cached_property
    def key(self) -> tuple[object, ...]:
        """Equal for tables that are the same function, up to rounding."""
        rounded = np.round(self.coefficients, 12) + 0
        return (self.frequencies.shape, rounded.shape, self.frequencies.tobytes(), rounded.tobytes())

    def pruned(self) -> Table:
        """Leave out what is zero but for rounding."""
        coefficients = np.where(np.abs(self.coefficients) < _EXACT, 0, self.coefficients)
        present = np.abs(coefficients).max(axis=(1, 2)) > 0
        present[0] |= not present.any()
        return Table(self.frequencies[present], coefficients[present])

    def spectrum(self, angle: int) -> tuple[float, ...]:
        """Return the positive frequencies of one angle, ascending."""
        return tuple(sorted({abs(float(f)) for f in self.frequencies[:, angle]} - {0.0}))

    def __call__(self, angles: Floats) -> Matrices:
        """Return the matrices (points, d, c) at `angles` (points, n_angles)."""
        return np.tensordot(np.exp(1j * angles @ self.frequencies.T), self.coefficients, axes=1)

    def map(self, linear: Callable[[Matrices], Matrices]) -> Table:
        """Apply a linear function to the matrix, for instance the product with a constant."""
        return Table(self.frequencies, linear(self.coefficients))

    def after(self, first: Table) -> Table:
        """Return the product self · first, whose angles are those of `first` and then those of self."""
        return self._combined(first, "gab,fbc->fgac")

    def kron(self, right: Table) -> Table:
        """Return the product self ⊗ right, whose angles are those of self and then those of `right`."""
        swapped = right._combined(self, "gcd,fab->fgacbd")
        rows = len(self.coefficients[0]) * len(right.coefficients[0])
        return swapped.map(lambda some: some.reshape(len(some), rows, -1))

    def _combined(self, first: Table, subscripts: str) -> Table:
        coefficients = np.einsum(subscripts, self.coefficients, first.coefficients)
        mine = np.tile(self.frequencies, (len(first.frequencies), 1))
        others = np.repeat(first.frequencies, len(self.frequencies), axis=0)
        return Table(np.hstack([others, mine]), coefficients.reshape(-1, *coefficients.shape[2:]))

    def waves(self) -> tuple[Floats, Floats, Matrices]:
        """Return the table as a sum of C_f cos(k_f·θ - φ_f).

        Returns
        -------
        frequencies : array, shape (n_angles, n_waves)
            The vectors k_f.
        phases : array, shape (n_waves,)
            0 or π/2.
        coefficients : complex array, shape (n_waves, d, c)
            The matrices C_f: real ones if the table's matrix is real.
        """
        pairs: dict[tuple[float, ...], Matrices] = {}
        for k, matrix in zip(self.frequencies, self.coefficients, strict=True):
            # exp(±i k·θ) share a cosine and a sine.
            sign = next((np.sign(f) for f in k if f), 1.0)
            cosine, sine = pairs.setdefault(
                tuple(sign * k + 0.0), np.zeros((2, *matrix.shape), dtype=complex)
            )
            cosine += matrix
            sine += 1j * sign * matrix * k.any()
        waves = [
            (k, phase, matrix)
            for k, both in pairs.items()
            for phase, matrix in zip((0.0, np.pi / 2), both, strict=True)
            if np.abs(matrix).max() > _EXACT
        ]
        frequencies, phases, matrices = zip(*waves, strict=True)
        return np.array(frequencies).T, np.array(phases), np.stack(matrices)


def constant(matrix: Matrices) -> Table:
    """Return a table without angles."""
    return Table(np.zeros((1, 0)), np.asarray(matrix, dtype=complex)[None])


def fit(matrix: MatrixFunction, n_angles: int) -> Table:
    """Find the table of a matrix function.

    Raises
    ------
    NotFourierError
        If there is none.
    """
    draw = np.random.default_rng(0)
    axes = [_frequencies_along(matrix, n_angles, angle, draw) for angle in range(n_angles)]
    frequencies = np.array(list(product(*axes)))
    points = draw.uniform(0, 4 * np.pi, (2 * len(frequencies) + 4, n_angles))
    return Table(frequencies, _solve(frequencies, points, matrix(points))).pruned()


def _frequencies_along(
    matrix: MatrixFunction, n_angles: int, angle: int, draw: np.random.Generator
) -> list[float]:
    """Find the frequencies of one angle on two lines along which the others are constant."""
    candidates = np.array([sign * f for f in _FREQUENCIES for sign in ((1, -1) if f else (1,))])
    found = {0.0}
    for _ in range(2):
        line = np.tile(draw.uniform(0, 4 * np.pi, n_angles), (2 * len(candidates), 1))
        line[:, angle] = 4 * np.pi * (np.arange(len(line)) + 0.5) / len(line)
        size = np.abs(_solve(candidates[:, None], line[:, [angle]], matrix(line))).max(axis=(1, 2))
        found |= {float(f) for f, s in zip(candidates, size, strict=True) if s > _EXACT}
    return sorted(found)


def _solve(frequencies: Floats, points: Floats, values: Matrices) -> Matrices:
    waves = np.exp(1j * points @ frequencies.T)
    flat = values.reshape(len(values), -1)
    solution = np.linalg.lstsq(waves, flat, rcond=None)[0]
    if not np.allclose(waves @ solution, flat, rtol=0, atol=_EXACT):
        raise NotFourierError
    return np.asarray(solution, dtype=np.complex128).reshape(-1, *values.shape[1:])
