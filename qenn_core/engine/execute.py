"""Run a plan, and differentiate it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from qenn_core.engine import torch_compat
from qenn_core.engine.arrays import Array, to_numpy
from qenn_core.engine.native.arrays import NativeCircuit
from qenn_core.engine.parameters import INPUTS
from qenn_core.engine.plan import Plan, Slot

SlotValues = Mapping[Slot, torch.Tensor]


def native_circuit(plan: Plan) -> NativeCircuit | None:
    """Return the circuit of a plan that is executed by native code."""
    return plan.native


def run(plan: Plan, supplied: SlotValues) -> torch.Tensor:
    """Return the results of a plan.

    Parameters
    ----------
    plan : Plan
        The plan.
    supplied : mapping of slot to tensor
        Its angle buffers and computed maps. Those that depend only on inputs may be replaced by what
        `encode` returns.

    Returns
    -------
    tensor, shape (n_models or 1, batch or 1, n_outputs)
    """
    if torch_compat.requires_plain_operations():
        return _run_differentiably(plan, supplied)
    result: torch.Tensor = _RunPlan.apply(plan, tuple(supplied), *supplied.values())  # type: ignore[no-untyped-call]
    return result


@torch.no_grad()
def encode(plan: Plan, supplied: SlotValues) -> dict[Slot, torch.Tensor]:
    """Run the instructions that depend only on inputs, and return the slots that the others read."""
    native = native_circuit(plan)
    if native is not None:
        return _encode_natively(native, supplied)
    slots: dict[Slot, torch.Tensor] = dict(plan.constants) | dict(supplied)
    instructions = [instruction for instruction in plan.instructions if instruction.depends_on == INPUTS]
    for number, instruction in enumerate(instructions):
        outputs, _ = instruction.kernel.forward(*(slots[slot] for slot in instruction.reads))
        slots.update(zip(instruction.writes, outputs, strict=True))
        # The states of a whole data set are large, so only those that are still to be read stay in memory.
        live = {slot for later in instructions[number + 1 :] for slot in later.reads}
        live.update(plan.encoded_slots)
        slots = {slot: values for slot, values in slots.items() if slot in live}
    return {slot: slots[slot] for slot in plan.encoded_slots}


def _encode_natively(circuit: NativeCircuit, supplied: SlotValues) -> dict[Slot, torch.Tensor]:
    slot = circuit.inputs_slot
    if slot is None or not circuit.n_encoding:
        return {key: angles for key, angles in supplied.items() if key == slot}
    from qenn_core.engine.native import run  # imports numba

    registers = run.encode(circuit, to_numpy(supplied[slot]))
    # A backward pass that is differentiated again requires the angles, too.
    return {slot: supplied[slot], circuit.register_slot: torch.from_numpy(registers)}


def _run_natively(
    circuit: NativeCircuit, supplied: Sequence[Slot], tensors: Sequence[torch.Tensor], *, keeps: bool
) -> tuple[Array, Any]:
    """Return the results, and what the backward pass requires."""
    from qenn_core.engine.native import run  # imports numba

    values = {slot: to_numpy(tensor) for slot, tensor in zip(supplied, tensors, strict=True)}
    return run.forward(circuit, values, keeps=keeps)


def _native_gradients(ctx: Any, needed: Sequence[bool], gradient: torch.Tensor) -> list[torch.Tensor | None]:
    from qenn_core.engine.native import run  # imports numba

    circuit, tape = ctx.plan.native, ctx.tape
    if tape is None:
        # The first backward pass has undone the states.
        _, tape = _run_natively(circuit, ctx.supplied, ctx.saved_tensors, keeps=True)
    ctx.tape = None
    is_needed = dict(zip(ctx.supplied, needed, strict=True))
    found = run.backward(circuit, tape, to_numpy(gradient), is_needed)
    return [_to_torch(found[slot]) if slot in found else None for slot in ctx.supplied]


def _run_differentiably(plan: Plan, supplied: SlotValues) -> torch.Tensor:
    """Run a plan by operations that autograd records."""
    n = len(supplied)
    result: torch.Tensor = _forward(plan, tuple(supplied), tuple(supplied.values()), (False,) * n, [])
    return result


class _RunPlan(torch.autograd.Function):
    """The whole plan as one node of autograd's graph, which is faster than a node for each operation."""

    @staticmethod
    def forward(ctx: Any, plan: Plan, supplied: tuple[Slot, ...], *tensors: torch.Tensor) -> torch.Tensor:
        ctx.plan, ctx.supplied, ctx.tape = plan, supplied, []
        ctx.save_for_backward(*tensors)
        ctx.is_small = plan.is_small(tensors)
        result: Array
        native = native_circuit(plan)
        if native is not None:
            result, ctx.tape = _run_natively(native, supplied, tensors, keeps=any(ctx.needs_input_grad[2:]))
            return _to_torch(result)
        if not ctx.is_small:
            result = _forward(plan, supplied, tensors, ctx.needs_input_grad[2:], ctx.tape)
            return torch.as_tensor(result)
        arrays = [to_numpy(tensor) for tensor in tensors]
        with np.errstate(all="ignore"):
            result = _forward(plan.on_numpy, supplied, arrays, ctx.needs_input_grad[2:], ctx.tape)
        return _to_torch(result)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        needed = ctx.needs_input_grad[2:]
        needs_plain = torch_compat.is_batched(gradient) or torch_compat.requires_plain_operations()
        if torch.is_grad_enabled() or needs_plain:
            gradients = _differentiable_gradients(ctx.plan, ctx.supplied, ctx.saved_tensors, needed, gradient)
        elif native_circuit(ctx.plan) is not None:
            gradients = _native_gradients(ctx, needed, gradient)
        elif ctx.is_small:
            with np.errstate(all="ignore"):
                arrays = _backward(ctx.plan, ctx.supplied, ctx.tape, needed, to_numpy(gradient))
            gradients = [None if array is None else _to_torch(array) for array in arrays]
        else:
            gradients = _backward(ctx.plan, ctx.supplied, ctx.tape, needed, gradient)
        return None, None, *gradients


