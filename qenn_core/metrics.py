"""How good predictions are, by the measures that every model is compared with."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Scores(BaseModel):
    """Measures of one model on one part of the data.

    All but the confusion matrix are between 0 and 1. ``roc_auc`` is ``None`` where it is not defined (a
    class without rows in this part); for more than two classes it is one-vs-rest, macro average.
    """

    model_config = ConfigDict(frozen=True)

    accuracy: float
    balanced_accuracy: float
    macro_f1: float
    roc_auc: float | None
    confusion: tuple[tuple[int, ...], ...]
