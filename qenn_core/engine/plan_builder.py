"""Allocate the slots of a plan, and convert its constants to one precision on one device."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import scipy.sparse
import torch
from numpy.typing import NDArray

from qenn_core.engine.angle_buffers import AngleBuffer
from qenn_core.engine.kernels import Kernel
from qenn_core.engine.parameters import NOTHING, Dependencies, Value
from qenn_core.engine.plan import Instruction, Plan, Slot
from qenn_core.engine.program import Map, Program

# Constant matrices with at most this many entries are stored densely.
_MAX_DENSE_ENTRIES = 2**16


class PlanBuilder:
    """A plan under construction.

    Parameters
    ----------
    program : Program
        The circuit.
    n_weights, n_inputs : int
        Number of entries of all weights, and of a row of inputs.
    dtype : torch.dtype
        ``torch.float32`` or ``torch.float64``.
    device : torch.device
        Where the tensors are.

    Attributes
    ----------
    register_size : int
        Numbers in a register.
    real_dtype, dtype : torch.dtype
        Types of angles and of registers; the latter is complex for pure states.
    """

    def __init__(
        self, program: Program, n_weights: int, n_inputs: int, dtype: torch.dtype, device: torch.device
    ) -> None:
        self.program = program
        self.real_dtype = dtype
        self.dtype = dtype if program.mixed else dtype.to_complex()
        self.device = device
        self.register_size: int = program.dim**program.n_wires
        self._n_entries = n_weights, n_inputs
        self._angle_buffers: dict[Dependencies, tuple[AngleBuffer, Slot]] = {}
        self._computed: dict[tuple[Dependencies, int | None], tuple[Value, Slot]] = {}
        self._constants: dict[Slot, torch.Tensor] = {}
        self._instructions: list[Instruction] = []
        self._slot_dependencies: list[Dependencies] = []

    def build(self, output: Slot) -> Plan:
        """Return the plan whose results are in the slot `output`."""
        return Plan(
            angle_buffers=list(self._angle_buffers.values()),
            computed=list(self._computed.values()),
            constants=self._constants,
            instructions=self._instructions,
            output=output,
            n_slots=len(self._slot_dependencies),
            register_size=self.register_size,
        )

    def add(self, kernel: Kernel, *reads: Slot) -> Slot:
        """Append a kernel with one output, and return the slot of the output."""
        return self.add_many(kernel, reads, 1)[0]

    def add_many(self, kernel: Kernel, reads: Sequence[Slot], n_outputs: int) -> tuple[Slot, ...]:
        """Append a kernel with several outputs, and return their slots."""
        depends_on = NOTHING.union(*(self._slot_dependencies[slot] for slot in reads))
        writes = tuple(self._new_slot(depends_on) for _ in range(n_outputs))
        self._instructions.append(Instruction(kernel, tuple(reads), writes, depends_on))
        return writes

    def constant(self, array: NDArray[np.complex128]) -> Slot:
        """Return a slot that holds constant rows (batch or 1, ...)."""
        slot = self._new_slot(NOTHING)
        self._constants[slot] = self.register_tensor(array)[None]
        return slot

    def angle_buffer(self, depends_on: Dependencies) -> Slot:
        """Return the slot of the angles with these dependencies."""
        return self._buffer_and_slot(depends_on)[1]

    def angle_positions(self, map_: Map) -> tuple[int, ...]:
        """Return the positions of a map's angles in their buffer."""
        buffer, _ = self._buffer_and_slot(map_.depends_on)
        return tuple(buffer.add(value) for value in map_.values)

    def computed(self, value: Value) -> Slot:
        """Return the slot of a computed matrix or state."""
        key = (value.depends_on, value.output)
        if key not in self._computed:
            self._computed[key] = value, self._new_slot(value.depends_on)
        return self._computed[key][1]

    def register_tensor(self, array: NDArray[np.complex128]) -> torch.Tensor:
        """Convert numbers to the type of registers."""
        numbers = np.ascontiguousarray(array.real if self.program.mixed else array)
        return torch.from_numpy(numbers).to(self.device, self.dtype)

    def real_tensor(self, array: NDArray[np.float64]) -> torch.Tensor:
        """Convert numbers to the type of angles."""
        return torch.from_numpy(np.ascontiguousarray(array)).to(self.device, self.real_dtype)

    def index_tensor(self, array: NDArray[np.int64]) -> torch.Tensor:
        """Convert positions."""
        return torch.from_numpy(np.ascontiguousarray(array, dtype=np.int64)).to(self.device)

    def with_transpose(
        self, matrix: scipy.sparse.csr_array, dtype: torch.dtype
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return a constant matrix and its transpose, dense if they are small, else sparse."""
        matrix = matrix if dtype.is_complex else matrix.real
        if np.prod(matrix.shape) <= _MAX_DENSE_ENTRIES:
            dense = torch.from_numpy(matrix.toarray()).to(self.device, dtype)
            return dense, dense.mT.contiguous()
        return self._sparse(matrix, dtype), self._sparse(matrix.T.tocsr(), dtype)

    def _sparse(self, matrix: scipy.sparse.csr_array, dtype: torch.dtype) -> torch.Tensor:
        indptr, indices = (torch.from_numpy(x.astype(np.int64)) for x in (matrix.indptr, matrix.indices))
        with warnings.catch_warnings():
            # PyTorch warns that sparse matrices are in beta; the engine only multiplies them with dense ones.
            warnings.filterwarnings("ignore", message="Sparse CSR tensor support")
            return torch.sparse_csr_tensor(
                indptr,
                indices,
                torch.from_numpy(matrix.data),
                size=matrix.shape,
                dtype=dtype,
                device=self.device,
                check_invariants=False,
            )

    def _new_slot(self, depends_on: Dependencies) -> Slot:
        self._slot_dependencies.append(depends_on)
        return len(self._slot_dependencies) - 1

    def _buffer_and_slot(self, depends_on: Dependencies) -> tuple[AngleBuffer, Slot]:
        if depends_on not in self._angle_buffers:
            buffer = AngleBuffer(depends_on, *self._n_entries)
            self._angle_buffers[depends_on] = buffer, self._new_slot(depends_on)
        return self._angle_buffers[depends_on]