def _to_torch(array: Array) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(array))


def _forward(
    plan: Plan, supplied: tuple[Slot, ...], arrays: Sequence[Array], needed: tuple[bool, ...], tape: list[Any]
) -> Array:
    """Run a plan, and append to `tape` what the backward pass requires."""
    slots = plan.initial_slots(supplied, arrays)
    for kernel, reads, writes, reads_needed in plan.schedule(supplied, needed):
        inputs = tuple([slots[slot] for slot in reads])
        outputs, saved = kernel.forward(*inputs)
        slots[writes[0] : writes[-1] + 1] = outputs
        if reads_needed is not None:
            tape.append((kernel, reads, writes, reads_needed, inputs, saved))
    result: torch.Tensor = slots[plan.output]
    return result


def _backward(
    plan: Plan, supplied: tuple[Slot, ...], tape: list[Any], needed: Sequence[bool], gradient: Array
) -> list[Array | None]:
    """Return the gradient of each supplied slot, ``None`` where it is not needed or zero."""
    gradients: list[Array | None] = [None] * plan.n_slots
    gradients[plan.output] = gradient
    for kernel, reads, writes, reads_needed, inputs, saved in reversed(tape):
        parts = kernel.pullback(inputs, saved, gradients[writes[0] : writes[-1] + 1], reads_needed)
        for slot, part, is_needed in zip(reads, parts, reads_needed, strict=True):
            if is_needed:
                total = gradients[slot]
                gradients[slot] = part if total is None else total + part
    return [gradients[slot] if is_needed else None for slot, is_needed in zip(supplied, needed, strict=True)]


def _differentiable_gradients(
    plan: Plan,
    supplied: Sequence[Slot],
    tensors: Sequence[torch.Tensor],
    needed: Sequence[bool],
    gradient: torch.Tensor,
) -> list[torch.Tensor | None]:
    """Return gradients that can be differentiated again."""
    # One supplied tensor may have been computed from another, and its gradient must not be added to that of
    # the other here. Views, of which only these are differentiated, prevent this.
    with torch.enable_grad():
        views = [tensor.view_as(tensor) for tensor in tensors]
        result = _run_differentiably(plan, dict(zip(supplied, views, strict=True)))
    leaves = [view for view, is_needed in zip(views, needed, strict=True) if is_needed]
    create_graph = torch.is_grad_enabled()
    gradients = iter(
        torch.autograd.grad(result, leaves, gradient, create_graph=create_graph, allow_unused=True)
    )
    return [next(gradients) if is_needed else None for is_needed in needed]
