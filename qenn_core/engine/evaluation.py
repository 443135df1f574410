"""Two ways to evaluate a circuit: exactly, and from finite shots with exact gradients."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch

from qenn_core.engine.compiled import Compiled, Encoded
from qenn_core.engine.measured import n_outputs
from qenn_core.engine.sampling import Sampling, Streams
from qenn_core.engine.trace import Trace


class Evaluation(ABC):
    """Takes rows and weights to what is measured.

    Parameters
    ----------
    trace : Trace
        The circuit.
    n_weights, n_inputs : int
        Entries of all weights of a model, and of a row of inputs.

    Attributes
    ----------
    executions : int
        How many circuits a quantum computer would have run so far; 0 where none would give such results.
    """

    def __init__(self, trace: Trace, n_weights: int, n_inputs: int) -> None:
        self.trace = trace
        self.executions = 0

    @abstractmethod
    def evaluate(
        self, rows: torch.Tensor | Encoded, weights: Sequence[torch.Tensor], streams: Streams
    ) -> torch.Tensor:
        """Return what is measured.

        Parameters
        ----------
        rows : tensor, shape (n_models or 1, batch, n_inputs), or Encoded with these dimensions
            The data.
        weights : sequence of tensor, shapes (n_models, ...)
            All weights.
        streams : sequence of numpy.random.Generator
            What outcomes are drawn from, one a model.

        Returns
        -------
        tensor, shape (n_models or 1, batch or 1, n_outputs)
        """

    @abstractmethod
    def encode(self, inputs: torch.Tensor) -> Encoded:
        """Compute what depends on inputs (..., n_inputs) alone."""


class Exact(Evaluation):
    """Expectation values and probabilities as they are."""

    def __init__(self, trace: Trace, n_weights: int, n_inputs: int) -> None:
        super().__init__(trace, n_weights, n_inputs)
        self._compiled = Compiled(trace, trace.measurements, n_weights, n_inputs)

    def evaluate(
        self, rows: torch.Tensor | Encoded, weights: Sequence[torch.Tensor], streams: Streams
    ) -> torch.Tensor:
        """Return what is measured."""
        return self._compiled.evaluate(rows, weights)

    def encode(self, inputs: torch.Tensor) -> Encoded:
        """Compute what depends on inputs alone."""
        return self._compiled.encode(inputs)


class Sampled(Evaluation):
    """Estimates from shots, with the gradients of what they estimate (a straight-through estimator).

    A shot has no derivative; so training sees the noise of finite shots in its loss, not in the direction
    of its steps.
    """

    def __init__(self, trace: Trace, n_weights: int, n_inputs: int) -> None:
        super().__init__(trace, n_weights, n_inputs)
        self._sampling = Sampling(trace.measurements, trace.n_wires)
        measurements = (*trace.measurements, *self._sampling.outcomes)
        self._compiled = Compiled(trace, measurements, n_weights, n_inputs)
        self._n_outputs = n_outputs(trace.measurements)

    def evaluate(
        self, rows: torch.Tensor | Encoded, weights: Sequence[torch.Tensor], streams: Streams
    ) -> torch.Tensor:
        """Return what is measured."""
        assert self.trace.shots is not None
        n_rows = (rows.inputs if isinstance(rows, Encoded) else rows).shape[1]
        results = self._compiled.evaluate(rows, weights).expand(len(streams), n_rows, -1)
        exact, chances = results[..., : self._n_outputs], results[..., self._n_outputs :]
        estimate = self._sampling.estimate(chances, self.trace.shots, streams)
        self.executions += len(streams) * n_rows * self._sampling.n_circuits
        return exact + (estimate - exact.detach())

    def encode(self, inputs: torch.Tensor) -> Encoded:
        """Compute what depends on inputs alone."""
        return self._compiled.encode(inputs)
