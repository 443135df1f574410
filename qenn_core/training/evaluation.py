"""Loss, accuracy and class probabilities of stacked models on one part of their data."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from qenn_core.data import Floats
from qenn_core.model import HybridModel
from qenn_core.training.inference import compute_logits
from qenn_core.training.stacked_data import StackedData, cross_entropy_per_row


class Evaluation(NamedTuple):
    """Mean loss in nats per row and accuracy (0 to 1) of one model on one part of its data."""

    loss: float
    accuracy: float


def evaluate(model: HybridModel, data: StackedData, before_batch: Callable[[], object]) -> list[Evaluation]:
    """Return loss and accuracy of each model on its rows; see `compute_logits` for `before_batch`."""
    rows, labels, sample_weights = data.all_rows
    logits = compute_logits(model, data.inputs, rows, before_batch)
    losses = cross_entropy_per_row(logits, labels)
    correct = logits.argmax(dim=-1) == labels
    means = [(values * sample_weights).sum(dim=1).tolist() for values in (losses, correct)]
    return list(map(Evaluation, *means))


def class_probabilities(
    model: HybridModel, data: StackedData, before_batch: Callable[[], object]
) -> list[Floats]:
    """Return the probability of each class, shape (rows, n_classes), for the rows of each model."""
    padded = compute_logits(model, data.inputs, data.all_rows.rows, before_batch).softmax(dim=-1).numpy()
    return [probabilities[:count] for probabilities, count in zip(padded, data.counts, strict=True)]
