"""Covering arrays: few combinations of settings in which every pair of settings occurs."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import combinations, product


def pairwise(*axes: Sequence[Hashable]) -> list[tuple[Hashable, ...]]:
    """Return combinations of one setting per axis that contain every pair of settings of different axes.

    Greedy: each combination added is the one with the most pairs that are still missing.
    """
    numbered = list(combinations(range(len(axes)), 2))
    missing = {(i, j, a, b) for i, j in numbered for a, b in product(axes[i], axes[j])}
    candidates = list(product(*axes))
    chosen = []
    while missing:
        best = max(candidates, key=lambda row: sum((i, j, row[i], row[j]) in missing for i, j in numbered))
        missing -= {(i, j, best[i], best[j]) for i, j in numbered}
        chosen.append(best)
    return chosen
