"""Choice of the column to predict, and its values as classes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qenn_core import limits
from qenn_core.data.amounts import parse_amounts
from qenn_core.data.columns import NEARLY_ALL, are_codes, to_numbers
from qenn_core.data.prepared import Ints
from qenn_core.data.table import Table
from qenn_core.errors import DataError
from qenn_core.text import count, quoted_list

# fmt: off
# A word of the names of columns that are predicted.
TARGET_WORDS = frozenset((
    "target", "class", "label", "labels", "species", "diagnosis", "outcome", "y", "survived", "churn",
    "response", "variety", "passed", "spam", "fraud", "klasse", "ergebnis", "zielgröße", "bestanden", "clase",
    "resultado", "classe", "résultat", "esito", "etiqueta", "klass", "klasa", "класс", "类别", "标签",
))
# Names of such columns that within other names, such as "smoking status", mean something else.
TARGET_NAMES = TARGET_WORDS | frozenset((
    "category", "result", "type", "group", "default", "status", "quality", "grade", "ziel", "success",
    "kategorie",
))
# fmt: on
BAND_NAMES: dict[int, Sequence[str]] = {2: ("low", "high"), 3: ("low", "middle", "high")}
NO_CLASS = -1
# The class of all values that are too rare for a class of their own.
REST = "all others"


@dataclass(frozen=True)
class TargetClasses:
    """The values of the target as classes.

    ``labels`` (rows,) are class numbers, or ``NO_CLASS`` for rows that are left out; ``names`` has one name
    per class. ``edges`` are the upper ends of bands, except the last. ``notes`` say what was done.
    """

    labels: Ints
    names: tuple[str, ...]
    notes: tuple[str, ...]
    edges: tuple[float, ...] = ()


def choose_target(table: Table, chosen: str | None) -> tuple[str, str]:
    """Return the column to predict, and the reason for choosing it.

    Parameters
    ----------
    table : Table
        The table.
    chosen : str or None
        The user's choice, which takes precedence over every guess.

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
        return table.target, "the data set defines it"
    exact = [name for name in names if name.strip().casefold() in TARGET_NAMES]
    named = exact or [name for name in names if TARGET_WORDS & set(re.split(r"[\W_]+", name.casefold()))]
    different = {name: target_cells(table, name).cells.value_counts() for name in names}
    few = [name for name in names if 2 <= len(different[name]) <= limits.MAX_CLASSES]
    few = [name for name in few if _are_usable(different[name])] or few
    both = [name for name in few if name in named]
    if both:
        return both[-1], "its name suggests it, and it has few distinct values"
    if few:
        return few[-1], "it is the last column with few distinct values"
    if named:
        return named[-1], "its name suggests it"
    return names[-1], "it is the last column"


def _are_usable(sizes: pd.Series) -> bool:
    """Return whether enough values occur in enough rows to be classes."""
    classes = sizes[sizes >= limits.MIN_CLASS_ROWS]
    return len(classes) >= 2 and bool(classes.sum() >= limits.MIN_ROWS)


class TargetCells(NamedTuple):
    """The cells of a target, and how often each gap word occurs that is a class in it."""

    cells: pd.Series
    class_words: dict[str, int]


def target_cells(table: Table, name: str) -> TargetCells:
    """Return the cells of a target, including gap words that are as frequent in it as its classes.

    A gap word such as "None" may be a class. In a column of numbers it never is.
    """
    cells = table.frame[name]
    words = None if table.gap_words is None else table.gap_words.get(name)
    present = cells.dropna()
    if words is None or (len(present) > 0 and to_numbers(present).notna().all()):
        return TargetCells(cells, {})
    sizes = cells.value_counts()
    classes = sizes[sizes >= limits.MIN_CLASS_ROWS]
    counts = words.value_counts()
    # A rarer word is a class too where there would otherwise be only one.
    least = limits.MIN_CLASS_ROWS if len(classes) < 2 else classes.min()
    frequent = counts[counts >= least]
    return TargetCells(
        cells.fillna(words[words.isin(frequent.index)]), {str(word): int(n) for word, n in frequent.items()}
    )


def known_cells(table: Table, target: str, class_names: Sequence[str]) -> pd.DataFrame:
    """Return the rows of a table in which gap words in the target are cells again if a class is called so."""
    words = None if table.gap_words is None else table.gap_words.get(target)
    if words is None:
        return table.frame
    return table.frame.assign(**{target: table.frame[target].fillna(words[words.isin(class_names)])})


def spellings(cells: pd.Series) -> list[list[str]]:
    """Return the groups of cells that differ only in upper and lower case, each the most frequent first."""
    counts = cells.astype("str").value_counts().sort_index().sort_values(ascending=False, kind="stable")
    groups = counts.index.to_series().groupby(counts.index.str.casefold(), sort=False)
    return [list(group) for _, group in groups if len(group) > 1]


