"""Targets of the benchmark, and whether they were reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from benchmarks.measure import Figures, Outcome

Quantity = Literal["first_step", "step", "training", "peak_memory"]


@dataclass(frozen=True)
class Target:
    """A bound on a quantity of one contender, or on its ratio to the same quantity of another.

    Parameters
    ----------
    quantity : str
        A field of `Figures`.
    of : str
        Key of a contender.
    over : str or None
        Key of the contender to divide by; ``None`` bounds the quantity itself.
    at_least, at_most : float or None
        The bound; exactly one of them is given.
    """

    quantity: Quantity
    of: str
    over: str | None = None
    at_least: float | None = None
    at_most: float | None = None

    def measured(self, outcomes: Mapping[str, Outcome]) -> float | None:
        """Return the quantity or ratio; ``None`` if it was not measured."""
        value = self._figure(outcomes, self.of)
        if self.over is None:
            return value
        divisor = self._figure(outcomes, self.over)
        return None if value is None or divisor is None else value / divisor

    def _figure(self, outcomes: Mapping[str, Outcome], key: str) -> float | None:
        outcome = outcomes.get(key)
        return getattr(outcome, self.quantity) if isinstance(outcome, Figures) else None

    def reached(self, value: float) -> bool:
        """Return whether `value` satisfies the bound."""
        return (self.at_least is None or value >= self.at_least) and (
            self.at_most is None or value <= self.at_most
        )
