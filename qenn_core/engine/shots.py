"""Finite shots: expectation values estimated from a number of measurements, as on a device."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray


class SampledLayer(torch.nn.Module):
    """Replace exact expectations of Z by the means of sampled measurements.

    All qubits are measured at once in every shot, so outcomes of entangled qubits agree as they should.
    The backward pass has the gradient of the exact expectations (a straight-through estimator): a shot
    has no derivative, and the parameter-shift rule of a device would cost two circuits a weight. So
    training sees the noise of finite shots in its loss, not in the direction of its steps.

    In training mode each call draws new shots from one seeded stream. In evaluation mode each call starts
    the same stream anew: predictions repeat, and looking at them does not change the training.

    Parameters
    ----------
    exact : torch.nn.Module
        Takes inputs to ``(batch, n_qubits + 2**n_qubits)``: the expectations of Z on each wire, then the
        probabilities of the basis states, wire 0 most significant.
    n_qubits : int
        Number of wires.
    shots : int
        Measurements per row, at least 1.
    seed : int
        Seed of the measurements.
    """

    def __init__(self, exact: torch.nn.Module, *, n_qubits: int, shots: int, seed: int) -> None:
        super().__init__()
        self.exact = exact
        self.n_qubits = n_qubits
        self.shots = shots
        self.seed = seed
        self._training_stream = self._stream()

    def _stream(self) -> np.random.Generator:
        return np.random.default_rng((self.seed, int(self.training)))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the mean of Z over the shots, ``(batch, n_qubits)``."""
        results: torch.Tensor = self.exact(inputs)
        expectations, probabilities = results[:, : self.n_qubits], results[:, self.n_qubits :]
        stream = self._training_stream if self.training else self._stream()
        means = sample_means(probabilities.detach().numpy(), self.shots, stream)
        noise = torch.from_numpy(means) - expectations.detach()
        return expectations + noise


def sample_means(
    probabilities: NDArray[np.float64], shots: int, stream: np.random.Generator
) -> NDArray[np.float64]:
    """Measure all qubits `shots` times and average Z, the value +1 for |0⟩ and -1 for |1⟩.

    Parameters
    ----------
    probabilities : array, shape (batch, 2**n_qubits)
        Of the basis states, wire 0 most significant. A row that is not finite, as weights that have run
        away give it, has no outcomes: its means are not a number.
    shots : int
        Measurements per row.
    stream : numpy.random.Generator
        Where the outcomes are drawn from.

    Returns
    -------
    array, shape (batch, n_qubits)
    """
    n_states = probabilities.shape[1]
    n_qubits = n_states.bit_length() - 1
    signs = 1 - 2 * (np.arange(n_states)[:, None] >> np.arange(n_qubits)[::-1] & 1)
    means = np.full((len(probabilities), n_qubits), np.nan)
    finite = np.isfinite(probabilities).all(axis=1)
    # Rounding leaves probabilities a hair below zero, and sums a hair off one.
    chances = probabilities[finite].clip(min=0)
    # One draw of the counts of all outcomes costs the same for ten shots and for a hundred thousand.
    counts = stream.multinomial(shots, chances / chances.sum(axis=1, keepdims=True))
    means[finite] = counts @ signs / shots
    return means
