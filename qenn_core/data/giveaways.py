"""Recognition of columns that give the class away, such as a code of it or a probability computed from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from qenn_core.data.columns import Column
from qenn_core.data.prepared import Floats, Ints

# The share of the rows outside the largest class that a giveaway may get wrong. The petals of the iris data,
# which honestly tell species apart, get twice as many wrong.
_MAX_ERROR_SHARE = 0.02
# A column of random numbers should pass less often than this, counting all columns of the table.
_MAX_CHANCE = 1e-3


class Giveaway(NamedTuple):
    """A column that tells the class of ``n_right`` of ``n_rows`` different training rows on its own."""

    column: str
    n_right: int
    n_rows: int


def find_giveaways(
    columns: Sequence[Column], rows: Ints, labels: Ints, equal: Ints, groups: Ints
) -> Iterator[Giveaway]:
    """Iterate over the columns that tell the class of all rows, or of nearly all, on their own.

    A column can tell the class by its values, by which of its cells are missing, or, if it is ordered, by
    being low or high. A value that occurs in a single row, or in its copies, tells nothing.

    Parameters
    ----------
    columns : sequence of Column
        The columns that are used.
    rows : array (n_rows,)
        Positions in them of the training rows.
    labels : array (n_rows,)
        The class numbers of these rows.
    equal : array (n_rows,)
        The number of each row, which equal rows share.
    groups : array (n_rows,)
        The number of the group of each row; rows of a group are no independent evidence.
    """
    sizes = np.unique(labels[np.unique(groups, return_index=True)[1]], return_counts=True)[1]
    for column in columns:
        values = column.values.iloc[rows].to_numpy()
        frame = pd.DataFrame({"value": values, "label": labels, "row": equal}).drop_duplicates()
        row_labels = frame["label"].to_numpy()
        max_wrong = _MAX_ERROR_SHARE * (len(frame) - np.bincount(row_labels).max())
        n_right = max(_count_right(column, frame["value"], row_labels, max_wrong))
        n_wrong = len(frame) - n_right
        if n_wrong <= max_wrong and len(columns) * _chance(sizes, n_wrong) < _MAX_CHANCE:
            yield Giveaway(column.name, n_right, len(frame))


def _count_right(column: Column, values: pd.Series, labels: Ints, max_wrong: float) -> Iterable[int]:
    """Return how many rows each way to read the column classifies correctly; 0 if it gets too many wrong."""
    yield _right_by_value(values.isna().to_numpy(), labels)
    yield _right_by_value(values.to_numpy(), labels)
    if column.role in ("numeric", "date"):
        known = values.notna().to_numpy()
        numbers = values[known].astype("int64" if column.role == "date" else "float64")
        yield _right_by_order(np.asarray(numbers, dtype=np.float64), labels[known], max_wrong)


def _right_by_value(values: NDArray[Any], labels: Ints) -> int:
    """Count the rows whose class is the most frequent one among the other rows with their value."""
    numbers, _ = pd.factorize(values, use_na_sentinel=False)
    n_classes = max(2, labels.max() + 1)
    counts = np.bincount(numbers * n_classes + labels, minlength=n_classes * (numbers.max() + 1))
    ordered = np.sort(counts.reshape(-1, n_classes), axis=1)
    lead = ordered[:, -1] - ordered[:, -2]
    return int(ordered[lead > 1, -1].sum())


def _right_by_order(numbers: Floats, labels: Ints, max_wrong: float) -> int:
    """Count the rows that are right if the range of the numbers is divided into one interval per class."""
    from sklearn.tree import DecisionTreeClassifier

    n_classes = len(np.unique(labels))
    if n_classes < 2:  # the others have gaps, which tell the rest
        return 0
    # In the order of the numbers, the class changes between the intervals, and before and after a wrong row.
    n_changes = np.count_nonzero(np.diff(labels[np.argsort(numbers, kind="stable")]))
    if n_changes > n_classes - 1 + 2 * max_wrong:
        return 0
    tree = DecisionTreeClassifier(max_leaf_nodes=n_classes, random_state=0)
    # Trees compute in single precision, in which numbers can overflow or coincide; their ranks cannot.
    column = np.unique(numbers, return_inverse=True)[1][:, np.newaxis]
    return int((tree.fit(column, labels).predict(column) == labels).sum())


def _chance(sizes: Ints, n_wrong: int) -> float:
    """Return a bound of the probability that random numbers tell the classes as well.

    At most ``K! C(n, e) K^e`` of the ``n! / (n_1! ... n_K!)`` orders of the classes have K intervals with e
    errors.
    """
    from scipy.special import gammaln

    n_rows, n_classes = sizes.sum(), len(sizes)
    n_orders = gammaln(n_rows + 1) - gammaln(sizes + 1).sum()
    n_errors = gammaln(n_rows + 1) - gammaln(n_wrong + 1) - gammaln(n_rows - n_wrong + 1)
    n_good = gammaln(n_classes + 1) + n_errors + n_wrong * np.log(n_classes)
    return float(np.exp(min(0.0, n_good - n_orders)))