def make_classes(
    cells: pd.Series, bands: int, *, ignore_case: bool = False, combine_rare: bool = False
) -> TargetClasses:
    """Convert the values of the target to classes.

    The edges of bands are computed from all rows, held-out ones included: they define the classes, which must
    be known before rows can be split by class. Nothing that makes predictions is fitted here.

    Parameters
    ----------
    cells : pandas.Series
        The column to predict, named.
    bands : int
        0 uses the values as classes; 2 or more divides numbers into that many bands of equal size.
    ignore_case : bool
        Whether values that differ only in upper and lower case are one class, named by the most frequent.
    combine_rare : bool
        Whether values beyond the ``limits.MAX_CLASSES - 1`` most frequent ones are one class, `REST`.

    Raises
    ------
    DataError
        If the values do not give 2 to ``limits.MAX_CLASSES`` classes with enough rows each.
    """
    target = str(cells.name)
    values = to_numbers(cells)
    number_share = parse_amounts(cells.dropna()).values.notna().mean()
    if bands or values.nunique() > limits.MAX_CLASSES:
        _check_bands(target, bands, values, is_numeric=number_share >= NEARLY_ALL)
    edges: tuple[float, ...] = ()
    if bands:
        edges = _band_edges(values.to_numpy(), bands)
        labels, names = _band_numbers(values.to_numpy(), edges), _band_names(edges)
        notes = [
            f"Divided ‘{target}’ into {count(len(names), 'band')} of nearly equal size: {', '.join(names)}."
        ]
        if 1 < len(names) < bands:
            notes.append(f"You asked for {bands} bands, but too many rows share the same value.")
    elif number_share == 1 and not are_codes(cells, r"0\d"):
        labels, different = pd.factorize(values, sort=True)
        names, notes = [_number_name(cells[values == value], value) for value in different], []
    else:
        texts = cells.astype("str")
        merged = spellings(texts) if ignore_case else []
        texts = texts.replace({other: first for first, *others in merged for other in others})
        rare = _rare_values(texts) if combine_rare else []
        every_text, texts = texts, texts.replace(dict.fromkeys(rare, REST))
        labels, different = pd.factorize(texts, sort=True)
        names = [str(value) for value in different]
        notes = [f"Treated {quoted_list(group)} in ‘{target}’ as one class." for group in merged]
        if rare:
            notes.append(
                f"Combined the {count(len(rare), 'rarest value')} of ‘{target}’ to the class ‘{REST}’: "
                f"{quoted_list(rare)}{_tie_note(every_text, rare)}."
            )
    n_unlabeled = int((labels == NO_CLASS).sum())
    if n_unlabeled:
        notes.insert(0, f"Left out {count(n_unlabeled, 'row')} without a value in ‘{target}’.")
    return replace(_drop_rare_classes(target, labels, names, notes), edges=edges)


def _number_name(cells: pd.Series, value: float) -> str:
    """Return the name of a class of equal numbers, which keeps a unit as it is most often written."""
    is_plain = pd.to_numeric(cells, errors="coerce").notna().all()
    return np.format_float_positional(value, trim="-") if is_plain else str(cells.mode()[0])


def _tie_note(texts: pd.Series, rare: Sequence[str]) -> str:
    """Return a remark if values that were kept are as rare as one that was combined, empty otherwise."""
    counts = texts.value_counts()
    is_rare = counts.index.isin(list(rare))
    is_tie = counts[~is_rare].min() == counts[is_rare].max()
    return " (others are as rare, but stand earlier in the file)" if is_tie else ""


def _rare_values(texts: pd.Series) -> list[str]:
    return [str(value) for value in texts.value_counts().index[limits.MAX_CLASSES - 1 :]]


def labels_of(
    cells: pd.Series, names: Sequence[str], edges: Sequence[float] = (), *, combine_rare: bool = False
) -> Ints:
    """Return the class number, or ``NO_CLASS``, of each of further cells of a target.

    Cells match a class by its name; else as a number, however it is written; else in upper or lower case.

    Parameters
    ----------
    cells : pandas.Series
        Cells of rows that were not used to define the classes.
    names : sequence of str
        The names of the classes; see `TargetClasses`.
    edges : sequence of float
        The edges of bands, if the classes are bands.
    combine_rare : bool
        Whether cells that match no class belong to `REST`, if it is a class.
    """
    values = to_numbers(cells).to_numpy()
    if edges:
        number_of_name = {name: number for number, name in enumerate(names)}
        bands = [number_of_name.get(name, NO_CLASS) for name in _band_names(edges)]
        return np.array([*bands, NO_CLASS])[_band_numbers(values, edges)]
    texts = cells.astype("str").astype(object).fillna("").tolist()
    labels = np.full(len(texts), NO_CLASS)
    # The later way to compare takes precedence over the earlier ones.
    for keys, known in (
        ([text.casefold() for text in texts], [name.casefold() for name in names]),
        (_written(values), _written(to_numbers(pd.Series(names, dtype="str")).to_numpy())),
        (texts, names),
    ):
        number_of = {key: k for k, key in enumerate(known) if key and list(known).count(key) == 1}
        found = np.array([number_of.get(key, NO_CLASS) for key in keys], dtype=np.int64)
        labels = np.where(found == NO_CLASS, labels, found)
    if combine_rare and REST in names:
        labels = np.where((labels == NO_CLASS) & (cells.notna().to_numpy()), list(names).index(REST), labels)
    return labels


