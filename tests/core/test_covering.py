"""Covering arrays contain every pair of settings, in fewer rows than the full product."""

from itertools import combinations, product

from covering import pairwise


def test_every_pair_of_settings_occurs() -> None:
    axes = ["abcd", (0, 1, 2), (True, False), ("x", "y", "z")]
    rows = pairwise(*axes)
    for (i, first), (j, second) in combinations(enumerate(axes), 2):
        assert {(row[i], row[j]) for row in rows} == set(product(first, second))
    assert len(rows) < 4 * 3 * 2 * 3 / 3
