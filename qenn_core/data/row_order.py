"""Rows that follow each other in time, of which the class can be told by those before and after."""

from __future__ import annotations

from math import sqrt

import numpy as np

from qenn_core.data.labeling import LabeledTable

# How many standard deviations more equal neighbours than in shuffled rows; and their share.
_MIN_DEVIATION = 6.0
_MIN_SHARE = 0.8


def order_caution(labeled: LabeledTable) -> str:
    """Return a caution if rows next to each other by date nearly always have the same class; else nothing.

    Under the hypothesis that the order tells nothing, the number of equal neighbours is nearly binomial, with
    the probability that two random rows have the same class.
    """
    for column in labeled.used:
        if column.role != "date":
            continue
        dates = column.values.iloc[labeled.rows].reset_index(drop=True).dropna()
        labels = labeled.labels[dates.sort_values(kind="stable").index]
        if dates.nunique() < len(labels) / 2 or len(np.unique(labels)) < 2:
            continue  # of a few dates, each can have its class
        n_pairs = len(labels) - 1
        chance = float(((np.bincount(labels) / len(labels)) ** 2).sum())
        share = np.count_nonzero(labels[1:] == labels[:-1]) / n_pairs
        deviation = (share - chance) / sqrt(chance * (1 - chance) / n_pairs)
        if share >= _MIN_SHARE and deviation >= _MIN_DEVIATION:
            return (
                f"In the order of ‘{column.name}’, {share:.0%} of the rows have the class of the row before. "
                "Test rows lie between the others, so the scores do not tell how well later rows would be "
                "predicted."
            )
    return ""
