"""Finite shots: results estimated from joint outcomes of all wires, as on a quantum computer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from qenn_core.engine.measurements import Expectation, LinearMeasurement, Probabilities, n_outputs
from qenn_core.engine.register import digits

Streams = Sequence[np.random.Generator]


class _Observable(NamedTuple):
    """A Pauli word that is estimated in a group: its output, its letters and its coefficient."""

    output: int
    word: str
    coefficient: float


@dataclass(frozen=True)
class Sampling:
    """The estimation of measurements from random outcomes.

    Pauli words that have the same letter on each wire where both have one are estimated from the same
    outcomes. Each group of such words is measured by a circuit of its own, with the same number of shots.

    Parameters
    ----------
    measurements : tuple of LinearMeasurement
        The measurements to estimate.
    n_wires : int
        Wires of the circuit.
    """

    measurements: tuple[LinearMeasurement, ...]
    n_wires: int

    @cached_property
    def _groups(self) -> list[tuple[str, list[_Observable]]]:
        """For each group, the basis and the observables estimated in it."""
        groups: list[tuple[str, list[_Observable]]] = []
        first = 0
        for measurement in self.measurements:
            if isinstance(measurement, Expectation):
                observables = [_Observable(first, word, c) for word, c in measurement.words]
            else:
                letters = dict(zip(measurement.wires, measurement.basis, strict=True))
                word = "".join(letters.get(wire, "I") for wire in range(self.n_wires))
                observables = [_Observable(first, word, 1.0)]
            for observable in observables:
                for number, (basis, members) in enumerate(groups):
                    common = _common_basis(basis, observable.word)
                    if common is not None:
                        groups[number] = common, [*members, observable]
                        break
                else:
                    groups.append((observable.word, [observable]))
            first += measurement.n_outputs
        return groups

    @property
    def n_circuits(self) -> int:
        """Number of different circuits that are run for one row."""
        return len(self._groups)

    @cached_property
    def outcomes(self) -> tuple[Probabilities, ...]:
        """The joint outcomes to draw, one measurement per group."""
        wires = tuple(range(self.n_wires))
        return tuple(Probabilities(wires, basis.replace("I", "Z")) for basis, _ in self._groups)

    @cached_property
    def _contributions(self) -> list[NDArray[np.float64]]:
        """For each group, the contribution of each outcome to each output, (2**n_wires, n_outputs)."""
        by_output: dict[int, LinearMeasurement] = {}
        first = 0
        for measurement in self.measurements:
            by_output[first] = measurement
            first += measurement.n_outputs
        outcomes = np.arange(2**self.n_wires)
        contributions = []
        for _, observables in self._groups:
            values = np.zeros((len(outcomes), first))
            for output, word, coefficient in observables:
                measurement = by_output[output]
                if isinstance(measurement, Probabilities):
                    values[outcomes, output + digits(measurement.wires, self.n_wires, 2)] = 1
                else:
                    mask = int("".join("0" if letter == "I" else "1" for letter in word) or "0", 2)
                    parity = np.bitwise_count(outcomes & mask) % 2
                    values[:, output] += coefficient * (1.0 - 2.0 * parity)
            contributions.append(values)
        return contributions

    def estimate(self, probabilities: torch.Tensor, shots: int, streams: Streams) -> torch.Tensor:
        """Return estimates of the measurements from random outcomes.

        Parameters
        ----------
        probabilities : tensor, shape (n_models, batch, n_circuits * 2**n_wires)
            The probabilities of the outcomes, group by group. A row that is not finite, as diverged weights
            give it, has no outcomes: its results are NaN.
        shots : int
            Outcomes per row and group.
        streams : sequence of numpy.random.Generator
            One per model.

        Returns
        -------
        tensor, shape (n_models, batch, n_outputs)
        """
        results = np.zeros((*probabilities.shape[:2], n_outputs(self.measurements)))
        array = probabilities.detach().to("cpu", torch.float64).numpy()
        for model, stream in enumerate(streams):
            groups = np.split(array[model], self.n_circuits, axis=-1)
            for group, contributions in zip(groups, self._contributions, strict=True):
                results[model] += frequencies(group, shots, stream) @ contributions
        return torch.from_numpy(results).to(probabilities)


def frequencies(
    probabilities: NDArray[np.float64], shots: int, stream: np.random.Generator
) -> NDArray[np.float64]:
    """Draw outcomes with probabilities (rows, n_outcomes), and return the relative frequency of each."""
    result = np.full(probabilities.shape, np.nan)
    finite = np.isfinite(probabilities).all(axis=1)
    # Rounding may leave probabilities slightly below zero, and sums slightly off one.
    weights = probabilities[finite].clip(min=0)
    # Drawing the counts of all outcomes at once costs the same for ten shots and for a hundred thousand.
    result[finite] = stream.multinomial(shots, weights / weights.sum(axis=1, keepdims=True)) / shots
    return result


def _common_basis(basis: str, word: str) -> str | None:
    """Return the basis in which both are measured, or ``None`` if they differ on a wire."""
    letters = []
    for first, second in zip(basis, word, strict=True):
        if "I" not in (first, second) and first != second:
            return None
        letters.append(second if first == "I" else first)
    return "".join(letters)
