"""How a register of several wires is numbered: wire 0 is the most significant digit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def digits(wires: Sequence[int], n_wires: int, dim: int) -> NDArray[np.int64]:
    """Return for each place of a register the number that its digits on `wires` make, in their order."""
    places = np.arange(dim**n_wires)
    number = np.zeros_like(places)
    for wire in wires:
        number = dim * number + places // dim ** (n_wires - 1 - wire) % dim
    return number


def moved(order: Sequence[int], dim: int) -> NDArray[np.int64]:
    """Return for each place of a register where it lies if the wires come in another order."""
    places = np.arange(dim ** len(order)).reshape([dim] * len(order))
    return places.transpose(np.argsort(order)).ravel()
