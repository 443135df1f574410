"""The records of a comparison."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from qenn_core.metrics import Scores
from qenn_core.text import count, uncapitalise


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
    """Number of trainable parameters."""
    epochs: int | None
    """Completed passes over the training part; ``None`` for a model that is not trained in epochs."""
    seconds: float
    """Time spent fitting, on this machine."""
    predictions: tuple[int, ...]
    """Class number predicted for each row of the test part, in the order of its rows."""
    remark: str = ""
    """A note on this result."""


class Verdict(_Record):
    """What the test rows show, and do not show, about the QENN and one baseline."""

    against: str
    """The baseline's name."""
    points: float
    """Test accuracy of the QENN minus that of the baseline, in percentage points."""
    low: float
    high: float
    """The limits of the 95% interval of ``points``."""
    p_value: float
    """Of McNemar's exact test: the probability that chance alone splits the rows at least this unevenly."""
    ahead: Literal["quantum", "classical"] | None
    """Which model leads by more than chance would explain; ``None`` if the rows do not show that."""
    sentence: str


class Comparison(_Record):
    """The comparison table, one verdict per baseline, and general cautions."""

    rows: tuple[ModelResult, ...]
    """The QENN first, then the baselines."""
    verdicts: tuple[Verdict, ...]
    """In the order of the baselines."""
    majority_accuracy: float
    """Test accuracy of always predicting the most frequent class of the training part, 0 to 1."""
    cautions: tuple[str, ...]
    n_seen: int = 0
    """How many test rows are equal to training or validation rows, so that they show memory."""
    n_test_groups: int = 0
    """How many groups the test rows come in; 0 if each is a group of its own."""

    @property
    def headline(self) -> str:
        """The result in one sentence: the QENN and the classical model with the best test accuracy."""
        quantum, *classical = self.rows
        n_rows = sum(map(sum, quantum.test.confusion))
        grouped = f" in {count(self.n_test_groups, 'group')}" if self.n_test_groups else ""
        right = f"{_count_right(quantum):,} of {count(n_rows, 'test row')}{grouped} right"
        if not classical:
            return f"The QENN got {right}."
        best = max(classical, key=lambda row: row.test.accuracy)
        name = uncapitalise(best.name.partition(" (")[0])
        if _count_right(best) == _count_right(quantum):
            result, conclusion = f"The QENN and {name} both got {right}", ""
        else:
            result = f"The QENN got {right}, {name} {_count_right(best):,}"
            ahead = next((verdict.ahead for verdict in self.verdicts if verdict.against == best.name), None)
            conclusion = ": more than chance explains" if ahead else ": chance alone can explain that"
        majority = round(self.majority_accuracy * n_rows)
        if max(map(_count_right, self.rows)) <= majority:
            conclusion = f"; always answering the most frequent class gets {majority:,}"
        if self.n_seen:
            conclusion = ", but from memory: equal rows were used in training"
        return f"{result}{conclusion}."


def _count_right(result: ModelResult) -> int:
    return sum(counts[number] for number, counts in enumerate(result.test.confusion))
