"""Changes of runs as a server would save them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

from qenn_core.store import RunChange

ANNA, BEN = "a" * 64, "b" * 64


def first_change(run: str | None = None, owner: str = ANNA, **values: Any) -> RunChange:
    """Return the first change of a run."""
    return RunChange(run or uuid4().hex, owner, {"spec": "{}", **values})


def later_change(run: str, owner: str = ANNA, **values: Any) -> RunChange:
    """Return a change of a stored run."""
    return RunChange(run, owner, values)


def epoch(number: int, loss: float = 0.5) -> dict[str, Any]:
    return {"epoch": number, "loss": loss}


def epochs_change(run: str, *numbers: int, **fields: Any) -> RunChange:
    """Return a change that adds epochs to a stored run."""
    return replace(later_change(run), epochs=tuple(epoch(number) for number in numbers), **fields)
