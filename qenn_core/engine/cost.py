"""What evaluating a circuit costs, by counting: for choosing how, and for refusing what would not fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# To apply a block, forwards and backwards, takes a dozen torch calls; they cost about as much as this many
# multiplications of numbers.
_CALL = 250_000.0
# To read and write a number takes as long as this many multiplications.
_PASS = 24.0
# Wider blocks are larger matrices, to make and to multiply with; this is where they stop to pay in any case.
_LARGEST_BLOCK = 64


@dataclass(frozen=True)
class Cost:
    """Multiplications and bytes.

    Parameters
    ----------
    operations : float
        Real multiplications, the overhead of calls included as its equivalent.
    bytes : float
        Memory held at the same time.
    """

    operations: float
    bytes: float


def block_widths(n_wires: int, dim: int, size: float, per_row: bool, rows: int) -> list[int]:
    """Choose how to gather neighbouring wires, each with a matrix, into blocks.

    Parameters
    ----------
    n_wires : int
        Wires in a line.
    dim : int
        Levels of a wire.
    size : float
        Numbers in the whole register.
    per_row : bool
        Whether each row has its own matrices.
    rows : int
        Registers that the blocks are applied to.

    Returns
    -------
    list of int
        Widths of the blocks, in order, as equal as can be.
    """
    widest = max(w for w in range(1, n_wires + 1) if w == 1 or dim**w <= _LARGEST_BLOCK)

    def cost(n_blocks: int) -> float:
        widths = split_evenly(n_wires, n_blocks)
        entries = sum(dim ** (2 * w) for w in widths) * (rows if per_row else 1)
        return sum(_CALL + rows * size * (_PASS + dim**w) for w in widths) + 4 * entries + _CALL * (max(widths) - 1) / 5

    choices = [n for n in range(1, n_wires + 1) if max(split_evenly(n_wires, n)) <= widest]
    return split_evenly(n_wires, min(choices, key=cost))


def split_evenly(total: int, parts: int) -> list[int]:
    """Split a number into parts that differ by one at most, the larger ones first."""
    return [total // parts + (number < total % parts) for number in range(parts)]


def heisenberg_pays(n_outputs: int, rows: int, size: float, step_entries: Sequence[float]) -> bool:
    """Tell whether to take the observables back through some steps instead of the states forward.

    Parameters
    ----------
    n_outputs : int
        Observables.
    rows : int
        States.
    size : float
        Numbers in a register.
    step_entries : sequence of float
        For each step its entries a row of its matrix.
    """
    steps = sum(step_entries) * size
    return n_outputs * steps + rows * n_outputs * size < rows * steps
