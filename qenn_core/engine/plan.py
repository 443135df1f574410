"""A plan: kernels in order, with the numbered slots that they read and write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import torch

from qenn_core.engine.angle_buffers import AngleBuffer
from qenn_core.engine.arrays import Array, to_numpy
from qenn_core.engine.kernels import Kernel
from qenn_core.engine.native.arrays import NativeCircuit
from qenn_core.engine.parameters import INPUTS, Dependencies, Value

# NumPy computes registers with at most this many numbers in all rows together, and only if each has at most
# the second number; its constant matrices are then never sparse.
_MAX_NUMPY_NUMBERS = 2**14
_MAX_NUMPY_REGISTER = 2**8

Slot = int


@dataclass(frozen=True)
class Instruction:
    """A kernel, the slots that it reads and writes, and the dependencies of its outputs."""

    kernel: Kernel
    reads: tuple[Slot, ...]
    writes: tuple[Slot, ...]
    depends_on: Dependencies


# A kernel, the slots that it reads, the slots that it writes, and for each slot read whether its gradient is
# needed; ``None`` if no gradient is.
ScheduledKernel = tuple[Kernel, tuple[Slot, ...], tuple[Slot, ...], tuple[bool, ...] | None]


@dataclass(frozen=True)
class Plan:
    """A compiled circuit.

    Parameters
    ----------
    angle_buffers : list of (AngleBuffer, slot)
        The slots to be supplied with angles.
    computed : list of (Value, slot)
        The slots to be supplied with matrices and states that the recorded arithmetic computes.
    constants : dict of slot to tensor
        The constant slots.
    instructions : list of Instruction
        The kernels, in order.
    output : slot
        The slot of the results (n_models or 1, batch or 1, n_outputs).
    n_slots : int
        Number of slots.
    register_size : int
        Numbers in a register.
    native : NativeCircuit or None
        The same circuit for native execution, where this is supported and available.
    """

    angle_buffers: list[tuple[AngleBuffer, Slot]]
    computed: list[tuple[Value, Slot]]
    constants: dict[Slot, Array]
    instructions: list[Instruction]
    output: Slot
    n_slots: int
    register_size: int
    native: NativeCircuit | None = None
    _schedules: dict[object, list[ScheduledKernel]] = field(default_factory=dict)

    @cached_property
    def on_numpy(self) -> Plan:
        """The same plan for NumPy arrays."""
        return replace(
            self,
            constants={slot: to_numpy(tensor) for slot, tensor in self.constants.items()},
            instructions=[replace(i, kernel=i.kernel.on_numpy()) for i in self.instructions],
            _schedules={},
        )

    def is_small(self, tensors: Sequence[torch.Tensor]) -> bool:
        """Return whether the work for these supplied tensors is so small that calls dominate its time."""
        rows = max((tensor.shape[:2].numel() for tensor in tensors), default=1)
        on_cpu = all(tensor.device.type == "cpu" for tensor in tensors)
        is_small_register = self.register_size <= _MAX_NUMPY_REGISTER
        return on_cpu and is_small_register and rows * self.register_size <= _MAX_NUMPY_NUMBERS

    @cached_property
    def encoded_slots(self) -> tuple[Slot, ...]:
        """The slots that depend only on inputs and that other instructions read."""
        computed = {slot for i in self.instructions if i.depends_on == INPUTS for slot in i.writes}
        read = {slot for i in self.instructions if i.depends_on != INPUTS for slot in i.reads}
        supplied = {slot for buffer, slot in self.angle_buffers if buffer.depends_on == INPUTS}
        supplied |= {slot for value, slot in self.computed if value.depends_on == INPUTS}
        return tuple(sorted((computed | supplied) & (read | {self.output})))

    def initial_slots(self, supplied: Sequence[Slot], tensors: Sequence[Array]) -> list[Array]:
        """Return all slots, with the constant and the supplied ones filled."""
        slots = list(self._constant_slots)
        for slot, tensor in zip(supplied, tensors, strict=True):
            slots[slot] = tensor
        return slots

    @cached_property
    def _constant_slots(self) -> list[Array]:
        return [self.constants.get(slot) for slot in range(self.n_slots)]

    def schedule(self, supplied: tuple[Slot, ...], needed: tuple[bool, ...]) -> list[ScheduledKernel]:
        """Return the kernels to run for some supplied slots.

        Parameters
        ----------
        supplied : tuple of slot
            The supplied slots.
        needed : tuple of bool
            For each of them, whether its gradient is needed.
        """
        key = (supplied, needed)
        if key not in self._schedules:
            available = {*self.constants, *supplied}
            differentiable = {slot for slot, is_needed in zip(supplied, needed, strict=True) if is_needed}
            scheduled: list[ScheduledKernel] = []
            for instruction in self.instructions:
                # Instructions that computed supplied slots have run already, and lack their own inputs.
                if instruction.writes[0] in available or not available.issuperset(instruction.reads):
                    continue
                available.update(instruction.writes)
                reads_needed = tuple(slot in differentiable for slot in instruction.reads)
                if any(reads_needed):
                    differentiable.update(instruction.writes)
                scheduled.append(
                    (
                        instruction.kernel,
                        instruction.reads,
                        instruction.writes,
                        reads_needed if any(reads_needed) else None,
                    )
                )
            self._schedules[key] = scheduled
        return self._schedules[key]
