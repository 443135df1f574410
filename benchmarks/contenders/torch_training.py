"""A training step in torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import cycle
from typing import Any

import torch

from benchmarks.contenders.registry import Step
from benchmarks.problem import LEARNING_RATE, InitialData


def training_step(
    start: InitialData,
    logits: Callable[[Any], torch.Tensor],
    parameters: Iterable[torch.nn.Parameter],
    data: Any,
    *,
    readers: int | None = None,
) -> Step:
    """Return a training step of cross entropy and Adam.

    Parameters
    ----------
    start : InitialData
        Labels and batches.
    logits : callable
        Maps ``data[rows]`` to logits, shape ``([n_models,] batch, n_classes)``.
    parameters : iterable of torch.nn.Parameter
        The parameters to train.
    data : indexable by a tensor of row numbers
        The rows of the model.
    readers : int, optional
        Number of models that read separate rows: row numbers have a leading axis for it. All models read
        equal rows, so that the loss is that of one model.
    """
    optimizer = torch.optim.Adam(parameters, lr=LEARNING_RATE, fused=True)
    labels = torch.from_numpy(start.labels)
    batches = torch.from_numpy(start.batches)
    if readers is not None:
        batches = batches[:, None].repeat(1, readers, 1)
    cycled_batches = cycle(batches)

    def step() -> float:
        rows = next(cycled_batches)
        outputs = logits(data[rows])
        targets = labels[rows].expand(outputs.shape[:-1])
        loss = torch.nn.functional.cross_entropy(outputs.flatten(0, -2), targets.flatten())
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        return loss.item()

    return step
