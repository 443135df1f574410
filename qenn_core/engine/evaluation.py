"""The ways to evaluate a circuit: exactly, from finite shots with exact gradients, or with PennyLane.

A further one, `qenn_core.engine.shift.Shifted`, takes gradients from circuits with shifted angles.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from math import isqrt, prod

import torch

from qenn_core.engine.compiled import CompiledCircuit, Encoded
from qenn_core.engine.measurements import (
    Amplitudes,
    DensityMatrix,
    Expectation,
    LinearMeasurement,
    Variance,
    all_parts,
    combine,
    n_outputs,
)
from qenn_core.engine.native.arrays import NativeCircuit
from qenn_core.engine.sampling import Sampling, Streams
from qenn_core.engine.trace import Trace
from qenn_core.engine.unsupported import UnsupportedError


class Evaluation(ABC):
    """Computes the results of a layer from rows and weights.

    Attributes
    ----------
    executions : int
        Number of circuits that a quantum computer would have run so far; 0 where it could not give such
        results.
    """

    def __init__(self) -> None:
        self.executions = 0

    @abstractmethod
    def evaluate(self, rows: Encoded, weights: Sequence[torch.Tensor], streams: Streams) -> torch.Tensor:
        """Return what ``TorchLayer`` returns, with a leading axis if there are several models.

        Parameters
        ----------
        rows : Encoded
            The data, with the leading dimensions that the layer was called with.
        weights : sequence of tensor, shapes (n_models, ...)
            All weights.
        streams : sequence of numpy.random.Generator
            Random number generators for the shots, one per model.
        """

    @abstractmethod
    def encode(self, inputs: torch.Tensor) -> Encoded:
        """Compute what depends only on inputs (..., n_inputs)."""


class PennyLaneEvaluation(Evaluation):
    """Evaluation by PennyLane, of a circuit that the engine does not compile.

    Parameters
    ----------
    reason : str
        Why PennyLane evaluates the circuit, as a sentence.
    run : callable
        Computes results from inputs and weights (n_models, ...) with PennyLane.
    """

    def __init__(
        self, reason: str, run: Callable[[torch.Tensor, Sequence[torch.Tensor]], torch.Tensor]
    ) -> None:
        super().__init__()
        self.reason = reason
        self._run = run

    def evaluate(self, rows: Encoded, weights: Sequence[torch.Tensor], streams: Streams) -> torch.Tensor:
        """Return what ``TorchLayer`` returns, with a leading axis if there are several models."""
        return self._run(rows.inputs, weights)

    def encode(self, inputs: torch.Tensor) -> Encoded:
        """Return the inputs, since PennyLane encodes them in each call."""
        return Encoded(inputs.detach())


class CompiledEvaluation(Evaluation):
    """Evaluation by the engine.

    Parameters
    ----------
    trace : Trace
        The circuit.
    n_weights, n_inputs : int
        Number of entries of all weights of a model, and of a row of inputs.
    n_models : int or None
        Number of models side by side; ``None`` for one model without an axis of its own.
    """

    def __init__(self, trace: Trace, n_weights: int, n_inputs: int, n_models: int | None) -> None:
        super().__init__()
        self.trace = trace
        self.n_models = n_models

    def evaluate(self, rows: Encoded, weights: Sequence[torch.Tensor], streams: Streams) -> torch.Tensor:
        """Return what ``TorchLayer`` returns, with a leading axis if there are several models."""
        leading = list(rows.inputs.shape[:-1])
        own_rows = self.n_models is not None and len(leading) > 1
        if own_rows and leading[0] != self.n_models:
            raise ValueError(
                f"inputs of shape {tuple(rows.inputs.shape)} are {leading[0]} sets of rows "
                f"for {self.n_models} models"
            )
        n_sets = leading.pop(0) if own_rows else 1
        n_rows = prod(leading)
        # As in PennyLane, a weight that the circuit does not use has no gradient, instead of zeros.
        weights = [
            (values if is_used else values.detach()).to(rows.inputs)
            for values, is_used in zip(weights, self.trace.parameters.uses_weight, strict=True)
        ]
        if n_rows:
            results = self.evaluate_rows(rows.reshape(n_sets, n_rows), weights, streams)
        else:
            results = self.evaluate_rows(_with_one_row(rows.inputs), weights, streams)[:, :0]
        shape = (self.n_models or 1, n_rows, results.shape[2])
        if results.shape != shape:
            # Results that do not depend on the inputs, or on the weights, have axes of size 1.
            results = results.expand(shape)
        return self._as_torch_layer(results, leading)

    @abstractmethod
    def evaluate_rows(self, rows: Encoded, weights: Sequence[torch.Tensor], streams: Streams) -> torch.Tensor:
        """Return the results of the measurements.

        Parameters
        ----------
        rows : Encoded, leading dimensions (n_models or 1, batch)
            The data.
        weights : sequence of tensor, shapes (n_models, ...)
            All weights.
        streams : sequence of numpy.random.Generator
            Random number generators for the shots, one per model.

        Returns
        -------
        tensor, shape (n_models or 1, batch or 1, n_outputs)
        """

    def _as_torch_layer(self, results: torch.Tensor, leading: Sequence[int]) -> torch.Tensor:
        """Reshape results (n_models, n_rows, n_outputs) to what ``TorchLayer`` returns."""
        measurements, returns = self.trace.measurements, self.trace.returns
        models = () if self.n_models is None else (self.n_models,)
        if returns == "tuple" and len(measurements) > 1:
            pieces = results.split_with_sizes([m.n_outputs for m in measurements], dim=-1)
            return torch.stack(
                [piece.reshape((*models, *leading, piece.shape[-1])) for piece in pieces], dim=len(models)
            )
        shape: tuple[int, ...] = (results.shape[-1],)
        if returns == "single" and isinstance(measurements[0], Expectation | Variance):
            shape = ()
        elif returns == "single" and isinstance(measurements[0], DensityMatrix):
            shape = (isqrt(results.shape[-1]),) * 2
        return results.reshape((*models, *leading, *shape))


def _with_one_row(inputs: torch.Tensor) -> Encoded:
    """Return a row for inputs without rows, since kernels expect some."""
    n_inputs = inputs.shape[-1]
    # Normalised, so that it may be the amplitudes of a state.
    row = inputs.new_full((1, 1, n_inputs), n_inputs**-0.5)
    return Encoded(torch.cat([inputs.reshape(1, 0, n_inputs), row], dim=1))


class Exact(CompiledEvaluation):
    """Exact results."""

    def __init__(self, trace: Trace, n_weights: int, n_inputs: int, n_models: int | None) -> None:
        super().__init__(trace, n_weights, n_inputs, n_models)
        self._circuit = CompiledCircuit(trace, all_parts(trace.measurements), n_weights, n_inputs)

    def native_circuit(self, like: torch.Tensor) -> NativeCircuit | None:
        """Return the circuit for native execution, unless results are computed from several of its own."""
        if any(isinstance(measurement, Variance) for measurement in self.trace.measurements):
            return None
        return self._circuit.plan(like).native

    def evaluate_rows(self, rows: Encoded, weights: Sequence[torch.Tensor], streams: Streams) -> torch.Tensor:
        """Return the results of the measurements."""
        return combine(self.trace.measurements, self._circuit.evaluate(rows, weights))

    def encode(self, inputs: torch.Tensor) -> Encoded:
        """Compute what depends only on inputs."""
        return self._circuit.encode(inputs)


class Sampled(CompiledEvaluation):
    """Estimates from shots, with the gradients of the exact values (a straight-through estimator).

    A shot has no derivative. So training sees the noise of finite shots in its loss, not in the direction of
    its steps.
    """

    def __init__(self, trace: Trace, n_weights: int, n_inputs: int, n_models: int | None) -> None:
        super().__init__(trace, n_weights, n_inputs, n_models)
        self._sampling = Sampling(sampled_parts(trace), trace.n_wires)
        measurements = (*self._sampling.measurements, *self._sampling.outcomes)
        self._circuit = CompiledCircuit(trace, measurements, n_weights, n_inputs)
        self._n_exact = n_outputs(self._sampling.measurements)

    def evaluate_rows(self, rows: Encoded, weights: Sequence[torch.Tensor], streams: Streams) -> torch.Tensor:
        """Return the results of the measurements."""
        assert self.trace.shots is not None
        n_rows = rows.inputs.shape[1]
        results = self._circuit.evaluate(rows, weights).expand(len(streams), n_rows, -1)
        exact = combine(self.trace.measurements, results[..., : self._n_exact])
        frequencies = self._sampling.estimate(results[..., self._n_exact :], self.trace.shots, streams)
        estimate = combine(self.trace.measurements, frequencies)
        self.executions += len(streams) * n_rows * self._sampling.n_circuits
        return exact + (estimate - exact.detach())

    def encode(self, inputs: torch.Tensor) -> Encoded:
        """Compute what depends only on inputs."""
        return self._circuit.encode(inputs)


def _from_same_shots(measurement: Variance, n_wires: int) -> bool:
    return Sampling((measurement.square, measurement.mean), n_wires).n_circuits == 1


def sampled_parts(trace: Trace) -> tuple[LinearMeasurement, ...]:
    """Return the parts of a circuit's measurements, which shots can estimate.

    Raises
    ------
    UnsupportedError
        If they cannot.
    """
    for measurement in trace.measurements:
        if isinstance(measurement, Amplitudes | DensityMatrix):
            raise UnsupportedError("it measures a state with shots")
        if isinstance(measurement, Variance) and not _from_same_shots(measurement, trace.n_wires):
            raise UnsupportedError("it measures with shots the variance of observables that do not commute")
    return tuple(part for part in all_parts(trace.measurements) if not isinstance(part, Amplitudes))
