"""The rows and the verdict of a comparison."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from qenn_core.metrics import Scores


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class ModelResult(_Record):
    """One row of the comparison table: a model, fitted on the training part only."""

    name: str
    kind: Literal["quantum", "classical"]
    train: Scores
    validation: Scores
    test: Scores
    parameters: int
    """Trainable numbers."""
    epochs: int | None
    """Complete passes over the training part; ``None`` for a model that is not trained in epochs."""
    seconds: float
    """Time spent fitting, on this machine."""
    predictions: tuple[int, ...]
    """Class number predicted for each row of the test part, in the order of its rows."""
    remark: str = ""
    """What to keep in mind when reading this row."""


class Verdict(_Record):
    """What the test rows can and cannot tell of the QENN and one baseline."""

    against: str
    """The baseline's name."""
    points: float
    """Test accuracy of the QENN minus that of the baseline, in percentage points."""
    low: float
    high: float
    """The 95 % interval of ``points``."""
    p_value: float
    """McNemar's exact test: how often chance alone would divide the rows this unevenly, or more so."""
    ahead: Literal["quantum", "classical"] | None
    """Who is ahead by more than chance explains; ``None`` where the rows cannot tell."""
    sentence: str


class Comparison(_Record):
    """The table, one verdict for each baseline, and what to keep in mind when reading them."""

    rows: tuple[ModelResult, ...]
    """The QENN first, then the baselines."""
    verdicts: tuple[Verdict, ...]
    """In the order of the baselines."""
    majority_accuracy: float
    """Test accuracy of always naming the class that is most frequent in the training part, 0 to 1."""
    cautions: tuple[str, ...]
