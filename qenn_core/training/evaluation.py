"""Loss, accuracy and class probabilities of stacked models on one part of their data."""

from __future__ import annotations

from typing import NamedTuple

import torch

from qenn_core.data import Floats
from qenn_core.training.stacked_data import StackedData, cross_entropy_per_row


class Evaluation(NamedTuple):
    """Mean loss in nats per row and accuracy (0 to 1) of one model on one part of its data."""

    loss: float
    accuracy: float


def evaluate(logits: torch.Tensor, data: StackedData) -> list[Evaluation]:
    """Return loss and accuracy of each model from its logits (n_models, size, n_classes)."""
    _, labels, sample_weights = data.all_rows
    losses = cross_entropy_per_row(logits, labels)
    correct = logits.argmax(dim=-1) == labels
    means = [(values * sample_weights).sum(dim=1).tolist() for values in (losses, correct)]
    return list(map(Evaluation, *means))


def class_probabilities(logits: torch.Tensor, data: StackedData) -> list[Floats]:
    """Return the probability of each class, shape (rows, n_classes), for the rows of each model."""
    padded = logits.softmax(dim=-1).numpy()
    return [probabilities[:count] for probabilities, count in zip(padded, data.counts, strict=True)]
