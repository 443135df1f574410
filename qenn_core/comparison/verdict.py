"""What two models' predictions on the same test rows say about which is better."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import NormalDist
from typing import Literal

import numpy as np

from qenn_core.comparison.results import Verdict

ALPHA = 0.05
Z = NormalDist().inv_cdf(1 - ALPHA / 2)


def paired_interval(n_rows: int, only_first: int, only_second: int) -> tuple[float, float]:
    """Return the 95 % interval of the difference of two accuracies on the same rows, in -1 to 1.

    The adjusted Wald interval of Bonett and Price (2012, J. Educ. Behav. Stat. 37, 479-488): one row is
    added to each of the two kinds on which the models disagree. Unlike a bootstrap it keeps its width where
    the models agree on every row, which a few test rows do not make certain of all others.

    Parameters
    ----------
    n_rows : int
        Rows that both models predicted, at least one.
    only_first, only_second : int
        Rows that only the first, or only the second model got right.
    """
    total = n_rows + 2
    first, second = (only_first + 1) / total, (only_second + 1) / total
    difference = first - second
    half_width = Z * sqrt((first + second - difference**2) / total)
    return max(-1.0, difference - half_width), min(1.0, difference + half_width)


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the two-sided p-value of McNemar's exact test on the rows where one model alone is right."""
    from scipy.stats import binomtest

    discordant = only_first + only_second
    return float(binomtest(only_first, discordant).pvalue) if discordant else 1.0


def judge(labels: Sequence[int], quantum: Sequence[int], classical: Sequence[int], against: str) -> Verdict:
    """Compare the QENN's predictions with a baseline's, claiming no more than the rows carry.

    A lead is called one only where the interval leaves out zero and McNemar's test stays below 5 %.

    Parameters
    ----------
    labels, quantum, classical : (rows,)
        True class numbers, and those predicted by each model for the same rows; at least one.
    against : str
        The baseline's name.
    """
    right_quantum = np.equal(quantum, labels)
    right_classical = np.equal(classical, labels)
    n_rows = len(labels)
    only_quantum = int(np.sum(right_quantum & ~right_classical))
    only_classical = int(np.sum(right_classical & ~right_quantum))
    low, high = paired_interval(n_rows, only_quantum, only_classical)
    p_value = mcnemar(only_quantum, only_classical)
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
        sentence=_sentence(against, n_rows, points, 100 * low, 100 * high, p_value),
    )


def _sentence(against: str, n_rows: int, points: float, low: float, high: float, p_value: float) -> str:
    interval = f"95 % interval {_signed(low)} to {_signed(high)} points"
    if points == 0:
        return f"No difference from {_within(against)} that {n_rows} test rows can show ({interval})."
    if points > 0:
        lead = f"The QENN is {points:.1f} points ahead of {_within(against)}"
    else:
        lead = f"{against} is {-points:.1f} points ahead of the QENN"
    if low <= 0 <= high:
        return f"{lead} on {n_rows} test rows; chance alone could do that ({interval})."
    if p_value >= ALPHA:
        return (
            f"{lead} on {n_rows} test rows; too few rows tell the two apart to rule out chance "
            f"({interval}, exact p = {p_value:.2f})."
        )
    return f"{lead} on {n_rows} test rows; more than chance alone explains ({interval})."


def _signed(points: float) -> str:
    return f"{points:+.0f}".replace("-", "−") if round(points) else "0"


def _within(name: str) -> str:
    """Write a name within a sentence: "Logistic" loses its capital, "SVM" does not."""
    return name[:1].lower() + name[1:] if name[1:2].islower() else name
