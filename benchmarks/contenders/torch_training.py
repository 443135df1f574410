"""A training step in torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import cycle
from typing import Any

import torch

from benchmarks.contenders.registry import Step
from benchmarks.problem import LEARNING_RATE, Start


def training_step(
    start: Start,
    logits: Callable[[Any], torch.Tensor],
    parameters: Iterable[torch.nn.Parameter],
    data: Any,
    *,
    readers: int | None = None,
) -> Step:
    """Return a step of cross entropy and Adam.

    Parameters
    ----------
    start : Start
        Labels and batches.
    logits : callable
        Takes ``data[rows]`` to logits, shape ``([n_models,] batch, n_classes)``.
    parameters : iterable of torch.nn.Parameter
        What is trained.
    data : indexable by a tensor of row numbers
        What the model reads.
    readers : int, optional
        Number of models that read rows each on its own: row numbers have such an axis in front. The rows
        are the same ones, so that the loss is that of one model.
    """
    optimizer = torch.optim.Adam(parameters, lr=LEARNING_RATE, fused=True)
    labels = torch.from_numpy(start.labels)
    batches = torch.from_numpy(start.batches)
    if readers is not None:
        batches = batches[:, None].repeat(1, readers, 1)
    coming = cycle(batches)

    def step() -> float:
        rows = next(coming)
        scores = logits(data[rows])
        wanted = labels[rows].expand(scores.shape[:-1])
        loss = torch.nn.functional.cross_entropy(scores.flatten(0, -2), wanted.flatten())
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        return loss.item()

    return step
