"""The rows that models side by side see, in one set of tensors."""

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
    """Rows for each model, each a tensor ``(n_models, size)``.

    ``rows`` are row numbers of a table and ``labels`` their class numbers. ``shares`` are what they count in
    the mean of the model: 0 for rows that only fill up, where another model has more.
    """

    rows: torch.Tensor
    labels: torch.Tensor
    shares: torch.Tensor


@dataclass(frozen=True)
class StackedData:
    """One part of the data of each model, one after the other.

    Parameters
    ----------
    inputs : Tensor or Encoded
        What the model takes; encoded once, since data do not change.
    labels : tensor of int, shape (n_rows,)
        Class numbers.
    counts : tuple of int
        Rows of each model.
    """

    inputs: ModelInputs
    labels: torch.Tensor
    counts: tuple[int, ...]

    @classmethod
    def of(cls, parts: Sequence[Part], model: HybridModel) -> StackedData:
        """Lay out the part of each model's data."""
        return cls(
            inputs=model.encode(torch.cat([torch.from_numpy(part.inputs.copy()) for part in parts])),
            labels=torch.cat([torch.from_numpy(part.labels.copy()) for part in parts]),
            counts=tuple(len(part.labels) for part in parts),
        )

    @cached_property
    def whole(self) -> Batch:
        """All rows of each model as they lie."""
        [batch] = self._batches(map(torch.arange, self.counts), max(self.counts))
        return batch

    def shuffled(self, generators: Iterable[torch.Generator], size: int) -> Iterator[Batch]:
        """Share the rows of each model out among batches, in an order drawn from its generator.

        A model with fewer rows than another has fewer in its last batches, or none.
        """
        orders = zip(self.counts, generators, strict=True)
        return self._batches((torch.randperm(n, generator=generator) for n, generator in orders), size)

    def _batches(self, orders: Iterable[torch.Tensor], size: int) -> Iterator[Batch]:
        ends = accumulate(self.counts)
        own = [order + end - n for order, end, n in zip(orders, ends, self.counts, strict=True)]
        rows = pad_sequence(own, batch_first=True)
        shares = pad_sequence([_shares(n, size) for n in self.counts], batch_first=True)
        for some, of_some in zip(
            torch.split(rows, size, dim=1), torch.split(shares, size, dim=1), strict=True
        ):
            yield Batch(some, self.labels[some], of_some)


def _shares(n_rows: int, size: int) -> torch.Tensor:
    """Return the share of each row in the mean over its batch."""
    batches = torch.split(torch.ones(n_rows, dtype=torch.float64), size)
    return torch.cat([batch / len(batch) for batch in batches])


def losses_of_rows(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return the cross-entropy of each row in nats.

    Parameters
    ----------
    logits : tensor, shape (n_models, size, n_classes)
        Answers of the models.
    labels : tensor of int, shape (n_models, size)
        The true classes.

    Returns
    -------
    tensor, shape (n_models, size)
    """
    return cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none").view(labels.shape)
