"""How models side by side do on a part of their data."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from qenn_core.data import Floats
from qenn_core.model import HybridModel
from qenn_core.training.inference import logits
from qenn_core.training.stacked_data import StackedData, losses_of_rows


class Measured(NamedTuple):
    """Loss in nats a row and accuracy, 0 to 1, of one model on one part."""

    loss: float
    accuracy: float


def measure(model: HybridModel, table: StackedData, before_each: Callable[[], object]) -> list[Measured]:
    """Return loss and accuracy of each model on its rows; see `logits` for `before_each`."""
    rows, labels, shares = table.whole
    answers = logits(model, table.inputs, rows, before_each)
    losses = losses_of_rows(answers, labels)
    hits = answers.argmax(dim=-1) == labels
    means = [(of_rows * shares).sum(dim=1).tolist() for of_rows in (losses, hits)]
    return list(map(Measured, *means))


def probabilities(model: HybridModel, table: StackedData, before_each: Callable[[], object]) -> list[Floats]:
    """Return the probability of each class, (rows, n_classes) for each model's rows."""
    of_all = logits(model, table.inputs, table.whole.rows, before_each).softmax(dim=-1).numpy()
    return [rows[:count] for rows, count in zip(of_all, table.counts, strict=True)]
