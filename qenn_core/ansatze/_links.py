"""Which qubits a layer entangles."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any


def links(
    wires: Sequence[Any], entanglement: str, *, stride: int = 1, both_ways: bool = False
) -> tuple[tuple[Any, Any], ...]:
    """Return the ordered pairs of wires that a layer links with a two-qubit gate.

    Parameters
    ----------
    wires : sequence
        The wires, first to last; one wire has no links.
    entanglement : {"ring", "linear", "all", "none"}
        ``ring``: each wire with the one `stride` further on, the last ones with the first again;
        ``linear``: neighbours, open at the ends; ``all``: every pair; ``none``: no pair.
    stride : int
        How far a ring reaches, ``1 <= stride < len(wires)``.
    both_ways : bool
        A ring can meet a pair from both sides: on two wires always, else when the stride is half of the
        ring. Then the pair is linked in both directions, or else once.

    Raises
    ------
    ValueError
        If `entanglement` is unknown.
    """
    n = len(wires)
    if entanglement == "ring":
        # A stride of half the ring meets every pair a second time on the second half of the way.
        starts = n // 2 if 2 * stride == n and not both_ways else n
        pairs = [(i, (i + stride) % n) for i in range(starts) if n > 1]
    elif entanglement == "linear":
        pairs = [(i, i + 1) for i in range(n - 1)]
    elif entanglement == "all":
        pairs = list(combinations(range(n), 2))
    elif entanglement == "none":
        pairs = []
    else:
        raise ValueError(f"unknown entanglement {entanglement!r}; known: ring, linear, all, none")
    return tuple((wires[a], wires[b]) for a, b in pairs)
