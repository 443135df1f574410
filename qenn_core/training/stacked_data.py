"""The rows of all replicates in one set of tensors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

import torch
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pad_sequence

from qenn_core.data import Part
from qenn_core.model import HybridModel, ModelInputs


class Batch(NamedTuple):
    """A batch of rows for each model; every tensor has the shape ``(n_models, size)``.

    ``rows`` are indices into the stacked rows, ``labels`` their class numbers. ``sample_weights`` are the
    weights of the rows in the mean over the model's batch: 0 for padding, where another model has more rows.
    """

    rows: torch.Tensor
    labels: torch.Tensor
    sample_weights: torch.Tensor


@dataclass(frozen=True)
class StackedData:
    """One part of the split for all models: the rows of the first model, then of the second, and so on.

    Parameters
    ----------
    inputs : Tensor or Encoded
        The model's inputs, encoded once, since the data do not change.
    labels : tensor of int, shape (n_rows,)
        Class numbers.
    counts : tuple of int
        Number of rows of each model.
    """

    inputs: ModelInputs
    labels: torch.Tensor
    counts: tuple[int, ...]

    @classmethod
    def from_parts(cls, parts: Sequence[Part], model: HybridModel) -> StackedData:
        """Stack the parts of all models, encoding their inputs with `model`."""
        return cls(
            inputs=model.encode(torch.cat([torch.from_numpy(part.inputs.copy()) for part in parts])),
            labels=torch.cat([torch.from_numpy(part.labels.copy()) for part in parts]),
            counts=tuple(len(part.labels) for part in parts),
        )

    @cached_property
    def all_rows(self) -> Batch:
        """All rows of each model in their order, as one batch."""
        [batch] = self._batches(map(torch.arange, self.counts), max(self.counts))
        return batch

    def shuffled_batches(self, generators: Iterable[torch.Generator], batch_size: int) -> Iterator[Batch]:
        """Yield the rows of each model in batches, in an order drawn from its generator.

        A model with fewer rows than another has shorter, or empty, last batches.
        """
        orders = (
            torch.randperm(n_rows, generator=generator)
            for n_rows, generator in zip(self.counts, generators, strict=True)
        )
        return self._batches(orders, batch_size)

    def _batches(self, orders: Iterable[torch.Tensor], batch_size: int) -> Iterator[Batch]:
        ends = accumulate(self.counts)
        stacked_rows = [
            order + end - n_rows for order, end, n_rows in zip(orders, ends, self.counts, strict=True)
        ]
        all_rows = pad_sequence(stacked_rows, batch_first=True)
        all_weights = pad_sequence([_mean_weights(n, batch_size) for n in self.counts], batch_first=True)
        for rows, sample_weights in zip(
            torch.split(all_rows, batch_size, dim=1), torch.split(all_weights, batch_size, dim=1), strict=True
        ):
            yield Batch(rows, self.labels[rows], sample_weights)


def _mean_weights(n_rows: int, batch_size: int) -> torch.Tensor:
    """Return the weight of each row in the mean over its batch."""
    batches = torch.split(torch.ones(n_rows, dtype=torch.float64), batch_size)
    return torch.cat([batch / len(batch) for batch in batches])


def cross_entropy_per_row(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return the cross-entropy of each row in nats.

    Parameters
    ----------
    logits : tensor, shape (n_models, size, n_classes)
        Outputs of the models.
    labels : tensor of int, shape (n_models, size)
        The true classes.

    Returns
    -------
    tensor, shape (n_models, size)
    """
    return cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none").view(labels.shape)
