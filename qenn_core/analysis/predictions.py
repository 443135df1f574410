"""Predictions for the rows of a table, as records, as columns and as a CSV file."""

from __future__ import annotations

import csv
import io
import unicodedata
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qenn_core.data import NO_CLASS, Floats, Ints
from qenn_core.text import first_unused

PREDICTED = "predicted {}"
PROBABILITY = "probability of {}"
DECIMALS = 6
# Spreadsheets treat a cell that begins with one of these as a formula and would execute it; some of them also
# one with a variant for East Asian texts, such as ＝.
FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r", "\n")


class CorrectCount(NamedTuple):
    """The number of rows that were classified correctly, out of a total."""

    correct: int
    total: int

    @property
    def accuracy(self) -> float:
        """The share of correct rows, 0 to 1."""
        return self.correct / self.total


@dataclass(frozen=True)
class Predictions:
    """The predictions of a model for the rows of a table, in the order of the rows.

    Parameters
    ----------
    target : str
        The name of the predicted column.
    class_names : tuple of str
        The names of the classes, by class number.
    probabilities : array, shape (n_rows, n_classes)
        The probability of each class, 0 to 1.
    true_classes : array, shape (n_rows,), or None
        The true class number of each row, or ``NO_CLASS`` if the table does not contain it; ``None`` if the
        table does not have the target column.
    seen : array of bool, shape (n_rows,)
        Whether the row is identical to a training or validation row of the model.
    notes : tuple of str
        The steps of the preparation, in plain sentences.
    """

    target: str
    class_names: tuple[str, ...]
    probabilities: Floats = field(repr=False)
    true_classes: Ints | None = field(repr=False)
    seen: NDArray[np.bool_] = field(repr=False)
    notes: tuple[str, ...] = ()

    @property
    def predicted_classes(self) -> Ints:
        """The number of the most probable class of each row."""
        classes: Ints = self.probabilities.argmax(axis=1)
        return classes

    @property
    def predicted_names(self) -> list[str]:
        """The name of the most probable class of each row."""
        return [self.class_names[number] for number in self.predicted_classes]

    @property
    def misclassified(self) -> NDArray[np.bool_]:
        """Whether the class of each row is known, and another one was predicted."""
        if self.true_classes is None:
            return np.zeros(len(self.probabilities), dtype=bool)
        wrong: NDArray[np.bool_] = (self.true_classes != NO_CLASS) & (
            self.predicted_classes != self.true_classes
        )
        return wrong

    def count_correct(self, *, unseen_only: bool = False) -> CorrectCount | None:
        """Count the correct predictions among the rows with a known class.

        Parameters
        ----------
        unseen_only : bool
            Whether to leave out rows that are identical to training or validation rows.

        Returns
        -------
        CorrectCount or None
            ``None`` if there is no such row.
        """
        if self.true_classes is None:
            return None
        counted = self.true_classes != NO_CLASS
        if unseen_only:
            counted &= ~self.seen
        if not counted.any():
            return None
        return CorrectCount(
            int((self.predicted_classes == self.true_classes)[counted].sum()), int(counted.sum())
        )

    def append_to(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return `frame` with columns for the prediction and the class probabilities appended.

        The names of the new columns get a number if `frame` already has a column with that name.
        """
        columns: dict[str, Any] = {PREDICTED.format(self.target): self.predicted_names}
        for name, probability in zip(self.class_names, self.probabilities.T, strict=True):
            columns[PROBABILITY.format(name)] = probability
        names = list(frame.columns)
        for name in columns:
            names.append(first_unused(name, names))
        appended = pd.DataFrame(columns)
        return pd.concat([frame.reset_index(drop=True), appended], axis="columns").set_axis(
            names, axis="columns"
        )


def to_csv(frame: pd.DataFrame) -> bytes:
    """Return a table as CSV that spreadsheets read correctly and in which no cell is a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(map(_escape_formula, frame.columns))
    rounded = frame.round(DECIMALS).astype(object).where(frame.notna(), "")
    writer.writerows(map(_escape_formula, row) for row in rounded.itertuples(index=False, name=None))
    # The byte order mark makes Excel read the file as UTF-8.
    return text.getvalue().encode("utf-8-sig")


def _escape_formula(cell: Any) -> Any:
    if not isinstance(cell, str) or _is_number(cell):
        return cell
    begins = unicodedata.normalize("NFKC", cell[:1])
    return f"'{cell}" if begins.startswith(FORMULA_PREFIXES) else cell


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
