"""What evaluating a circuit costs, by counting: for choosing how, and for refusing what would not fit."""

from __future__ import annotations

from collections.abc import Sequence

# To apply a block, forwards and backwards, takes some torch calls; they cost about as much as this many real
# multiplications.
_CALL = 240_000.0
# What it costs more if the block leaves other wires, which become an axis of the product.
_REST = 2.2
# To join the matrices of two blocks for a whole circuit costs so many times as much.
_JOIN = 3.5
# To read and write a number takes as long as this many multiplications.
_PASS = 24.0
# Wider blocks are larger matrices, to make and to multiply with; this is where they stop to pay in any case.
_LARGEST_BLOCK = 64


def block_widths(
    n_wires: int,
    dim: int,
    size: float,
    rows: int,
    *,
    per_row: bool,
    n_steps: int,
    n_factors: Sequence[int],
) -> list[int]:
    """Choose how to gather neighbouring wires, each with a matrix, into blocks.

    Parameters
    ----------
    n_wires : int
        Wires in a line.
    dim : int
        Levels of a wire: 2 for complex numbers, 4 for real ones.
    size : float
        Numbers in the whole register.
    rows : int
        Registers that the blocks are applied to.
    per_row : bool
        Whether each row has its own matrices.
    n_steps : int
        Steps of the circuit that share the calls by which matrices are made.
    n_factors : sequence of int
        For each width how many matrices a block is the Kronecker product of.

    Returns
    -------
    list of int
        Widths of the blocks, in order, as equal as can be.
    """
    unit = 4 if dim == 2 else 1
    widest = max(w for w in range(1, n_wires + 1) if w == 1 or dim**w <= _LARGEST_BLOCK)

    def cost(widths: list[int]) -> float:
        entries = sum(dim ** (2 * w) for w in widths) * (rows if per_row else 1)
        joins = _JOIN * _CALL * (n_factors[widths[0]] - 1) / n_steps
        calls = _CALL * len(widths) * (_REST if dim ** widths[0] < size else 1.0)
        work = sum(rows * size * (_PASS + dim**w) for w in widths) + entries
        return float(calls + joins + unit * work)

    choices = [split_evenly(n_wires, parts) for parts in range(1, n_wires + 1)]
    return min((widths for widths in choices if widths[0] <= widest), key=cost)


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
