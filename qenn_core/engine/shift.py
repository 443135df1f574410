"""Gradients by the parameter-shift rule, as on a quantum computer: from circuits with shifted angles.

The derivative with respect to an angle is a weighted sum of the circuit's own results at shifted values of
that angle (Schuld et al. 2019, arXiv:1811.11184; for gates with several frequencies Wierichs et al. 2022,
arXiv:2107.12390). An angle that several gates share is shifted in one gate at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import pennylane as qml
import torch

from qenn_core.engine.angle_buffers import AngleBuffer, flatten_entries
from qenn_core.engine.compiled import CompiledCircuit, Encoded
from qenn_core.engine.evaluation import CompiledEvaluation, sampled_parts
from qenn_core.engine.measurements import Variance
from qenn_core.engine.parameters import BOTH, INPUTS, WEIGHTS, Dependencies, Value
from qenn_core.engine.program import transfer_series
from qenn_core.engine.sampling import Sampling, Streams
from qenn_core.engine.trace import Gate, Trace
from qenn_core.engine.unsupported import UnsupportedError

# The possible dependencies of an angle that is not constant.
_DEPENDENCIES = (WEIGHTS, INPUTS, BOTH)
# The maximum number of shifted circuits that are evaluated side by side.
_MAX_CIRCUITS_PER_CALL = 64


class _ShiftTerm(NamedTuple):
    """A term of a shift rule: the result at an angle shifted by `shift`, times `coefficient`."""

    angle: int
    shift: float
    coefficient: float


class Shifted(CompiledEvaluation):
    """Results and gradients from the results of circuits alone, exact or with finite shots.

    Parameters
    ----------
    trace : Trace
        The circuit.
    n_weights, n_inputs : int
        Number of entries of all weights of a model, and of a row of inputs.
    n_models : int or None
        Number of models side by side; ``None`` for one model without an axis of its own.

    Raises
    ------
    UnsupportedError
        If a gate depends on weights or inputs other than through angles, or a measurement is not linear in
        the state.
    """

    def __init__(self, trace: Trace, n_weights: int, n_inputs: int, n_models: int | None) -> None:
        super().__init__(trace, n_weights, n_inputs, n_models)
        self._angle_buffers = {d: AngleBuffer(d, n_weights, n_inputs) for d in _DEPENDENCIES}
        self._positions: dict[Dependencies, list[int]] = {d: [] for d in _DEPENDENCIES}
        self._terms: dict[Dependencies, list[_ShiftTerm]] = {d: [] for d in _DEPENDENCIES}
        self._n_input_angles = sum(
            value.depends_on == INPUTS for gate in trace.gates for value in gate.values
        )
        gates = tuple(map(self._with_separate_angles, trace.gates))
        separate_angles = replace(trace, gates=gates, validations=())
        if any(isinstance(measurement, Variance) for measurement in trace.measurements):
            raise UnsupportedError("the parameter-shift rule does not apply to a variance")
        self._sampling = Sampling(sampled_parts(trace), trace.n_wires)
        measurements = self._sampling.outcomes if trace.shots else self._sampling.measurements
        n_angles = {depends_on: len(positions) for depends_on, positions in self._positions.items()}
        self._circuit = CompiledCircuit(
            separate_angles, measurements, n_angles[WEIGHTS], n_angles[INPUTS] + n_angles[BOTH]
        )

    def _with_separate_angles(self, gate: Gate) -> Gate:
        if gate.depends_on and gate.series is None:
            raise UnsupportedError("a gate depends on weights or inputs other than through angles")
        return replace(
            gate, values=tuple(self._separate_angle(gate, number) for number in range(len(gate.values)))
        )

    def _separate_angle(self, gate: Gate, number: int) -> Value:
        """Return an angle that this gate shares with no other, and note its shift rule."""
        value = gate.values[number]
        if not value.depends_on:
            return value
        positions = self._positions[value.depends_on]
        # In a row, the angles that depend only on inputs precede those that depend on weights as well.
        entry = len(positions) + (self._n_input_angles if value.depends_on == BOTH else 0)
        positions.append(self._angle_buffers[value.depends_on].add(value))
        assert gate.series is not None
        frequencies = transfer_series(gate.series).spectrum(number)
        if frequencies:
            rule = qml.gradients.generate_shift_rule(frequencies)
            self._terms[value.depends_on] += [_ShiftTerm(entry, float(shift), float(c)) for c, shift in rule]
        return Value(WEIGHTS if value.depends_on == WEIGHTS else INPUTS, entry=entry)

    def evaluate_rows(self, rows: Encoded, weights: Sequence[torch.Tensor], streams: Streams) -> torch.Tensor:
        """Return the results of the measurements."""
        inputs = rows.inputs
        entries = flatten_entries(inputs, weights)
        angles = []
        for depends_on, buffer in self._angle_buffers.items():
            computed = {
                d: self.trace.parameters.compute(d, inputs, weights) for d in buffer.computed_dependencies
            }
            positions = torch.tensor(self._positions[depends_on], dtype=torch.int64, device=inputs.device)
            angles.append(buffer.fill(entries, computed).index_select(-1, positions))
        results: torch.Tensor = _ShiftRule.apply(self, streams, *angles)  # type: ignore[no-untyped-call]
        return results

    def encode(self, inputs: torch.Tensor) -> Encoded:
        """Return the inputs, since each shifted circuit encodes them again."""
        return Encoded(inputs.detach())

    def run_circuits(
        self, weight_angles: torch.Tensor, row_angles: torch.Tensor, streams: Streams
    ) -> torch.Tensor:
        """Run the circuit with angles (n_models, 1, n) and (n_models or 1, batch, n)."""
        n_models, n_rows = len(weight_angles), row_angles.shape[1]
        results = self._circuit.evaluate(Encoded(row_angles), [weight_angles]).expand(n_models, n_rows, -1)
        self.executions += n_models * n_rows * self._sampling.n_circuits
        if self.trace.shots is None:
            return results
        return self._sampling.estimate(results, self.trace.shots, streams)

    def weight_gradient(
        self, gradient: torch.Tensor, weight_angles: torch.Tensor, row_angles: torch.Tensor, streams: Streams
    ) -> torch.Tensor:
        """Return the gradient (n_models, 1, n), with the shifted circuits run as additional models."""
        total = torch.zeros_like(weight_angles)
        for terms in _chunks(self._terms[WEIGHTS]):
            shifted = weight_angles.repeat(len(terms), 1, 1, 1)
            for number, term in enumerate(terms):
                shifted[number, ..., term.angle] += term.shift
            rows = row_angles if len(row_angles) == 1 else row_angles.repeat(len(terms), 1, 1)
            results = self.run_circuits(shifted.flatten(0, 1), rows, [*streams] * len(terms))
            slopes = (results.reshape(*shifted.shape[:2], *results.shape[1:]) * gradient).sum((2, 3))
            for term, slope in zip(terms, slopes, strict=True):
                total[:, 0, term.angle] += term.coefficient * slope
        return total

    def row_gradient(
        self,
        depends_on: Dependencies,
        gradient: torch.Tensor,
        weight_angles: torch.Tensor,
        row_angles: torch.Tensor,
        streams: Streams,
    ) -> torch.Tensor:
        """Return the gradient (n_models, batch, n), with the shifted circuits run as additional rows."""
        total = row_angles.new_zeros(len(weight_angles), *row_angles.shape[1:])
        for terms in _chunks(self._terms[depends_on]):
            shifted = row_angles.unsqueeze(1).repeat(1, len(terms), 1, 1)
            for number, term in enumerate(terms):
                shifted[:, number, :, term.angle] += term.shift
            results = self.run_circuits(weight_angles, shifted.flatten(1, 2), streams)
            slopes = (results.reshape(len(results), *shifted.shape[1:3], -1) * gradient.unsqueeze(1)).sum(3)
            for number, term in enumerate(terms):
                total[:, :, term.angle] += term.coefficient * slopes[:, number]
        return total


def _chunks(terms: Sequence[_ShiftTerm]) -> Iterator[Sequence[_ShiftTerm]]:
    size = _MAX_CIRCUITS_PER_CALL
    return (terms[first : first + size] for first in range(0, len(terms), size))


class _ShiftRule(torch.autograd.Function):
    """The circuit as a function of its angles, differentiated by the parameter-shift rule.

    The angles are those that depend on weights, on inputs, and on both.
    """

    @staticmethod
    def forward(
        ctx: Any,
        evaluation: Shifted,
        streams: Streams,
        weight_angles: torch.Tensor,
        input_angles: torch.Tensor,
        mixed_angles: torch.Tensor,
    ) -> torch.Tensor:
        ctx.evaluation, ctx.streams = evaluation, streams
        ctx.save_for_backward(weight_angles, input_angles, mixed_angles)
        return evaluation.run_circuits(weight_angles, _row_angles(input_angles, mixed_angles), streams)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        weight_angles, input_angles, mixed_angles = ctx.saved_tensors
        arguments = (gradient, weight_angles, _row_angles(input_angles, mixed_angles), ctx.streams)
        gradients: list[torch.Tensor | None] = [None] * 5
        n_input_angles = input_angles.shape[-1]
        if ctx.needs_input_grad[2]:
            gradients[2] = ctx.evaluation.weight_gradient(*arguments)
        if ctx.needs_input_grad[3]:
            of_rows = ctx.evaluation.row_gradient(INPUTS, *arguments)
            gradients[3] = of_rows[..., :n_input_angles].sum_to_size(input_angles.shape)
        if ctx.needs_input_grad[4]:
            gradients[4] = ctx.evaluation.row_gradient(BOTH, *arguments)[..., n_input_angles:]
        return tuple(gradients)


def _row_angles(input_angles: torch.Tensor, mixed_angles: torch.Tensor) -> torch.Tensor:
    """Concatenate all angles of the rows; all models share them if none depends on weights."""
    if not mixed_angles.shape[-1]:
        return input_angles
    return torch.cat([input_angles.expand(len(mixed_angles), -1, -1), mixed_angles], dim=-1)
