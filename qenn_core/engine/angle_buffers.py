"""Angle buffers: all angles with the same dependencies side by side, which gates read by index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch

from qenn_core.engine.arrays import Array
from qenn_core.engine.parameters import INPUTS, WEIGHTS, Dependencies, Value

# Computed values by their dependencies, each (n_models or 1, batch or 1, ...).
Computed = Mapping[Dependencies, Sequence[torch.Tensor]]


@dataclass
class AngleBuffer:
    """The layout of a tensor that holds all angles with the same dependencies.

    The entries of the weights come first, then those of a row of inputs, then constants and computed values
    in the order in which they were added.

    Parameters
    ----------
    depends_on : frozenset of str
        What the angles depend on. The buffer may also hold angles with fewer dependencies.
    n_weights, n_inputs : int
        Number of entries of all weights, and of a row of inputs.
    """

    depends_on: Dependencies
    n_weights: int
    n_inputs: int
    _appended: list[Value] = field(default_factory=list)

    def add(self, value: Value) -> int:
        """Return the position of an angle in the buffer, appending the angle if it is new."""
        if value.entry is not None:
            return value.entry + (self._n_entries(WEIGHTS) if value.depends_on == INPUTS else 0)
        matches = (i for i, v in enumerate(self._appended) if v is value or _same_output(v, value))
        position = next(matches, len(self._appended))
        if position == len(self._appended):
            self._appended.append(value)
        return self._n_entries(WEIGHTS) + self._n_entries(INPUTS) + position

    @property
    def computed_dependencies(self) -> set[Dependencies]:
        """The dependencies of the computed values among the angles."""
        return {value.depends_on for value in self._appended if value.output is not None}

    def __len__(self) -> int:
        return self._n_entries(WEIGHTS) + self._n_entries(INPUTS) + len(self._appended)

    def fill(self, entries: Mapping[Dependencies, torch.Tensor], computed: Computed) -> torch.Tensor:
        """Return the angles, shape (n_models or 1, batch or 1, len(self)).

        Parameters
        ----------
        entries : mapping
            For weights (n_models, 1, n_weights), for inputs (n_models or 1, batch, n_inputs).
        computed : mapping
            The computed values.
        """
        parts = [entries[source] for source in (WEIGHTS, INPUTS) if source <= self.depends_on]
        if len(parts) == 1 and not self._appended:
            return parts[0]
        like = parts[0]
        for value in self._appended:
            if value.constant is not None:
                parts.append(value.constant.to(like).reshape(1, 1, 1))
            else:
                assert value.output is not None
                parts.append(computed[value.depends_on][value.output].to(like.dtype).unsqueeze(-1))
        return torch.cat([part.expand(*leading_shape(*parts), -1) for part in parts], dim=-1)

    def _n_entries(self, source: Dependencies) -> int:
        if not source <= self.depends_on:
            return 0
        return self.n_weights if source == WEIGHTS else self.n_inputs


def _same_output(first: Value, second: Value) -> bool:
    return first.output is not None and (first.depends_on, first.output) == (second.depends_on, second.output)


def leading_shape(*arrays: Array) -> tuple[int, int]:
    """Return the numbers of models and rows to which arrays broadcast, each axis full or of size 1."""
    m = b = 1
    for array in arrays:
        m = array.shape[0] if m == 1 else m
        b = array.shape[1] if b == 1 else b
    return m, b


def flatten_entries(
    inputs: torch.Tensor, weights: Sequence[torch.Tensor] | None
) -> dict[Dependencies, torch.Tensor]:
    """Return inputs (n_models or 1, batch, n) and weights (n_models, 1, n), in the dtype of the inputs."""
    entries = {INPUTS: inputs}
    if weights is not None:
        flat = [value.to(inputs).reshape(value.shape[0], 1, value.shape[1:].numel()) for value in weights]
        entries[WEIGHTS] = (
            flat[0] if len(flat) == 1 else torch.cat(flat, dim=2) if flat else inputs.new_zeros(1, 1, 0)
        )
    return entries


def read_value(
    value: Value, entries: Mapping[Dependencies, torch.Tensor], computed: Computed
) -> torch.Tensor:
    """Return a value for all models and rows, shape (n_models or 1, batch or 1, ...)."""
    if value.constant is not None:
        return value.constant[None, None]
    if value.entry is not None:
        return entries[value.depends_on][..., value.entry]
    assert value.output is not None
    return computed[value.depends_on][value.output]