def _written(values: NDArray[np.float64]) -> list[str]:
    """Return numbers as text; an empty text for a missing one."""
    return [np.format_float_positional(value, trim="-") if np.isfinite(value) else "" for value in values]


def _check_bands(target: str, bands: int, values: pd.Series, is_numeric: bool) -> None:
    if bands and not is_numeric:
        raise DataError(
            f"‘{target}’ cannot be divided into bands.",
            "Only a column of numbers can be divided into bands.",
            "Choose 0 bands, or another column to predict.",
            "data.bands",
        )
    if is_numeric and not bands:
        raise DataError(
            f"‘{target}’ has {values.nunique():,} different numbers, too many for each to be a class.",
            "The network learns to assign rows to classes; it cannot predict a number yet.",
            "Divide the column into bands: with 2 bands, the classes are below and above the median.",
            "data.bands",
        )


def _band_edges(values: NDArray[np.float64], bands: int) -> tuple[float, ...]:
    finite = values[np.isfinite(values)]
    # Edges that are values themselves leave no band empty.
    edges = np.unique(np.quantile(finite, np.arange(1, bands) / bands, method="lower"))
    return tuple(edges[edges < finite.max()].tolist())


def _band_numbers(values: NDArray[np.float64], edges: Sequence[float]) -> Ints:
    """Return the number of the band of each value, or ``NO_CLASS`` for values that are not finite."""
    return np.where(np.isfinite(values), np.searchsorted(edges, values, side="left"), NO_CLASS)


def _band_names(edges: Sequence[float]) -> list[str]:
    n_bands = len(edges) + 1
    words = BAND_NAMES.get(n_bands) or [f"band {k}" for k in range(1, n_bands + 1)]
    if n_bands == 1:
        return list(words)
    written = [f"{edge:.4g}" for edge in edges]
    ranges = [f"≤ {written[0]}", *(f"{a} to {b}" for a, b in pairwise(written)), f"> {written[-1]}"]
    return [f"{word} ({span})" for word, span in zip(words, ranges, strict=True)]


def _drop_rare_classes(target: str, labels: Ints, names: list[str], notes: list[str]) -> TargetClasses:
    sizes = np.bincount(labels[labels != NO_CLASS], minlength=len(names))
    large_enough = np.flatnonzero(sizes >= limits.MIN_CLASS_ROWS)
    if len(names) < 2:
        raise DataError(
            f"‘{target}’ has " + ("no values." if not names else f"only one class, ‘{names[0]}’."),
            "There is nothing to distinguish.",
            "Choose another column to predict.",
            "data.target",
        )
    if len(large_enough) < 2:
        raise DataError(
            f"‘{target}’ has {count(len(names), 'different value')}, but fewer than two of them occur in "
            f"{limits.MIN_CLASS_ROWS} or more rows.",
            "A class needs at least one row each for training, validation and testing.",
            "Choose a column to predict whose values occur more often.",
            "data.target",
        )
    if len(large_enough) > limits.MAX_CLASSES:
        raise DataError(
            f"‘{target}’ has {len(large_enough):,} classes, more than the {limits.MAX_CLASSES} allowed.",
            "Charts and tables with more would be unreadable.",
            f"Keep the {limits.MAX_CLASSES - 1} most frequent ones and combine the others to one, or choose "
            "another column to predict.",
            "data.combine_rare",
        )
    rare = np.setdiff1d(np.arange(len(names)), large_enough)
    if len(rare):
        notes = [
            *notes,
            f"Left out {count(int(sizes[rare].sum()), 'row')} of classes with fewer than "
            f"{limits.MIN_CLASS_ROWS} rows: {quoted_list(names[k] for k in rare)}.",
        ]
    new_number = np.full(len(names) + 1, NO_CLASS)  # NO_CLASS is -1, so it indexes the last element
    new_number[large_enough] = np.arange(len(large_enough))
    return TargetClasses(
        new_number[labels].astype(np.int64), tuple(names[k] for k in large_enough), tuple(notes)
    )
