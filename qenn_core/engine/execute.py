"""Run a plan, with its derivative."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from qenn_core.engine.arrays import Array, to_numpy
from qenn_core.engine.parameters import INPUTS
from qenn_core.engine.plan import Plan, Slot

Filled = Mapping[Slot, torch.Tensor]


def run(plan: Plan, given: Filled) -> torch.Tensor:
    """Return the results of a plan.

    Parameters
    ----------
    plan : Plan
        What to do.
    given : mapping of slot to tensor
        Its pools and computed maps; those that depend on inputs may be replaced by what `encode` returns.

    Returns
    -------
    tensor, shape (n_models or 1, batch or 1, n_outputs)
    """
    slots = tuple(given)
    if torch._C._are_functorch_transforms_active():
        # torch.func differentiates and vectorises plain operations.
        return _forward(plan, given)
    result: torch.Tensor = _Run.apply(plan, slots, *given.values())  # type: ignore[no-untyped-call]
    return result


@torch.no_grad()
def encode(plan: Plan, given: Filled) -> dict[Slot, torch.Tensor]:
    """Do what depends on inputs alone; return the slots that the rest of the plan reads."""
    slots: dict[Slot, torch.Tensor] = dict(plan.constants) | dict(given)
    steps = [one for one in plan.instructions if one.needs == INPUTS]
    for number, one in enumerate(steps):
        outputs, _ = one.kernel.forward(*(slots[slot] for slot in one.reads))
        slots.update(zip(one.writes, outputs, strict=True))
        # States of a whole data set are large: only those are held that are still to be read.
        wanted = {slot for later in steps[number + 1 :] for slot in later.reads} | set(plan.encoded)
        slots = {slot: values for slot, values in slots.items() if slot in wanted}
    return {slot: slots[slot] for slot in plan.encoded}


def _forward(plan: Plan, given: Filled) -> torch.Tensor:
    """Run a plan by operations that autograd sees."""
    result: torch.Tensor = _record(plan, tuple(given), tuple(given.values()), (False,) * len(given), [])
    return result


class _Run(torch.autograd.Function):
    """The plan as one node of autograd's graph, which spares a node for each of its operations."""

    @staticmethod
    def forward(ctx: Any, plan: Plan, given: tuple[Slot, ...], *tensors: torch.Tensor) -> torch.Tensor:
        ctx.plan, ctx.given, ctx.tape = plan, given, []
        ctx.save_for_backward(*tensors)
        ctx.is_small = plan.is_small(tensors)
        result: Array
        if not ctx.is_small:
            result = _record(plan, given, tensors, ctx.needs_input_grad[2:], ctx.tape)
            return torch.as_tensor(result)
        arrays = [to_numpy(tensor) for tensor in tensors]
        with np.errstate(all="ignore"):
            result = _record(plan.on_numpy, given, arrays, ctx.needs_input_grad[2:], ctx.tape)
        return _tensor(result)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        wanted = ctx.needs_input_grad[2:]
        if torch.is_grad_enabled():
            found = _differentiable_gradients(ctx.plan, ctx.given, ctx.saved_tensors, wanted, gradient)
        elif ctx.is_small:
            with np.errstate(all="ignore"):
                arrays = _pull_back(ctx.plan, ctx.given, ctx.tape, wanted, to_numpy(gradient))
            found = [
                None if some is None else torch.from_numpy(np.ascontiguousarray(some)) for some in arrays
            ]
        else:
            found = _pull_back(ctx.plan, ctx.given, ctx.tape, wanted, gradient)
        return None, None, *found


def _tensor(array: Array) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(array))


def _record(
    plan: Plan, given: tuple[Slot, ...], arrays: Sequence[Array], wanted: tuple[bool, ...], tape: list[Any]
) -> Array:
    """Run a plan; append to `tape` what the way back needs."""
    slots = plan.filled(given, arrays)
    for kernel, reads, writes, needed in plan.schedule(given, wanted):
        inputs = tuple([slots[slot] for slot in reads])
        outputs, saved = kernel.forward(*inputs)
        slots[writes[0] : writes[-1] + 1] = outputs
        if needed is not None:
            tape.append((kernel, reads, writes, needed, inputs, saved))
    result: torch.Tensor = slots[plan.output]
    return result


def _pull_back(
    plan: Plan, given: tuple[Slot, ...], tape: list[Any], wanted: Sequence[bool], gradient: Array
) -> list[Array | None]:
    """Return the gradients of the given slots that are wanted."""
    gradients: list[Array | None] = [None] * plan.n_slots
    gradients[plan.output] = gradient
    for kernel, reads, writes, needed, inputs, saved in reversed(tape):
        parts = kernel.pullback(inputs, saved, gradients[writes[0] : writes[-1] + 1], needed)
        for slot, part, keep in zip(reads, parts, needed, strict=True):
            if keep:
                before = gradients[slot]
                gradients[slot] = part if before is None else before + part
    return [gradients[slot] if keep else None for slot, keep in zip(given, wanted, strict=True)]


def _differentiable_gradients(
    plan: Plan,
    given: Sequence[Slot],
    tensors: Sequence[torch.Tensor],
    wanted: Sequence[bool],
    gradient: torch.Tensor,
) -> list[torch.Tensor | None]:
    """Return gradients that can be differentiated again."""
    # Views, because one given tensor may have been made of another, which is not this function's affair.
    views = [tensor.view_as(tensor) for tensor in tensors]
    result = _forward(plan, dict(zip(given, views, strict=True)))
    leaves = [view for view, keep in zip(views, wanted, strict=True) if keep]
    found = iter(torch.autograd.grad(result, leaves, gradient, create_graph=True, allow_unused=True))
    return [next(found) if keep else None for keep in wanted]
