"""A compiled circuit: kernels in order, with the slots that they read and write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import torch

from qenn_core.engine.angle_buffers import Pool
from qenn_core.engine.arrays import Array, to_numpy
from qenn_core.engine.kernels import Kernel
from qenn_core.engine.parameters import INPUTS, Needs, Value

# Registers with at most so many numbers in all rows are computed by NumPy. On registers of the second size
# constant matrices are never sparse.
_SMALL = 2**14
_SMALL_REGISTER = 2**8

Slot = int


@dataclass(frozen=True)
class Instruction:
    """A kernel, the slots that it reads and writes, and what its outputs depend on."""

    kernel: Kernel
    reads: tuple[Slot, ...]
    writes: tuple[Slot, ...]
    needs: Needs


Scheduled = tuple[Kernel, tuple[Slot, ...], tuple[Slot, ...], tuple[bool, ...] | None]


@dataclass(frozen=True)
class Plan:
    """A compiled circuit.

    Parameters
    ----------
    pools : list of (Pool, slot)
        What is given: angles.
    computed : list of (Value, slot)
        What is given: matrices and states that the recorded arithmetic computes.
    constants : dict of slot to tensor
        What is known.
    instructions : list of Instruction
        In order.
    output : slot
        Where the results (n_models or 1, batch or 1, n_outputs) will be.
    n_slots : int
        Number of slots.
    size : int
        Numbers in a register.
    """

    pools: list[tuple[Pool, Slot]]
    computed: list[tuple[Value, Slot]]
    constants: dict[Slot, Array]
    instructions: list[Instruction]
    output: Slot
    n_slots: int
    size: int
    _schedules: dict[object, list[Scheduled]] = field(default_factory=dict)

    @cached_property
    def on_numpy(self) -> Plan:
        """The same plan for NumPy arrays."""
        return replace(
            self,
            constants={slot: to_numpy(some) for slot, some in self.constants.items()},
            instructions=[replace(one, kernel=one.kernel.on_numpy()) for one in self.instructions],
            _schedules={},
        )

    def is_small(self, tensors: Sequence[torch.Tensor]) -> bool:
        """Tell whether these given tensors make so little work that calls are what costs."""
        rows = max((tensor.shape[:2].numel() for tensor in tensors), default=1)
        on_cpu = all(tensor.device.type == "cpu" for tensor in tensors)
        return on_cpu and self.size <= _SMALL_REGISTER and rows * self.size <= _SMALL

    @cached_property
    def encoded(self) -> tuple[Slot, ...]:
        """The slots computed from inputs alone that other instructions read."""
        own = {slot for one in self.instructions if one.needs == INPUTS for slot in one.writes}
        read = {slot for one in self.instructions if one.needs != INPUTS for slot in one.reads}
        given = {slot for pool, slot in self.pools if pool.needs == INPUTS}
        given |= {slot for value, slot in self.computed if value.needs == INPUTS}
        return tuple(sorted((own | given) & (read | {self.output})))

    def filled(self, given: Sequence[Slot], tensors: Sequence[Array]) -> list[Array]:
        """Return all slots, the constant and given ones filled."""
        slots = list(self._blank)
        for slot, tensor in zip(given, tensors, strict=True):
            slots[slot] = tensor
        return slots

    @cached_property
    def _blank(self) -> list[Array]:
        return [self.constants.get(slot) for slot in range(self.n_slots)]

    def schedule(self, given: tuple[Slot, ...], wanted: tuple[bool, ...]) -> list[Scheduled]:
        """Return what to run if some slots are given, and gradients of some of these are wanted.

        Returns
        -------
        list of (kernel, slots read, slots written, for each slot read whether its gradient is wanted or None)
        """
        key = (given, wanted)
        if key not in self._schedules:
            known = {*self.constants, *given}
            tracked = {slot for slot, keep in zip(given, wanted, strict=True) if keep}
            steps: list[Scheduled] = []
            for one in self.instructions:
                # What made the given slots is neither possible nor needed.
                if one.writes[0] in known or not known.issuperset(one.reads):
                    continue
                known.update(one.writes)
                keep = tuple(slot in tracked for slot in one.reads)
                if any(keep):
                    tracked.update(one.writes)
                steps.append((one.kernel, one.reads, one.writes, keep if any(keep) else None))
            self._schedules[key] = steps
        return self._schedules[key]
