"""A recorded circuit with all that is needed to evaluate it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import torch

from qenn_core.engine import execute
from qenn_core.engine.angle_buffers import entries, value_of
from qenn_core.engine.build import build_plan
from qenn_core.engine.fuse import Fused, fuse
from qenn_core.engine.measured import Measurement
from qenn_core.engine.parameters import BOTH, INPUTS, WEIGHTS
from qenn_core.engine.paulis import pauli_vector, transfer_matrix
from qenn_core.engine.plan import Plan, Slot
from qenn_core.engine.program import build_program
from qenn_core.engine.recording import check
from qenn_core.engine.trace import Trace


@dataclass(frozen=True)
class Encoded:
    """Rows of data, with what the circuit computes from them alone.

    It is indexed as the inputs themselves would be: ``layer(encoded[rows])`` is ``layer(inputs[rows])``.

    Parameters
    ----------
    inputs : tensor, shape (..., n_inputs)
        The rows.
    slots : dict of slot to tensor, shapes (..., ...)
        What was computed, with the same leading dimensions; empty if nothing was.
    """

    inputs: torch.Tensor
    slots: Mapping[Slot, torch.Tensor] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, rows: torch.Tensor | slice) -> Encoded:
        return Encoded(self.inputs[rows], {slot: values[rows] for slot, values in self.slots.items()})

    def reshape(self, *lead: int) -> Encoded:
        """Return the same rows with other leading dimensions."""
        n_lead = self.inputs.ndim - 1
        return Encoded(
            self.inputs.reshape(*lead, self.inputs.shape[-1]),
            {slot: values.reshape(*lead, *values.shape[n_lead:]) for slot, values in self.slots.items()},
        )


class Compiled:
    """Evaluates a recorded circuit for many models and rows at once.

    Parameters
    ----------
    trace : Trace
        The circuit.
    measurements : tuple of Measurement
        What to measure at its end.
    n_weights, n_inputs : int
        Entries of all weights of a model, and of a row of inputs.
    """

    def __init__(
        self, trace: Trace, measurements: tuple[Measurement, ...], n_weights: int, n_inputs: int
    ) -> None:
        self.trace = trace
        self.measurements = measurements
        self.n_entries = n_weights, n_inputs
        self.program = build_program(trace)
        self._plans: dict[tuple[torch.dtype, torch.device], Plan] = {}

    @cached_property
    def fused(self) -> Fused:
        """The circuit as steps."""
        return fuse(self.program)

    def plan(self, like: torch.Tensor) -> Plan:
        """Return the kernels for the precision and device of a tensor."""
        key = (like.dtype, like.device)
        if key not in self._plans:
            n_weights, n_inputs = self.n_entries
            self._plans[key] = build_plan(
                self.program,
                self.fused,
                self.measurements,
                n_weights=n_weights,
                n_inputs=n_inputs,
                dtype=like.dtype,
                device=like.device,
            )
        return self._plans[key]

    def evaluate(self, rows: torch.Tensor | Encoded, weights: Sequence[torch.Tensor]) -> torch.Tensor:
        """Return what is measured.

        Parameters
        ----------
        rows : tensor, shape (n_models or 1, batch, n_inputs), or Encoded with these dimensions
            The data.
        weights : sequence of tensor, shapes (n_models, ...)
            All weights.

        Returns
        -------
        tensor, shape (n_models or 1, batch or 1, n_outputs)
        """
        inputs, known = (rows.inputs, rows.slots) if isinstance(rows, Encoded) else (rows, {})
        plan = self.plan(inputs)
        return execute.run(plan, {**self._fill(plan, inputs, weights, known), **known})

    def encode(self, inputs: torch.Tensor) -> Encoded:
        """Compute what depends on inputs (..., n_inputs) alone."""
        lead = inputs.shape[:-1]
        rows = inputs.detach().reshape(1, -1, inputs.shape[-1])
        plan = self.plan(inputs)
        slots = execute.encode(plan, self._fill(plan, rows, None, {}))
        return Encoded(
            inputs.detach(),
            {slot: values.reshape(*lead, *values.shape[2:]) for slot, values in slots.items()},
        )

    def _fill(
        self,
        plan: Plan,
        inputs: torch.Tensor,
        weights: Sequence[torch.Tensor] | None,
        known: Mapping[Slot, torch.Tensor],
    ) -> dict[Slot, torch.Tensor]:
        """Return pools and computed maps that are not known yet; without weights, those of inputs alone."""
        known_entries = entries(inputs, weights)
        # Of encoded rows all that depends on inputs alone is known, or was only needed on the way there.
        possible = {WEIGHTS, BOTH} if known else {INPUTS} if weights is None else {WEIGHTS, INPUTS, BOTH}
        pools = [(pool, slot) for pool, slot in plan.pools if pool.needs in possible]
        maps = [(value, slot) for value, slot in plan.computed if value.needs in possible]
        checks = [
            (operation, some)
            for operation, some in self.trace.checks
            if not known or any(value.needs >= WEIGHTS for value in some)
        ]
        values = [value for _, some in checks for value in some] + [value for value, _ in maps]
        wanted = {value.needs for value in values}.union(*(pool.computed_needs for pool, _ in pools))
        computed = {
            needs: self.trace.parameters.compute(needs, inputs, weights or ())
            for needs in wanted
            if weights is not None or needs == INPUTS
        }
        for operation, some in checks:
            if weights is not None or all(value.needs <= INPUTS for value in some):
                check(operation, [value_of(value, known_entries, computed) for value in some])
        filled = {slot: pool.fill(known_entries, computed) for pool, slot in pools}
        for value, slot in maps:
            filled[slot] = self._as_map(value_of(value, known_entries, computed), inputs.dtype)
        return filled

    def _as_map(self, value: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
        """Turn Kraus operators or amplitudes into what acts on, or is, a register."""
        value = value.to(dtype.to_complex())
        is_state = value.ndim == 3
        if self.program.mixed:
            return pauli_vector(value) if is_state else transfer_matrix(value)
        return value if is_state else value.squeeze(2)
