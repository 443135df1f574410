"""Gradients as a quantum computer gives them: by the parameter-shift rule, from circuits with shifted angles.

The derivative by an angle is a sum of the circuit's own results at shifted values of that angle (Schuld et
al. 2019, arXiv:1811.11184; for gates with several frequencies Wierichs et al. 2022, arXiv:2107.12390). An
angle that several gates share is shifted in one gate at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import pennylane as qml
import torch

from qenn_core.engine.angle_buffers import Pool, entries
from qenn_core.engine.compiled import Compiled, Encoded
from qenn_core.engine.evaluation import Evaluation
from qenn_core.engine.parameters import BOTH, INPUTS, WEIGHTS, Needs, Value
from qenn_core.engine.program import transfer_table
from qenn_core.engine.recording import UnsupportedError
from qenn_core.engine.sampling import Sampling, Streams
from qenn_core.engine.trace import Gate, Trace

# On what an angle can depend.
_KINDS = (WEIGHTS, INPUTS, BOTH)
# So many shifted circuits are evaluated side by side.
_AT_ONCE = 64


class _Term(NamedTuple):
    """One circuit of a rule: shift this angle by so much, and take the result so many times."""

    angle: int
    shift: float
    coefficient: float


class Shifted(Evaluation):
    """Results and gradients from circuits alone: exact ones, or with finite shots.

    Parameters
    ----------
    trace : Trace
        The circuit.
    n_weights, n_inputs : int
        Entries of all weights of a model, and of a row of inputs.

    Raises
    ------
    UnsupportedError
        If a gate depends on weights or inputs in another way than by angles.
    """

    def __init__(self, trace: Trace, n_weights: int, n_inputs: int) -> None:
        super().__init__(trace, n_weights, n_inputs)
        self._pools = {needs: Pool(needs, n_weights, n_inputs) for needs in _KINDS}
        self._places: dict[Needs, list[int]] = {needs: [] for needs in _KINDS}
        self._terms: dict[Needs, list[_Term]] = {needs: [] for needs in _KINDS}
        self._n_of_inputs = sum(value.needs == INPUTS for gate in trace.gates for value in gate.values)
        own_angles = replace(trace, gates=tuple(map(self._with_own_angles, trace.gates)), checks=())
        self._sampling = Sampling(trace.measurements, trace.n_wires)
        measurements = self._sampling.outcomes if trace.shots else trace.measurements
        n_angles = {needs: len(places) for needs, places in self._places.items()}
        self._compiled = Compiled(
            own_angles, measurements, n_angles[WEIGHTS], n_angles[INPUTS] + n_angles[BOTH]
        )

    def _with_own_angles(self, gate: Gate) -> Gate:
        if gate.needs and gate.table is None:
            raise UnsupportedError("a gate depends on weights or inputs in another way than by angles")
        return replace(gate, values=tuple(self._own(gate, number) for number in range(len(gate.values))))

    def _own(self, gate: Gate, number: int) -> Value:
        """Return an angle that no other gate has."""
        value = gate.values[number]
        if not value.needs:
            return value
        places = self._places[value.needs]
        # The angles of a row that depend on inputs alone come before those that depend on weights, too.
        entry = len(places) + (self._n_of_inputs if value.needs == BOTH else 0)
        places.append(self._pools[value.needs].place(value))
        assert gate.table is not None
        frequencies = transfer_table(gate.table).spectrum(number)
        if frequencies:
            rule = qml.gradients.generate_shift_rule(frequencies)
            self._terms[value.needs] += [_Term(entry, float(shift), float(c)) for c, shift in rule]
        return Value(WEIGHTS if value.needs == WEIGHTS else INPUTS, entry=entry)

    def evaluate(
        self, rows: torch.Tensor | Encoded, weights: Sequence[torch.Tensor], streams: Streams
    ) -> torch.Tensor:
        """Return what is measured."""
        inputs = rows.inputs if isinstance(rows, Encoded) else rows
        known = entries(inputs, weights)
        angles = []
        for needs, pool in self._pools.items():
            computed = {
                one: self.trace.parameters.compute(one, inputs, weights) for one in pool.computed_needs
            }
            places = torch.tensor(self._places[needs], dtype=torch.int64, device=inputs.device)
            angles.append(pool.fill(known, computed).index_select(-1, places))
        result: torch.Tensor = _ShiftRule.apply(self, streams, *angles)  # type: ignore[no-untyped-call]
        return result

    def encode(self, inputs: torch.Tensor) -> Encoded:
        """Keep the inputs as they are: each shifted circuit encodes them anew."""
        return Encoded(inputs.detach())

    def results(self, of_weights: torch.Tensor, of_rows: torch.Tensor, streams: Streams) -> torch.Tensor:
        """Run the circuit with these angles: (n_models, 1, n) and (n_models or 1, batch, n)."""
        n_models, n_rows = len(of_weights), of_rows.shape[1]
        results = self._compiled.evaluate(of_rows, [of_weights]).expand(n_models, n_rows, -1)
        self.executions += n_models * n_rows * self._sampling.n_circuits
        if self.trace.shots is None:
            return results
        return self._sampling.estimate(results, self.trace.shots, streams)

    def gradient_by_weights(
        self, gradient: torch.Tensor, of_weights: torch.Tensor, of_rows: torch.Tensor, streams: Streams
    ) -> torch.Tensor:
        """Return the gradient (n_models, 1, n), the shifted circuits taken for further models."""
        total = torch.zeros_like(of_weights)
        for terms in _chunks(self._terms[WEIGHTS]):
            shifted = of_weights.repeat(len(terms), 1, 1, 1)
            for number, term in enumerate(terms):
                shifted[number, ..., term.angle] += term.shift
            rows = of_rows if len(of_rows) == 1 else of_rows.repeat(len(terms), 1, 1)
            results = self.results(shifted.flatten(0, 1), rows, [*streams] * len(terms))
            slopes = (results.reshape(*shifted.shape[:2], *results.shape[1:]) * gradient).sum((2, 3))
            for term, slope in zip(terms, slopes, strict=True):
                total[:, 0, term.angle] += term.coefficient * slope
        return total

    def gradient_by_rows(
        self,
        needs: Needs,
        gradient: torch.Tensor,
        of_weights: torch.Tensor,
        of_rows: torch.Tensor,
        streams: Streams,
    ) -> torch.Tensor:
        """Return the gradient (n_models, batch, n), the shifted circuits taken for further rows."""
        total = of_rows.new_zeros(len(of_weights), *of_rows.shape[1:])
        for terms in _chunks(self._terms[needs]):
            shifted = of_rows.unsqueeze(1).repeat(1, len(terms), 1, 1)
            for number, term in enumerate(terms):
                shifted[:, number, :, term.angle] += term.shift
            results = self.results(of_weights, shifted.flatten(1, 2), streams)
            slopes = (results.reshape(len(results), *shifted.shape[1:3], -1) * gradient.unsqueeze(1)).sum(3)
            for number, term in enumerate(terms):
                total[:, :, term.angle] += term.coefficient * slopes[:, number]
        return total


def _chunks(terms: Sequence[_Term]) -> Iterator[Sequence[_Term]]:
    return (terms[first : first + _AT_ONCE] for first in range(0, len(terms), _AT_ONCE))


class _ShiftRule(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        circuit: Shifted,
        streams: Streams,
        of_weights: torch.Tensor,
        of_inputs: torch.Tensor,
        of_both: torch.Tensor,
    ) -> torch.Tensor:
        ctx.circuit, ctx.streams = circuit, streams
        ctx.save_for_backward(of_weights, of_inputs, of_both)
        return circuit.results(of_weights, _joined(of_inputs, of_both), streams)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        of_weights, of_inputs, of_both = ctx.saved_tensors
        arguments = (gradient, of_weights, _joined(of_inputs, of_both), ctx.streams)
        found: list[torch.Tensor | None] = [None] * 5
        if ctx.needs_input_grad[2]:
            found[2] = ctx.circuit.gradient_by_weights(*arguments)
        if ctx.needs_input_grad[3]:
            by_inputs = ctx.circuit.gradient_by_rows(INPUTS, *arguments)[..., : of_inputs.shape[-1]]
            found[3] = by_inputs.sum_to_size(of_inputs.shape)
        if ctx.needs_input_grad[4]:
            found[4] = ctx.circuit.gradient_by_rows(BOTH, *arguments)[..., of_inputs.shape[-1] :]
        return tuple(found)


def _joined(of_inputs: torch.Tensor, of_both: torch.Tensor) -> torch.Tensor:
    """Return all angles of the rows; where none depends on weights, all models share them."""
    if not of_both.shape[-1]:
        return of_inputs
    return torch.cat([of_inputs.expand(len(of_both), -1, -1), of_both], dim=-1)
