"""Small helpers for sentences about data."""

from __future__ import annotations

from collections.abc import Iterable

MAX_LISTED = 5


def count(number: int, noun: str) -> str:
    """Return ``"1 row"`` or ``"1,200 rows"``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def listed(names: Iterable[str]) -> str:
    """Return names in quotes, the first few of a long list."""
    names = list(names)
    shown = ", ".join(f"‘{name}’" for name in names[:MAX_LISTED])
    more = len(names) - MAX_LISTED
    return f"{shown} and {more:,} more" if more > 0 else shown
