"""The column to predict: which one it is, and its values as classes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qenn_core import limits
from qenn_core.data.columns import NEARLY_ALL, numbers
from qenn_core.data.prepared import Ints
from qenn_core.data.table import Table
from qenn_core.errors import DataError
from qenn_core.text import count, quoted_list

# fmt: off
TARGET_NAMES = frozenset((
    "target", "class", "label", "labels", "category", "species", "diagnosis", "outcome", "result", "y",
    "type", "group", "survived", "churn", "default", "status", "response", "variety", "quality", "grade",
))
# fmt: on
BAND_NAMES: dict[int, Sequence[str]] = {2: ("low", "high"), 3: ("low", "middle", "high")}
NO_CLASS = -1


@dataclass(frozen=True)
class Classes:
    """The target's values as classes.

    ``labels`` (rows,) holds the number of each row's class, or ``NO_CLASS`` for a row that is left out.
    ``edges`` are the numbers that bands end with, all but the last one's.
    """

    labels: Ints
    names: tuple[str, ...]
    notes: tuple[str, ...]
    edges: tuple[float, ...] = ()


def choose_target(table: Table, chosen: str | None) -> tuple[str, str]:
    """Return the column to predict and the reason for it, in words.

    Parameters
    ----------
    table : Table
        With at least one column.
    chosen : str or None
        The user's choice, which outranks every guess.

    Raises
    ------
    DataError
        If the chosen column is not in the table, or the table has no columns.
    """
    names = [str(name) for name in table.frame.columns]
    if not names:
        raise DataError("The table has no columns.", remedy="Check the delimiter and the header row.")
    if chosen is not None:
        if chosen not in names:
            raise DataError(
                f"There is no column ‘{chosen}’.",
                f"The columns are {quoted_list(names)}.",
                "Choose the column to predict from the table.",
                "data.target",
            )
        return chosen, "you chose it"
    if table.target is not None:
        return table.target, "the data set is about it"
    named = [name for name in names if TARGET_NAMES & set(re.split(r"[\W_]+", name.casefold()))]
    few = [name for name in names if 2 <= table.frame[name].nunique() <= limits.MAX_CLASSES]
    both = [name for name in few if name in named]
    if both:
        return both[-1], "its name says so, and it has few different values"
    if few:
        return few[-1], "it is the last column with few different values"
    if named:
        return named[-1], "its name says so"
    return names[-1], "it is the last column"


def classes_of(cells: pd.Series, bands: int) -> Classes:
    """Turn the target's values into classes.

    The edges of bands come from all rows, held-out ones too: they say what the classes are, as a
    question must before its rows can be split by class. Nothing that predicts is fitted here.

    Parameters
    ----------
    cells : pandas.Series
        The column to predict, named.
    bands : int
        0 takes the values as classes; 2 or more cuts numbers into so many bands of equal size.

    Raises
    ------
    DataError
        If the values make no 2 to ``limits.MAX_CLASSES`` classes with enough rows each.
    """
    target = str(cells.name)
    values = numbers(cells)
    share_of_numbers = pd.to_numeric(cells.dropna(), errors="coerce").notna().mean()
    if bands or values.nunique() > limits.MAX_CLASSES:
        _check_bands(target, bands, values, on_a_scale=share_of_numbers >= NEARLY_ALL)
    edges: tuple[float, ...] = ()
    if bands:
        edges = _edges(values.to_numpy(), bands)
        labels, names = _in_bands(values.to_numpy(), edges), _band_names(edges)
        notes = [
            f"‘{target}’ was cut into {count(len(names), 'band')} of nearly equal size: {', '.join(names)}."
        ]
        if 1 < len(names) < bands:
            notes.append(f"{bands} bands were asked for, but too many rows share a value.")
    elif share_of_numbers == 1:
        labels, different = pd.factorize(values, sort=True)
        names, notes = [np.format_float_positional(value, trim="-") for value in different], []
    else:
        labels, different = pd.factorize(cells.astype("str"), sort=True)
        names, notes = [str(value) for value in different], []
    lost = int((labels == NO_CLASS).sum())
    if lost:
        notes.insert(0, f"{count(lost, 'row')} without a target left out.")
    return replace(_with_enough_rows(target, labels, names, notes), edges=edges)


def labels_of(cells: pd.Series, names: Sequence[str], edges: Sequence[float] = ()) -> Ints:
    """Return the class number of each of some more cells of a target, or ``NO_CLASS``.

    Parameters
    ----------
    cells : pandas.Series
        Cells of rows that the classes were not made from.
    names : sequence of str
        The names of the classes; see `Classes`.
    edges : sequence of float
        The edges of bands, where classes are bands.
    """
    numbers_of = {name: number for number, name in enumerate(names)}
    values = numbers(cells).to_numpy()
    if edges:
        bands = [numbers_of.get(name, NO_CLASS) for name in _band_names(edges)]
        return np.array([*bands, NO_CLASS])[_in_bands(values, edges)]
    texts = cells.astype("str")
    # A number is the same number however it is written.
    as_number = [np.format_float_positional(value, trim="-") for value in values]
    return np.array(
        [
            numbers_of.get(text, numbers_of.get(number, NO_CLASS))
            for text, number in zip(texts, as_number, strict=True)
        ],
        dtype=np.int64,
    )


def _check_bands(target: str, bands: int, values: pd.Series, on_a_scale: bool) -> None:
    if bands and not on_a_scale:
        raise DataError(
            f"‘{target}’ cannot be cut into bands.",
            "Bands need a column of numbers.",
            "Choose 0 bands, or another column to predict.",
            "data.bands",
        )
    if on_a_scale and not bands:
        raise DataError(
            f"‘{target}’ holds {values.nunique():,} different numbers, too many to be classes.",
            "The network learns to tell classes apart; it does not learn a scale of numbers yet.",
            "Cut the column into bands: 2 asks whether a row lies low or high, above or below the median.",
            "data.bands",
        )


def _edges(values: NDArray[np.float64], bands: int) -> tuple[float, ...]:
    known = values[np.isfinite(values)]
    # Edges that occur as values leave no band empty.
    edges = np.unique(np.quantile(known, np.arange(1, bands) / bands, method="lower"))
    return tuple(edges[edges < known.max()].tolist())


def _in_bands(values: NDArray[np.float64], edges: Sequence[float]) -> Ints:
    """Return the number of the band that each value lies in."""
    return np.where(np.isfinite(values), np.searchsorted(edges, values, side="left"), NO_CLASS)


def _band_names(edges: Sequence[float]) -> list[str]:
    n_bands = len(edges) + 1
    words = BAND_NAMES.get(n_bands) or [f"band {k}" for k in range(1, n_bands + 1)]
    if n_bands == 1:
        return list(words)
    written = [f"{edge:.4g}" for edge in edges]
    ranges = [f"≤ {written[0]}", *(f"{a} to {b}" for a, b in pairwise(written)), f"> {written[-1]}"]
    return [f"{word} ({span})" for word, span in zip(words, ranges, strict=True)]


def _with_enough_rows(target: str, labels: Ints, names: list[str], notes: list[str]) -> Classes:
    sizes = np.bincount(labels[labels != NO_CLASS], minlength=len(names))
    kept = np.flatnonzero(sizes >= limits.MIN_CLASS_ROWS)
    if len(names) < 2:
        raise DataError(
            f"‘{target}’ has " + ("no values." if not names else f"one class only, ‘{names[0]}’."),
            "There is nothing to tell apart.",
            "Choose another column to predict.",
            "data.target",
        )
    if len(kept) < 2:
        raise DataError(
            f"‘{target}’ has {count(len(names), 'different value')}, but fewer than two of them occur in "
            f"{limits.MIN_CLASS_ROWS} rows or more.",
            "A class needs a row each for training, validation and test.",
            "Choose a column to predict whose values repeat.",
            "data.target",
        )
    if len(kept) > limits.MAX_CLASSES:
        raise DataError(
            f"‘{target}’ has {len(kept):,} classes, more than the {limits.MAX_CLASSES} that can be used.",
            "A column with so many values is rarely a question of kind.",
            "Choose another column to predict, or join its rare values in the file.",
            "data.target",
        )
    rare = np.setdiff1d(np.arange(len(names)), kept)
    if len(rare):
        notes = [
            *notes,
            f"{count(int(sizes[rare].sum()), 'row')} left out, of classes with fewer than "
            f"{limits.MIN_CLASS_ROWS} rows: {quoted_list(names[k] for k in rare)}.",
        ]
    number = np.full(len(names) + 1, NO_CLASS)  # the last place answers for NO_CLASS itself
    number[kept] = np.arange(len(kept))
    return Classes(number[labels].astype(np.int64), tuple(names[k] for k in kept), tuple(notes))
