"""The measures of accuracy by which models are compared."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict


class Scores(BaseModel):
    """The scores of one model on one part of the data.

    All except the confusion matrix are between 0 and 1. ``roc_auc`` is ``None`` if it is undefined, because a
    class has no rows in this part; for more than two classes it is the one-vs-rest macro average.
    ``confusion[true][predicted]`` are numbers of rows, for all classes.
    """

    model_config = ConfigDict(frozen=True)

    accuracy: float
    balanced_accuracy: float
    macro_f1: float
    roc_auc: float | None
    confusion: tuple[tuple[int, ...], ...]


def score(labels: NDArray[np.int64], probabilities: NDArray[np.floating[Any]]) -> Scores:
    """Score predicted probabilities against the true labels; the predicted class is the most probable one.

    A class without rows has no recall and is left out of ``balanced_accuracy``; a class that is neither the
    true nor the predicted class of any row is left out of ``macro_f1``.

    Parameters
    ----------
    labels : (rows,)
        Class numbers, at least one.
    probabilities : (rows, n_classes)
        The probability of each class for each row; rows sum to 1.

    Raises
    ------
    ValueError
        If there are no rows, the shapes do not match, or a probability is not a finite number.
    """
    from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, recall_score

    if not len(labels) or probabilities.shape[:1] != labels.shape:
        raise ValueError(f"cannot score {probabilities.shape} probabilities against {labels.shape} labels")
    if not np.isfinite(probabilities).all():
        raise ValueError("cannot score probabilities that are not finite numbers")
    n_classes = probabilities.shape[1]
    predicted = probabilities.argmax(axis=1)
    return Scores(
        accuracy=float(accuracy_score(labels, predicted)),
        balanced_accuracy=float(
            recall_score(labels, predicted, labels=np.unique(labels), average="macro", zero_division=0)
        ),
        macro_f1=float(f1_score(labels, predicted, average="macro", zero_division=0)),
        roc_auc=_roc_auc(labels, probabilities),
        confusion=tuple(map(tuple, confusion_matrix(labels, predicted, labels=range(n_classes)).tolist())),
    )


def _roc_auc(labels: NDArray[np.int64], probabilities: NDArray[np.floating[Any]]) -> float | None:
    from sklearn.metrics import roc_auc_score

    n_classes = probabilities.shape[1]
    if len(np.unique(labels)) < max(n_classes, 2):
        return None
    ranking = probabilities[:, 1] if n_classes == 2 else probabilities
    return float(roc_auc_score(labels, ranking, multi_class="ovr", average="macro"))
