"""Gates as Fourier series of their angles.

The matrix of nearly every parametrised gate is M(θ) = Σ_k A_k exp(i k·θ), with a few frequency vectors k
whose entries are small multiples of ½ (Schuld, Sweke & Meyer 2021, arXiv:2008.08605). The same holds for its
transfer matrix in the Pauli basis, and for any product with other gates. The coefficients are found by
evaluating the gate at a few angles. So the engine needs no list of known gates, and computes all gates with
the same series by a cosine between two matrix products.
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
# Takes angles (points, n_angles) to matrices (points, d, c).
MatrixFunction = Callable[[Floats], Matrices]

# PennyLane's gates have the frequencies ½ and 1, their powers higher ones.
_FREQUENCIES = (0.0, 0.5, 1.0, 1.5, 2.0)
_TOLERANCE = 1e-11
# A series with more terms costs more than the product of two smaller ones.
MAX_TERMS = 81


class NotFourierError(ValueError):
    """The matrix is not a Fourier series with the supported frequencies."""


@dataclass(frozen=True)
class FourierSeries:
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
        """Number of angles that the matrix depends on."""
        return int(self.frequencies.shape[1])

    @cached_property
    def key(self) -> tuple[object, ...]:
        """A key that is equal for series of the same function, up to rounding."""
        rounded = np.round(self.coefficients, 12) + 0
        return (self.frequencies.shape, rounded.shape, self.frequencies.tobytes(), rounded.tobytes())

    def pruned(self) -> FourierSeries:
        """Return the series without terms that are zero up to rounding."""
        coefficients = np.where(np.abs(self.coefficients) < _TOLERANCE, 0, self.coefficients)
        nonzero = np.abs(coefficients).max(axis=(1, 2)) > 0
        nonzero[0] |= not nonzero.any()
        return FourierSeries(self.frequencies[nonzero], coefficients[nonzero])

    def spectrum(self, angle: int) -> tuple[float, ...]:
        """Return the positive frequencies of one angle, in ascending order."""
        return tuple(sorted({abs(float(f)) for f in self.frequencies[:, angle]} - {0.0}))

    def __call__(self, angles: Floats) -> Matrices:
        """Return the matrices (points, d, c) at `angles` (points, n_angles)."""
        return np.tensordot(np.exp(1j * angles @ self.frequencies.T), self.coefficients, axes=1)

    def map(self, linear: Callable[[Matrices], Matrices]) -> FourierSeries:
        """Apply a linear function to the matrix, for instance the product with a constant."""
        return FourierSeries(self.frequencies, linear(self.coefficients))

    def after(self, first: FourierSeries) -> FourierSeries:
        """Return the product self · first, whose angles are those of `first` followed by those of self."""
        return self._multiply(first, "gab,fbc->fgac")

    def kron(self, right: FourierSeries) -> FourierSeries:
        """Return the product self ⊗ right, whose angles are those of self followed by those of `right`."""
        product = right._multiply(self, "gcd,fab->fgacbd")
        n_rows = len(self.coefficients[0]) * len(right.coefficients[0])
        return product.map(lambda coefficients: coefficients.reshape(len(coefficients), n_rows, -1))

    def _multiply(self, first: FourierSeries, subscripts: str) -> FourierSeries:
        coefficients = np.einsum(subscripts, self.coefficients, first.coefficients)
        own_frequencies = np.tile(self.frequencies, (len(first.frequencies), 1))
        first_frequencies = np.repeat(first.frequencies, len(self.frequencies), axis=0)
        return FourierSeries(
            np.hstack([first_frequencies, own_frequencies]),
            coefficients.reshape(-1, *coefficients.shape[2:]),
        )

    def cosines(self) -> tuple[Floats, Floats, Matrices]:
        """Return the series as a sum of C_f cos(k_f·θ - φ_f).

        Returns
        -------
        frequencies : array, shape (n_angles, n_cosines)
            The vectors k_f.
        phases : array, shape (n_cosines,)
            The phases φ_f, each 0 or π/2.
        coefficients : complex array, shape (n_cosines, d, c)
            The matrices C_f, which are real if the matrix of the series is real.
        """
        pairs: dict[tuple[float, ...], Matrices] = {}
        for k, matrix in zip(self.frequencies, self.coefficients, strict=True):
            # The terms of k and -k share a cosine and a sine.
            sign = next((np.sign(f) for f in k if f), 1.0)
            cosine, sine = pairs.setdefault(
                tuple(sign * k + 0.0), np.zeros((2, *matrix.shape), dtype=complex)
            )
            cosine += matrix
            sine += 1j * sign * matrix * k.any()
        terms = [
            (k, phase, matrix)
            for k, cosine_and_sine in pairs.items()
            for phase, matrix in zip((0.0, np.pi / 2), cosine_and_sine, strict=True)
            if np.abs(matrix).max() > _TOLERANCE
        ]
        frequencies, phases, matrices = zip(*terms, strict=True)
        return np.array(frequencies).T, np.array(phases), np.stack(matrices)


def constant_series(matrix: Matrices) -> FourierSeries:
    """Return the series of a constant matrix, which has no angles."""
    return FourierSeries(np.zeros((1, 0)), np.asarray(matrix, dtype=complex)[None])


def fit(matrix: MatrixFunction, n_angles: int) -> FourierSeries:
    """Find the Fourier series of a matrix function.

    Raises
    ------
    NotFourierError
        If there is none.
    """
    rng = np.random.default_rng(0)
    axes = [_frequencies_of_angle(matrix, n_angles, angle, rng) for angle in range(n_angles)]
    frequencies = np.array(list(product(*axes)))
    points = rng.uniform(0, 4 * np.pi, (2 * len(frequencies) + 4, n_angles))
    return FourierSeries(frequencies, _solve(frequencies, points, matrix(points))).pruned()


def _frequencies_of_angle(
    matrix: MatrixFunction, n_angles: int, angle: int, rng: np.random.Generator
) -> list[float]:
    """Find the frequencies of one angle on two lines along which the others are constant."""
    candidates = np.array([sign * f for f in _FREQUENCIES for sign in ((1, -1) if f else (1,))])
    found = {0.0}
    for _ in range(2):
        line = np.tile(rng.uniform(0, 4 * np.pi, n_angles), (2 * len(candidates), 1))
        line[:, angle] = 4 * np.pi * (np.arange(len(line)) + 0.5) / len(line)
        sizes = np.abs(_solve(candidates[:, None], line[:, [angle]], matrix(line))).max(axis=(1, 2))
        found |= {float(f) for f, size in zip(candidates, sizes, strict=True) if size > _TOLERANCE}
    return sorted(found)


def _solve(frequencies: Floats, points: Floats, values: Matrices) -> Matrices:
    """Return the coefficients (n_terms, d, c) of the series with these values at these points."""
    exponentials = np.exp(1j * points @ frequencies.T)
    flat = values.reshape(len(values), -1)
    solution = np.linalg.lstsq(exponentials, flat, rcond=None)[0]
    if not np.allclose(exponentials @ solution, flat, rtol=0, atol=_TOLERANCE):
        raise NotFourierError
    return np.asarray(solution, dtype=np.complex128).reshape(-1, *values.shape[1:])
