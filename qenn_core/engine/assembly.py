"""Where a plan is put together: slots, and constants in one precision on one device."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import scipy.sparse
import torch
from numpy.typing import NDArray

from qenn_core.engine.angle_buffers import Pool
from qenn_core.engine.kernels import Kernel
from qenn_core.engine.parameters import NOTHING, Needs, Value
from qenn_core.engine.plan import Instruction, Plan, Slot
from qenn_core.engine.program import Map, Program

# Constant matrices with fewer entries than this are dense.
_DENSE_ENTRIES = 2**16


class Assembly:
    """A plan in the making.

    Parameters
    ----------
    program : Program
        The circuit.
    n_weights, n_inputs : int
        Entries of all weights, and of a row of inputs.
    dtype : torch.dtype
        ``torch.float32`` or ``torch.float64``.
    device : torch.device
        Where the tensors are.

    Attributes
    ----------
    size : int
        Numbers in a register.
    real, dtype : torch.dtype
        Of angles, and of registers: complex for pure states.
    """

    def __init__(
        self, program: Program, n_weights: int, n_inputs: int, dtype: torch.dtype, device: torch.device
    ) -> None:
        self.program = program
        self.real = dtype
        self.dtype = dtype if program.mixed else dtype.to_complex()
        self.device = device
        self.size: int = program.dim**program.n_wires
        self._n_entries = n_weights, n_inputs
        self._pools: dict[Needs, tuple[Pool, Slot]] = {}
        self._computed: dict[tuple[Needs, int | None], tuple[Value, Slot]] = {}
        self._constants: dict[Slot, torch.Tensor] = {}
        self._instructions: list[Instruction] = []
        self._needs: list[Needs] = []

    def plan(self, output: Slot) -> Plan:
        """Return the plan, the results of which are in a slot."""
        return Plan(
            pools=list(self._pools.values()),
            computed=list(self._computed.values()),
            constants=self._constants,
            instructions=self._instructions,
            output=output,
            n_slots=len(self._needs),
            size=self.size,
        )

    def add(self, kernel: Kernel, *reads: Slot) -> Slot:
        """Add a kernel with one output."""
        return self.add_many(kernel, reads, 1)[0]

    def add_many(self, kernel: Kernel, reads: Sequence[Slot], n_outputs: int) -> tuple[Slot, ...]:
        """Add a kernel with several outputs."""
        needs = NOTHING.union(*(self._needs[slot] for slot in reads))
        writes = tuple(self._slot(needs) for _ in range(n_outputs))
        self._instructions.append(Instruction(kernel, tuple(reads), writes, needs))
        return writes

    def constant(self, array: NDArray[np.complex128]) -> Slot:
        """Return a slot that holds rows (batch or 1, ...)."""
        slot = self._slot(NOTHING)
        self._constants[slot] = self.tensor(array)[None]
        return slot

    def pool(self, needs: Needs) -> Slot:
        """Return the slot of the angles with these needs."""
        return self._pool(needs)[1]

    def places(self, one: Map) -> tuple[int, ...]:
        """Return where the angles of a map lie in their pool."""
        pool, _ = self._pool(one.needs)
        return tuple(pool.place(value) for value in one.values)

    def given(self, value: Value) -> Slot:
        """Return the slot of a computed matrix or state."""
        key = (value.needs, value.output)
        if key not in self._computed:
            self._computed[key] = value, self._slot(value.needs)
        return self._computed[key][1]

    def tensor(self, array: NDArray[np.complex128]) -> torch.Tensor:
        """Return numbers of the registers' type."""
        numbers = np.ascontiguousarray(array.real if self.program.mixed else array)
        return torch.from_numpy(numbers).to(self.device, self.dtype)

    def reals(self, array: NDArray[np.float64]) -> torch.Tensor:
        """Return numbers of the angles' type."""
        return torch.from_numpy(np.ascontiguousarray(array)).to(self.device, self.real)

    def index(self, array: NDArray[np.int64]) -> torch.Tensor:
        """Return places."""
        return torch.from_numpy(np.ascontiguousarray(array, dtype=np.int64)).to(self.device)

    def pair(self, matrix: scipy.sparse.csr_array, dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
        """Return a constant matrix and its transposed one: dense if small, else sparse."""
        matrix = matrix if dtype.is_complex else matrix.real
        if np.prod(matrix.shape) <= _DENSE_ENTRIES:
            dense = torch.from_numpy(matrix.toarray()).to(self.device, dtype)
            return dense, dense.mT.contiguous()
        return self._sparse(matrix, dtype), self._sparse(matrix.T.tocsr(), dtype)

    def _sparse(self, matrix: scipy.sparse.csr_array, dtype: torch.dtype) -> torch.Tensor:
        rows, columns = (torch.from_numpy(some.astype(np.int64)) for some in (matrix.indptr, matrix.indices))
        with warnings.catch_warnings():
            # PyTorch calls its sparse matrices a beta; products with dense ones are all that is used here.
            warnings.filterwarnings("ignore", message="Sparse CSR tensor support")
            return torch.sparse_csr_tensor(
                rows,
                columns,
                torch.from_numpy(matrix.data),
                size=matrix.shape,
                dtype=dtype,
                device=self.device,
                check_invariants=False,
            )

    def _slot(self, needs: Needs) -> Slot:
        self._needs.append(needs)
        return len(self._needs) - 1

    def _pool(self, needs: Needs) -> tuple[Pool, Slot]:
        if needs not in self._pools:
            self._pools[needs] = Pool(needs, *self._n_entries), self._slot(needs)
        return self._pools[needs]
