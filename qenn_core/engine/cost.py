"""Count the cost of evaluating a circuit in different ways, to choose the cheapest."""

from __future__ import annotations

from collections.abc import Sequence

# The calls that apply a block, forwards and backwards, cost about as much as this many real multiplications.
_BLOCK_CALLS = 240_000.0
# The calls cost this factor more if the block leaves other wires, which become an axis of the product.
_OTHER_WIRES_FACTOR = 2.2
# Joining the matrices of two blocks, once for the whole circuit, costs this many times the calls of a block.
_JOIN_FACTOR = 3.5
# Reading and writing a number takes as long as this many multiplications.
_MEMORY_ACCESS = 24.0
# Matrices larger than this are always slower, both to compute and to multiply with.
_MAX_BLOCK_DIM = 64


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
    """Choose how to group adjacent wires, each with a matrix, into blocks.

    Parameters
    ----------
    n_wires : int
        Number of adjacent wires.
    dim : int
        Levels per wire: 2 for complex numbers, 4 for real ones.
    size : float
        Numbers in the whole register.
    rows : int
        Number of registers that the blocks are applied to.
    per_row : bool
        Whether each row has its own matrices.
    n_steps : int
        Number of steps of the circuit, which share the calls that compute matrices.
    n_factors : sequence of int
        For each width, the number of matrices whose Kronecker product is a block.

    Returns
    -------
    list of int
        Widths of the blocks, in order, as equal as possible.
    """
    unit = 4 if dim == 2 else 1
    widest = max(w for w in range(1, n_wires + 1) if w == 1 or dim**w <= _MAX_BLOCK_DIM)

    def cost(widths: list[int]) -> float:
        entries = sum(dim ** (2 * w) for w in widths) * (rows if per_row else 1)
        joins = _JOIN_FACTOR * _BLOCK_CALLS * (n_factors[widths[0]] - 1) / n_steps
        calls = _BLOCK_CALLS * len(widths) * (_OTHER_WIRES_FACTOR if dim ** widths[0] < size else 1.0)
        work = sum(rows * size * (_MEMORY_ACCESS + dim**w) for w in widths) + entries
        return float(calls + joins + unit * work)

    choices = [split_evenly(n_wires, parts) for parts in range(1, n_wires + 1)]
    return min((widths for widths in choices if widths[0] <= widest), key=cost)


def split_evenly(total: int, parts: int) -> list[int]:
    """Split a number into parts that differ by at most one, the larger ones first."""
    return [total // parts + (number < total % parts) for number in range(parts)]


def prefers_heisenberg(n_outputs: int, rows: int, size: float, step_entries: Sequence[float]) -> bool:
    """Return whether it is cheaper to propagate observables backwards than states forwards.

    Parameters
    ----------
    n_outputs : int
        Number of observables.
    rows : int
        Number of states.
    size : float
        Numbers in a register.
    step_entries : sequence of float
        Entries per row of each step's matrix.
    """
    steps = sum(step_entries) * size
    return n_outputs * steps + rows * n_outputs * size < rows * steps
