"""Decide from the predictions of two models on the same test rows whether one is better."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import NormalDist
from typing import Literal

import numpy as np

from qenn_core.comparison.results import Verdict
from qenn_core.text import count

ALPHA = 0.05
Z = NormalDist().inv_cdf(1 - ALPHA / 2)


def paired_interval(n_rows: int, only_first: int, only_second: int) -> tuple[float, float]:
    """Return the 95% interval of the difference of two accuracies on the same rows, within -1 to 1.

    The adjusted Wald interval of Bonett and Price (2012, J. Educ. Behav. Stat. 37, 479-488): one row is
    added to each of the two kinds of rows on which the models disagree. Unlike a bootstrap interval, it keeps
    a positive width if the models agree on every row, since a few test rows say little about all others.

    Parameters
    ----------
    n_rows : int
        Number of rows that both models predicted, at least one.
    only_first, only_second : int
        Number of rows that only the first, or only the second model predicted correctly.
    """
    total = n_rows + 2
    first, second = (only_first + 1) / total, (only_second + 1) / total
    difference = first - second
    half_width = Z * sqrt((first + second - difference**2) / total)
    return max(-1.0, difference - half_width), min(1.0, difference + half_width)


def mcnemar_p_value(only_first: int, only_second: int) -> float:
    """Return the two-sided p-value of McNemar's exact test.

    The arguments are the numbers of rows that only the first, or only the second model predicted correctly.
    """
    from scipy.stats import binomtest

    discordant = only_first + only_second
    return float(binomtest(only_first, discordant).pvalue) if discordant else 1.0


def compare_predictions(
    labels: Sequence[int], quantum: Sequence[int], classical: Sequence[int], against: str
) -> Verdict:
    """Compare the QENN's predictions with a baseline's, without claiming more than the rows support.

    A model is ahead only if the interval excludes zero and the p-value of McNemar's test is below 5%.

    Parameters
    ----------
    labels, quantum, classical : (rows,)
        True class numbers, and those predicted by each model for the same rows; at least one.
    against : str
        The baseline's name.
    """
    quantum_correct = np.equal(quantum, labels)
    classical_correct = np.equal(classical, labels)
    n_rows = len(labels)
    only_quantum = int(np.sum(quantum_correct & ~classical_correct))
    only_classical = int(np.sum(classical_correct & ~quantum_correct))
    low, high = paired_interval(n_rows, only_quantum, only_classical)
    p_value = mcnemar_p_value(only_quantum, only_classical)
    ahead: Literal["quantum", "classical"] | None = None
    if p_value < ALPHA and (low > 0 or high < 0):
        ahead = "quantum" if low > 0 else "classical"
    points = 100 * (only_quantum - only_classical) / n_rows
    return Verdict(
        against=against,
        points=points,
        low=100 * low,
        high=100 * high,
        p_value=p_value,
        ahead=ahead,
        sentence=_describe(against, n_rows, points, 100 * low, 100 * high, p_value),
    )


def _describe(against: str, n_rows: int, points: float, low: float, high: float, p_value: float) -> str:
    interval = f"95% interval: {_signed(low)} to {_signed(high)} points"
    rows = count(n_rows, "test row")
    if points == 0:
        return f"The QENN and {_uncapitalise(against)} are equally accurate on {rows} ({interval})."
    if points > 0:
        lead = f"The QENN is {points:.1f} points ahead of {_uncapitalise(against)} on {rows}"
    else:
        lead = f"{against} is {-points:.1f} points ahead of the QENN on {rows}"
    if low <= 0 <= high:
        return f"{lead}, but that could be chance alone ({interval})."
    if p_value >= ALPHA:
        return (
            f"{lead}, but the two differ on too few rows to rule out chance "
            f"({interval}, exact p = {p_value:.2f})."
        )
    return f"{lead}, more than chance alone would explain ({interval})."


def _signed(points: float) -> str:
    return f"{points:+.0f}".replace("-", "−") if round(points) else "0"


def _uncapitalise(name: str) -> str:
    """Return a name as it is written within a sentence: "logistic" for "Logistic", but "SVM" unchanged."""
    return name[:1].lower() + name[1:] if name[1:2].islower() else name
