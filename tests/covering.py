"""Covering arrays: few combinations of settings in which every pair of settings occurs."""

from collections.abc import Mapping, Sequence
from itertools import combinations, product
from typing import Any

Case = dict[Any, Any]


def covering_array(factors: Mapping[Any, Sequence[Any]], whole: Sequence[Any] = ()) -> list[Case]:
    """Return cases in which every pair of values of two factors occurs.

    Parameters
    ----------
    factors : mapping of str to sequence
        The values of each factor.
    whole : sequence of str
        Factors of which every combination occurs.
    """
    uncovered = {
        frozenset({(a, i), (b, j)})
        for a, b in combinations(factors, 2)
        for i, j in product(range(len(factors[a])), range(len(factors[b])))
    }
    rows = []

    def add(fixed: dict[Any, int]) -> None:
        row = dict(fixed)
        for name, values in factors.items():
            if name not in row:
                row[name] = max(
                    range(len(values)),
                    # Among equals, spread the values over the cases.
                    key=lambda index: (
                        sum(frozenset({(name, index), other}) in uncovered for other in row.items()),
                        (index - len(rows)) % len(values),
                    ),
                )
        uncovered.difference_update(map(frozenset, combinations(row.items(), 2)))
        rows.append(row)

    if whole:
        for indices in product(*(range(len(factors[name])) for name in whole)):
            add(dict(zip(whole, indices, strict=True)))
    while uncovered:
        add(dict(min(uncovered, key=sorted)))
    return [{name: values[row[name]] for name, values in factors.items()} for row in rows]


def case_id(case: Case) -> str:
    """Return the values of a case as the name of a test."""
    return "-".join(map(str, case.values()))


def pairwise(*axes: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return combinations of one value per axis in which every pair of values of two axes occurs."""
    return [tuple(case.values()) for case in covering_array(dict(enumerate(axes)))]
