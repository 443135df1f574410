"""Finite shots: results estimated from joint outcomes of all wires, as on a device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from qenn_core.engine.measured import Expectation, Measurement, Probabilities, n_outputs
from qenn_core.engine.register import digits

Streams = Sequence[np.random.Generator]


@dataclass(frozen=True)
class Sampling:
    """How measurements are read from outcomes.

    Pauli words that differ on no wire are read from the same outcomes; each further group is measured in
    circuits of its own, with as many shots.

    Parameters
    ----------
    measurements : tuple of Measurement
        What is wanted.
    n_wires : int
        Wires of the circuit.
    """

    measurements: tuple[Measurement, ...]
    n_wires: int

    @cached_property
    def _readings(self) -> list[tuple[str, list[tuple[int, str, float]]]]:
        """For each group the basis, and what is read in it: output, word, coefficient."""
        groups: list[tuple[str, list[tuple[int, str, float]]]] = []
        first = 0
        for one in self.measurements:
            if isinstance(one, Expectation):
                wanted = [(first, word, coefficient) for word, coefficient in one.words]
            else:
                wanted = [(first, "".join("Z" if w in one.wires else "I" for w in range(self.n_wires)), 1.0)]
            for output, word, coefficient in wanted:
                for number, (basis, readings) in enumerate(groups):
                    joined = _joined(basis, word)
                    if joined is not None:
                        groups[number] = joined, [*readings, (output, word, coefficient)]
                        break
                else:
                    groups.append((word, [(output, word, coefficient)]))
            first += one.n_outputs
        return groups

    @property
    def n_circuits(self) -> int:
        """How many different circuits are run for one row."""
        return len(self._readings)

    @cached_property
    def outcomes(self) -> tuple[Probabilities, ...]:
        """The joint outcomes to draw, one measurement a group."""
        wires = tuple(range(self.n_wires))
        return tuple(Probabilities(wires, basis.replace("I", "Z")) for basis, _ in self._readings)

    @cached_property
    def _values(self) -> list[NDArray[np.float64]]:
        """For each group what an outcome adds to each output, (2**n_wires, n_outputs)."""
        by_output: dict[int, Measurement] = {}
        first = 0
        for one in self.measurements:
            by_output[first] = one
            first += one.n_outputs
        places = np.arange(2**self.n_wires)
        tables = []
        for _, readings in self._readings:
            table = np.zeros((len(places), first))
            for output, word, coefficient in readings:
                one = by_output[output]
                if isinstance(one, Probabilities):
                    table[places, output + digits(one.wires, self.n_wires, 2)] = 1
                else:
                    mask = int("".join("0" if letter == "I" else "1" for letter in word) or "0", 2)
                    table[:, output] += coefficient * (1.0 - 2.0 * (np.bitwise_count(places & mask) % 2))
            tables.append(table)
        return tables

    def estimate(self, chances: torch.Tensor, shots: int, streams: Streams) -> torch.Tensor:
        """Return estimates of the measurements from random outcomes.

        Parameters
        ----------
        chances : tensor, shape (n_models, batch, n_circuits * 2**n_wires)
            Of the outcomes, group by group. A row that is not finite, as weights that have run away give
            it, has no outcomes: its results are not a number.
        shots : int
            Outcomes per row and group.
        streams : sequence of numpy.random.Generator
            One a model.

        Returns
        -------
        tensor, shape (n_models, batch, n_outputs)
        """
        results = np.zeros((*chances.shape[:2], n_outputs(self.measurements)))
        numbers = chances.detach().to("cpu", torch.float64).numpy()
        for model, stream in enumerate(streams):
            groups = np.split(numbers[model], self.n_circuits, axis=-1)
            for group, values in zip(groups, self._values, strict=True):
                results[model] += frequencies(group, shots, stream) @ values
        return torch.from_numpy(results).to(chances)


def frequencies(chances: NDArray[np.float64], shots: int, stream: np.random.Generator) -> NDArray[np.float64]:
    """Draw outcomes (rows, n_outcomes) with these chances; return the share of the shots that each got."""
    shares = np.full(chances.shape, np.nan)
    finite = np.isfinite(chances).all(axis=1)
    # Rounding leaves chances a hair below zero, and sums a hair off one.
    positive = chances[finite].clip(min=0)
    # One draw of the counts of all outcomes costs the same for ten shots and for a hundred thousand.
    shares[finite] = stream.multinomial(shots, positive / positive.sum(axis=1, keepdims=True)) / shots
    return shares


def _joined(basis: str, word: str) -> str | None:
    """Return the basis in which both are measured, or ``None`` if they differ on a wire."""
    letters = []
    for one, other in zip(basis, word, strict=True):
        if "I" not in (one, other) and one != other:
            return None
        letters.append(other if one == "I" else one)
    return "".join(letters)
