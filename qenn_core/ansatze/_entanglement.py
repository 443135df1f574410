"""The pairs of qubits that a layer entangles."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any


def entangled_pairs(
    wires: Sequence[Any], entanglement: str, *, stride: int = 1, both_ways: bool = False
) -> tuple[tuple[Any, Any], ...]:
    """Return the pairs of wires on which a layer applies a two-qubit gate.

    Parameters
    ----------
    wires : sequence
        The wires, first to last; a single wire gives no pairs.
    entanglement : {"ring", "linear", "all", "none"}
        ``ring``: each wire and the one `stride` positions further, wrapping around at the end;
        ``linear``: neighbours, without wrapping around; ``all``: every pair; ``none``: no pair.
    stride : int
        The distance between the wires of a pair in a ring, ``1 <= stride < len(wires)``.
    both_ways : bool
        Whether a ring returns a pair in both directions if its wires are `stride` apart either way round:
        always with two wires, otherwise if the stride is half the length of the ring.

    Raises
    ------
    ValueError
        If `entanglement` is unknown.
    """
    n = len(wires)
    if entanglement == "ring":
        # With a stride of half the ring, the second half of the wires would repeat the pairs of the first.
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
