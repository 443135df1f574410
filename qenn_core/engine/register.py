"""Positions in a register of several wires: wire 0 is the most significant digit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def digits(wires: Sequence[int], n_wires: int, dim: int) -> NDArray[np.int64]:
    """Return, for each position of a register, the number formed by its digits on `wires`, in their order."""
    positions = np.arange(dim**n_wires)
    number = np.zeros_like(positions)
    for wire in wires:
        number = dim * number + positions // dim ** (n_wires - 1 - wire) % dim
    return number


def positions_in_order(order: Sequence[int], dim: int) -> NDArray[np.int64]:
    """Return, for each position of a register, its position when the wires are in another order."""
    positions = np.arange(dim ** len(order)).reshape([dim] * len(order))
    return positions.transpose(np.argsort(order)).ravel()
