"""Recognition of numbers that only identify rows, from which nothing can be learnt for new rows."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from qenn_core.data.prepared import Ints

_NAMES = frozenset({"id", "index", "no", "nr", "row", "number", "rownames", "unnamed: 0", ""})
# Last words of names such as CustomerId, EmployeeNumber or Sample code number.
_LAST_WORDS = frozenset(("id", "uid", "uuid", "guid", "mrn", "ssn", "code", "key"))
# Of names such as EmployeeNumber, but also Reynolds number.
_LAST_WORDS_OF_NUMBERS = frozenset(("no", "nr", "num", "number"))
# Endings of names in one word, such as CLIENTNUM. Other words end like this too, so the cells must agree.
_ENDINGS = ("id", "no", "nr", "num", "code", "key")
_WORD = re.compile(r"[^\W\d_]+|\d+")
_CASE_CHANGE = re.compile(r"(?<=[a-z])(?=[A-Z])")
# Identifiers may repeat now and then, such as that of a patient who was examined twice.
_MIN_UNIQUE_SHARE = 0.8
_MIN_DIGITS = 5
_MIN_ROWS = 30
# Probabilities below which numbers are not a sample of measurements, not spread evenly, or not unrelated.
_NO_SAMPLE, _UNEVEN, _RELATED = 1e-4, 0.1, 1e-3


def are_identifiers(name: str, numbers: pd.Series, labels: Ints | None) -> bool:
    """Return whether the numbers of a column only identify its rows.

    That is so for whole numbers that

    - count the rows, or
    - rarely repeat, in a column named as an identifier, or
    - rarely repeat in a column named like an identifier, hardly ever repeat although they lie so close
      together that measured values would, or are spread evenly over a range of long numbers, and either rise
      from row to row or have no relation to the classes.

    Amounts such as incomes or populations rarely repeat too, but are not spread evenly, or are related to the
    classes. The classes of held-out rows have a part in this only by keeping a column that would else be left
    out; of columns without a relation, that is one in a thousand.

    Parameters
    ----------
    name : str
        Name of the column.
    numbers : pandas.Series
        Its numbers, without gaps, in the order of the rows.
    labels : array (rows,) or None
        Their class numbers, negative for rows without a class; ``None`` if they are unknown.
    """
    if (numbers % 1 != 0).any() or (numbers < 0).any():
        return False
    steps = numbers.diff().iloc[1:]
    if (steps == 1).all():
        return True
    n_rows, n_repeats = len(numbers), len(numbers) - numbers.nunique()
    if n_rows - n_repeats < _MIN_UNIQUE_SHARE * n_rows:
        return False
    digits = np.floor(np.log10(numbers.clip(lower=1)))
    have_one_length = bool(digits.nunique() == 1 and digits.iloc[0] >= _MIN_DIGITS - 1)
    if _is_named_identifier(name):
        return True
    if not (
        _is_like_an_identifier(name, have_one_length)
        or _avoid_repeating(numbers, n_repeats)
        or (have_one_length and _are_even(numbers, n_repeats))
    ):
        return False
    return bool((steps > 0).all()) or labels is None or not _are_related(numbers, labels)


def _is_named_identifier(name: str) -> bool:
    words = _words(name)
    return name.strip().casefold() in _NAMES or (bool(words) and words[-1] in _LAST_WORDS)


def _is_like_an_identifier(name: str, have_one_length: bool) -> bool:
    """Return whether a name may be that of an identifier, but also that of a number, such as amount_paid."""
    words = _words(name)
    is_number = bool(words) and words[-1] in _LAST_WORDS_OF_NUMBERS
    return is_number or (have_one_length and name.strip().casefold().endswith(_ENDINGS))


def _words(name: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(_CASE_CHANGE.sub(" ", name))]


def _avoid_repeating(numbers: pd.Series, n_repeats: int) -> bool:
    """Return whether there are fewer repeats than a sample of independent numbers would have.

    Of all distributions over the same range, the even one gives the fewest pairs of equal numbers.
    """
    from scipy.stats import poisson

    n_pairs = len(numbers) * (len(numbers) - 1) / 2
    return bool(poisson.cdf(n_repeats, n_pairs / (numbers.max() - numbers.min() + 1)) < _NO_SAMPLE)


def _are_even(numbers: pd.Series, n_repeats: int) -> bool:
    from scipy.stats import kstest

    if n_repeats or len(numbers) < _MIN_ROWS:
        return False
    low, high = numbers.min(), numbers.max()
    return bool(kstest((numbers - low) / (high - low), "uniform").pvalue > _UNEVEN)


def _are_related(numbers: pd.Series, labels: Ints) -> bool:
    from scipy.stats import kruskal

    classes = [numbers[labels == label] for label in np.unique(labels[labels >= 0])]
    return len(classes) > 1 and bool(kruskal(*classes).pvalue < _RELATED)
