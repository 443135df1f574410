"""Pools: all angles with the same needs side by side in one tensor, for gates to read from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch

from qenn_core.engine.arrays import Array
from qenn_core.engine.parameters import INPUTS, WEIGHTS, Needs, Value

# Computed values by needs, each (n_models or 1, batch or 1, ...).
Computed = Mapping[Needs, Sequence[torch.Tensor]]


@dataclass
class Pool:
    """Where each angle lies among those with the same needs.

    Parameters
    ----------
    needs : frozenset of str
        What the angles depend on; angles with fewer needs can lie here too.
    n_weights, n_inputs : int
        Entries of all weights, and of a row of inputs.
    """

    needs: Needs
    n_weights: int
    n_inputs: int
    _extra: list[Value] = field(default_factory=list)

    def place(self, value: Value) -> int:
        """Return the place of an angle, making one if there is none yet."""
        if value.entry is not None:
            return value.entry + (self._n_entries(WEIGHTS) if value.needs == INPUTS else 0)
        known = [i for i, other in enumerate(self._extra) if other is value or self._same(other, value)]
        if not known:
            self._extra.append(value)
            known = [len(self._extra) - 1]
        return self._n_entries(WEIGHTS) + self._n_entries(INPUTS) + known[0]

    @property
    def computed_needs(self) -> set[Needs]:
        """The needs of the computed values among the angles."""
        return {value.needs for value in self._extra if value.output is not None}

    def __len__(self) -> int:
        return self._n_entries(WEIGHTS) + self._n_entries(INPUTS) + len(self._extra)

    def fill(self, entries: Mapping[Needs, torch.Tensor], computed: Computed) -> torch.Tensor:
        """Return the pool (n_models or 1, batch or 1, n).

        Parameters
        ----------
        entries : mapping
            For weights (n_models, 1, n_weights), for inputs (n_models or 1, batch, n_inputs).
        computed : mapping
            The computed values.
        """
        parts = [entries[one] for one in (WEIGHTS, INPUTS) if one <= self.needs]
        if len(parts) == 1 and not self._extra:
            return parts[0]
        like = parts[0]
        for value in self._extra:
            if value.constant is not None:
                parts.append(value.constant.to(like).reshape(1, 1, 1))
            else:
                assert value.output is not None
                parts.append(computed[value.needs][value.output].to(like.dtype).unsqueeze(-1))
        return torch.cat([part.expand(*lead(*parts), -1) for part in parts], dim=-1)

    def _n_entries(self, one: Needs) -> int:
        if not one <= self.needs:
            return 0
        return self.n_weights if one == WEIGHTS else self.n_inputs

    @staticmethod
    def _same(one: Value, other: Value) -> bool:
        return one.output is not None and (one.needs, one.output) == (other.needs, other.output)


def lead(*arrays: Array) -> tuple[int, int]:
    """Return how many models and rows come of arrays that each have all of them or 1."""
    m = b = 1
    for array in arrays:
        m = array.shape[0] if m == 1 else m
        b = array.shape[1] if b == 1 else b
    return m, b


def entries(inputs: torch.Tensor, weights: Sequence[torch.Tensor] | None) -> dict[Needs, torch.Tensor]:
    """Return inputs (n_models or 1, batch, n) and all weights (n_models, 1, n), in the type of the inputs."""
    found = {INPUTS: inputs}
    if weights is not None:
        flat = [value.to(inputs).reshape(value.shape[0], 1, value.shape[1:].numel()) for value in weights]
        found[WEIGHTS] = (
            flat[0] if len(flat) == 1 else torch.cat(flat, dim=2) if flat else inputs.new_zeros(1, 1, 0)
        )
    return found


def value_of(value: Value, known: Mapping[Needs, torch.Tensor], computed: Computed) -> torch.Tensor:
    """Return a value for all models and rows, (n_models or 1, batch or 1, ...)."""
    if value.constant is not None:
        return value.constant[None, None]
    if value.entry is not None:
        return known[value.needs][..., value.entry]
    assert value.output is not None
    return computed[value.needs][value.output]
