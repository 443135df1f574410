"""Decide from the predictions of two models on the same test rows whether one is better."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from qenn_core.comparison.results import Verdict
from qenn_core.text import count, uncapitalise

ALPHA = 0.05
Z = NormalDist().inv_cdf(1 - ALPHA / 2)


def design_effect(differences: NDArray[np.int64], groups: NDArray[np.int64]) -> float:
    """Return by what factor the variance of a mean grows because rows come in groups.

    This is the design effect of Rao and Scott (1992, Biometrics 48, 577-585): a number of rows divided by it
    is the number of independent rows that tell as much. It is 1 if every row is a group of its own, and here
    never less. If all differences are the same, they do not show it; then the rows of a group count as one
    (Kish 1965, Survey Sampling).

    Parameters
    ----------
    differences : (rows,)
        What is averaged: here -1, 0 or 1.
    groups : (rows,)
        The number of the group of each row, from 0.
    """
    _, numbers = np.unique(groups, return_inverse=True)
    sizes, totals = np.bincount(numbers), np.bincount(numbers, weights=differences)
    n_rows, n_groups, mean = len(differences), len(sizes), differences.mean()
    if n_groups == n_rows:
        return 1.0
    of_rows = ((differences - mean) ** 2).sum() * n_rows / (n_rows - 1)
    if n_groups == 1 or not of_rows:
        return float((sizes**2).sum() / n_rows)
    of_groups = ((totals - sizes * mean) ** 2).sum() * n_groups / (n_groups - 1)
    return max(1.0, float(of_groups / of_rows))


def paired_interval(n_rows: float, only_first: float, only_second: float) -> tuple[float, float]:
    """Return the 95% interval of the difference of two accuracies on the same rows, within -1 to 1.

    The adjusted Wald interval of Bonett and Price (2012, J. Educ. Behav. Stat. 37, 479-488): one row is
    added to each of the two kinds of rows on which the models disagree. Unlike a bootstrap interval, it keeps
    a positive width if the models agree on every row, since a few test rows say little about all others.

    Parameters
    ----------
    n_rows : float
        Number of rows that both models predicted, at least one; in groups, divided by the design effect.
    only_first, only_second : float
        Number of rows that only the first, or only the second model predicted correctly, divided likewise.
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
    labels: Sequence[int],
    quantum: Sequence[int],
    classical: Sequence[int],
    against: str,
    *,
    groups: Sequence[int] | None = None,
    n_seen: int = 0,
) -> Verdict:
    """Compare the QENN's predictions with a baseline's, without claiming more than the rows support.

    A model is ahead only if the interval excludes zero and the p-value of McNemar's test is below 5%. If rows
    come in groups, the interval counts as many rows as are independent, and the test counts groups: in each,
    the model is ahead that predicted more of its rows correctly (a sign test). If test rows are equal to
    training rows, no model is.

    Parameters
    ----------
    labels, quantum, classical : (rows,)
        True class numbers, and those predicted by each model for the same rows; at least one.
    against : str
        The baseline's name.
    groups : (rows,), optional
        The number of the group of each row, from 0; by default, each row is a group of its own.
    n_seen : int
        How many of the rows are equal to training or validation rows.
    """
    n_rows = len(labels)
    numbers = np.arange(n_rows) if groups is None else np.asarray(groups)
    differences = np.equal(quantum, labels).astype(np.int64) - np.equal(classical, labels)
    only_quantum, only_classical = int((differences > 0).sum()), int((differences < 0).sum())
    effect = design_effect(differences, numbers)
    low, high = paired_interval(n_rows / effect, only_quantum / effect, only_classical / effect)
    leads = np.bincount(numbers, weights=differences)
    won, lost = int((leads > 0).sum()), int((leads < 0).sum())
    p_value = mcnemar_p_value(won, lost)
    ahead: Literal["quantum", "classical"] | None = None
    if not n_seen and p_value < ALPHA:
        # A few large groups may favour one model, and most groups the other.
        if low > 0 and won > lost:
            ahead = "quantum"
        elif high < 0 and won < lost:
            ahead = "classical"
    n_groups = len(np.unique(numbers))
    rows = count(n_rows, "test row") + (f" in {count(n_groups, 'group')}" if n_groups < n_rows else "")
    points = 100 * (only_quantum - only_classical) / n_rows
    return Verdict(
        against=against,
        points=points,
        low=100 * low,
        high=100 * high,
        p_value=p_value,
        ahead=ahead,
        sentence=_describe(
            against, rows, points, 100 * low, 100 * high, p_value, n_seen, is_ahead=ahead is not None
        ),
    )


def _describe(
    against: str,
    rows: str,
    points: float,
    low: float,
    high: float,
    p_value: float,
    n_seen: int,
    *,
    is_ahead: bool,
) -> str:
    name = uncapitalise(against)
    if points == 0:
        sentence = f"The QENN and {name} are equally accurate on {rows}"
    elif points > 0:
        sentence = f"The QENN is {points:.1f} points ahead of {name} on {rows}"
    else:
        sentence, low, high = f"{against} is {-points:.1f} points ahead of the QENN on {rows}", -high, -low
    interval = f"95% interval: {_span(low, high)}"
    if n_seen:
        reason = f"{n_seen:,} of them {'is' if n_seen == 1 else 'are'} equal to training or validation rows"
        return f"{sentence}, but {reason}: this shows memory, not which model is better."
    if points == 0:
        return f"{sentence} ({interval})."
    if low <= 0:
        return f"{sentence}, but that could be chance alone ({interval})."
    if p_value >= ALPHA:
        return (
            f"{sentence}, but the two differ on too few rows to rule out chance "
            f"({interval}, exact p = {p_value:.2f})."
        )
    if not is_ahead:
        return f"{sentence}, but not in most groups, so that could be chance alone ({interval})."
    return f"{sentence}, more than chance alone would explain ({interval})."


def _span(low: float, high: float) -> str:
    """Describe the limits of a lead, which is a lead of the other model where it is negative."""
    if low >= 0:
        return f"{low:.0f} to {high:.0f} points ahead"
    # A limit below zero never reads as zero.
    return f"{count(max(1, round(-low)), 'point')} behind to {high:.0f} points ahead"
