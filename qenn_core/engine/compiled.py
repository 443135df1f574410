"""A recorded circuit, compiled for evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import torch

from qenn_core.engine import execute, torch_compat
from qenn_core.engine.angle_buffers import flatten_entries, read_value
from qenn_core.engine.build import build_plan
from qenn_core.engine.fuse import FusedCircuit, fuse
from qenn_core.engine.measurements import Part
from qenn_core.engine.native.library import NATIVE
from qenn_core.engine.native.lower import lower
from qenn_core.engine.parameters import BOTH, INPUTS, WEIGHTS
from qenn_core.engine.paulis import pauli_vector, transfer_matrix
from qenn_core.engine.plan import Plan, Slot
from qenn_core.engine.program import build_program
from qenn_core.engine.recording import validate
from qenn_core.engine.trace import Trace


@dataclass(frozen=True)
class Encoded:
    """Rows of data, with what the circuit computes from them alone.

    It is indexed like the inputs: ``layer(encoded[rows])`` is ``layer(inputs[rows])``.

    Parameters
    ----------
    inputs : tensor, shape (..., n_inputs)
        The rows.
    slots : dict of slot to tensor, shapes (..., ...)
        The computed values, with the same leading dimensions; empty if nothing was computed.
    """

    inputs: torch.Tensor
    slots: Mapping[Slot, torch.Tensor] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, rows: torch.Tensor | slice) -> Encoded:
        return Encoded(self.inputs[rows], {slot: values[rows] for slot, values in self.slots.items()})

    def reshape(self, *leading: int) -> Encoded:
        """Return the same rows with other leading dimensions."""
        n_leading = self.inputs.ndim - 1
        return Encoded(
            self.inputs.reshape(*leading, self.inputs.shape[-1]),
            {
                slot: values.reshape(*leading, *values.shape[n_leading:])
                for slot, values in self.slots.items()
            },
        )


class CompiledCircuit:
    """Evaluates a recorded circuit for many models and rows at once.

    Parameters
    ----------
    trace : Trace
        The circuit.
    measurements : tuple of Part
        The measurements at its end.
    n_weights, n_inputs : int
        Number of entries of all weights of a model, and of a row of inputs.
    """

    def __init__(self, trace: Trace, measurements: tuple[Part, ...], n_weights: int, n_inputs: int) -> None:
        self.trace = trace
        self.measurements = measurements
        self.n_entries = n_weights, n_inputs
        self.program = build_program(trace)
        self._plans: dict[tuple[torch.dtype, torch.device], Plan] = {}

    @cached_property
    def fused(self) -> FusedCircuit:
        """The circuit as steps."""
        return fuse(self.program)

    def plan(self, like: torch.Tensor) -> Plan:
        """Return the plan for the precision and device of a tensor."""
        key = (like.dtype, like.device)
        if key not in self._plans:
            n_weights, n_inputs = self.n_entries
            with torch_compat.outside_transforms():
                plan = build_plan(
                    self.program,
                    self.fused,
                    self.measurements,
                    n_weights=n_weights,
                    n_inputs=n_inputs,
                    dtype=like.dtype,
                    device=like.device,
                )
                if like.device.type == "cpu" and NATIVE.load():
                    native = lower(self.program, self.fused, self.measurements, plan, like.dtype)
                    plan = replace(plan, native=native)
                self._plans[key] = plan
        return self._plans[key]

    def evaluate(self, rows: Encoded, weights: Sequence[torch.Tensor]) -> torch.Tensor:
        """Return the results of the measurements.

        Parameters
        ----------
        rows : Encoded, leading dimensions (n_models or 1, batch)
            The data.
        weights : sequence of tensor, shapes (n_models, ...)
            All weights.

        Returns
        -------
        tensor, shape (n_models or 1, batch or 1, n_outputs)
        """
        plan = self.plan(rows.inputs)
        supplied = self._supply(plan, rows.inputs, weights, encoded=bool(rows.slots))
        return execute.run(plan, {**supplied, **rows.slots})

    def encode(self, inputs: torch.Tensor) -> Encoded:
        """Compute what depends only on inputs (..., n_inputs)."""
        leading = inputs.shape[:-1]
        rows = inputs.detach().reshape(1, -1, inputs.shape[-1])
        plan = self.plan(inputs)
        slots = execute.encode(plan, self._supply(plan, rows, None, encoded=False))
        return Encoded(
            inputs.detach(),
            {slot: values.reshape(*leading, *values.shape[2:]) for slot, values in slots.items()},
        )

    def _supply(
        self, plan: Plan, inputs: torch.Tensor, weights: Sequence[torch.Tensor] | None, *, encoded: bool
    ) -> dict[Slot, torch.Tensor]:
        """Return angle buffers and computed maps for the slots of a plan, and validate their values.

        Without weights, these are the ones that depend only on inputs. For encoded rows, these are the
        others, because what depends only on inputs was encoded, or was needed only for encoding.
        """
        entries = flatten_entries(inputs, weights)
        possible = {WEIGHTS, BOTH} if encoded else {INPUTS} if weights is None else {WEIGHTS, INPUTS, BOTH}
        buffers = [(buffer, slot) for buffer, slot in plan.angle_buffers if buffer.depends_on in possible]
        maps = [(value, slot) for value, slot in plan.computed if value.depends_on in possible]
        validations = [
            (operation, values)
            for operation, values in self.trace.validations
            if not encoded or any(value.depends_on >= WEIGHTS for value in values)
        ]
        required = [value for _, values in validations for value in values] + [value for value, _ in maps]
        dependencies = {value.depends_on for value in required}.union(
            *(buffer.computed_dependencies for buffer, _ in buffers)
        )
        computed = {
            depends_on: self.trace.parameters.compute(depends_on, inputs, weights or ())
            for depends_on in dependencies
            if weights is not None or depends_on == INPUTS
        }
        for operation, values in validations:
            if weights is not None or all(value.depends_on <= INPUTS for value in values):
                validate(operation, [read_value(value, entries, computed) for value in values])
        supplied = {slot: buffer.fill(entries, computed) for buffer, slot in buffers}
        for value, slot in maps:
            supplied[slot] = self._in_picture(read_value(value, entries, computed), inputs.dtype)
        return supplied

    def _in_picture(self, value: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
        """Convert Kraus operators to matrices on registers, or amplitudes to registers."""
        value = value.to(dtype.to_complex())
        is_state = value.ndim == 3
        if self.program.mixed:
            return pauli_vector(value) if is_state else transfer_matrix(value)
        return value if is_state else value.squeeze(2)
