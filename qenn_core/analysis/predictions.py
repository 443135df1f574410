"""What a model says of further rows, as a page shows it and as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, count
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qenn_core.data import NO_CLASS, Floats, Ints

PREDICTED = "predicted {}"
PROBABILITY = "probability of {}"
DECIMALS = 6
# Spreadsheets take a cell that begins so for a formula, and would carry it out.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


class Hits(NamedTuple):
    """How many of some rows were told rightly."""

    right: int
    rows: int

    @property
    def accuracy(self) -> float:
        """The share of them, 0 to 1."""
        return self.right / self.rows


@dataclass(frozen=True)
class Predictions:
    """What a model says of rows, in their order.

    Parameters
    ----------
    target : str
        The column that was predicted.
    class_names : tuple of str
        One name a class.
    probabilities : array (rows, n_classes)
        Of each class.
    truth : array (rows,) or None
        The class number of each row where the rows tell, else ``NO_CLASS``; ``None`` where they have no
        such column.
    seen : array (rows,)
        Which rows are just like one that the model was trained or validated on.
    notes : tuple of str
        What was done to the rows, in plain sentences.
    """

    target: str
    class_names: tuple[str, ...]
    probabilities: Floats = field(repr=False)
    truth: Ints | None = field(repr=False)
    seen: NDArray[np.bool_] = field(repr=False)
    notes: tuple[str, ...] = ()

    @property
    def classes(self) -> Ints:
        """The number of the most probable class of each row."""
        numbers: Ints = self.probabilities.argmax(axis=1)
        return numbers

    @property
    def names(self) -> list[str]:
        """The name of the most probable class of each row."""
        return [self.class_names[number] for number in self.classes]

    def hits(self, *, new: bool = False) -> Hits | None:
        """Count what was told rightly, of all rows with a known class or of those not seen in training."""
        if self.truth is None:
            return None
        counted = self.truth != NO_CLASS
        if new:
            counted &= ~self.seen
        if not counted.any():
            return None
        return Hits(int((self.classes == self.truth)[counted].sum()), int(counted.sum()))

    def beside(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of `frame` with what is said of them in further columns, whose names are new."""
        said: dict[str, Any] = {PREDICTED.format(self.target): self.names}
        for name, probability in zip(self.class_names, self.probabilities.T, strict=True):
            said[PROBABILITY.format(name)] = probability
        names = list(_new_names(said, frame.columns))
        columns = dict(zip(names, said.values(), strict=True))
        return pd.concat([frame.reset_index(drop=True), pd.DataFrame(columns)], axis="columns")


def to_csv(frame: pd.DataFrame) -> bytes:
    """Write a table as a file that spreadsheets read rightly and take no cell of for a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(map(_harmless, frame.columns))
    rounded = frame.round(DECIMALS).astype(object).where(frame.notna(), "")
    writer.writerows(map(_harmless, row) for row in rounded.itertuples(index=False, name=None))
    # The mark at its beginning tells Excel that it is UTF-8.
    return text.getvalue().encode("utf-8-sig")


def _harmless(cell: Any) -> Any:
    if not isinstance(cell, str) or not cell.startswith(FORMULA_SIGNS) or _is_number(cell):
        return cell
    return f"'{cell}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _new_names(wanted: Iterable[str], taken: Iterable[str]) -> Iterator[str]:
    names = set(taken)
    for name in wanted:
        variants = chain([name], (f"{name} ({number})" for number in count(2)))
        free = next(variant for variant in variants if variant not in names)
        names.add(free)
        yield free
