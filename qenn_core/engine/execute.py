"""Run a plan, with its derivative."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

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
        return _forward(plan, dict(given))
    result: torch.Tensor = _Run.apply(plan, slots, *given.values())  # type: ignore[no-untyped-call]
    return result


@torch.no_grad()
def encode(plan: Plan, given: Filled) -> dict[Slot, torch.Tensor]:
    """Do what depends on inputs alone; return the slots that the rest of the plan reads."""
    slots: dict[Slot, torch.Tensor] = dict(plan.constants) | dict(given)
    for one in plan.instructions:
        if one.needs == INPUTS:
            outputs, _ = one.kernel.forward(*(slots[slot] for slot in one.reads))
            slots.update(zip(one.writes, outputs, strict=True))
    return {slot: slots[slot] for slot in plan.encoded()}


def _forward(plan: Plan, slots: dict[Slot, torch.Tensor]) -> torch.Tensor:
    slots |= plan.constants
    for one in plan.instructions:
        if one.writes[0] not in slots and all(slot in slots for slot in one.reads):
            outputs, _ = one.kernel.forward(*(slots[slot] for slot in one.reads))
            slots.update(zip(one.writes, outputs, strict=True))
    return slots[plan.output]


class _Run(torch.autograd.Function):
    """The plan as one node of autograd's graph, which spares a node for each of its operations."""

    @staticmethod
    def forward(ctx: Any, plan: Plan, given: tuple[Slot, ...], *tensors: torch.Tensor) -> torch.Tensor:
        slots: list[torch.Tensor | None] = [None] * plan.n_slots
        needed = [False] * plan.n_slots
        for slot, tensor in plan.constants.items():
            slots[slot] = tensor
        for slot, tensor, wanted in zip(given, tensors, ctx.needs_input_grad[2:], strict=True):
            slots[slot] = tensor
            needed[slot] = wanted
        tape = []
        for one in plan.instructions:
            inputs = tuple(slots[slot] for slot in one.reads)
            if slots[one.writes[0]] is not None or any(some is None for some in inputs):
                continue
            outputs, saved = one.kernel.forward(*inputs)
            wanted = [needed[slot] for slot in one.reads]
            keeps = any(wanted)
            for slot, output in zip(one.writes, outputs, strict=True):
                slots[slot] = output
                needed[slot] = keeps
            if keeps:
                tape.append((one, inputs, saved, wanted))
        ctx.plan, ctx.given, ctx.tape = plan, given, tape
        ctx.save_for_backward(*tensors)
        result = slots[plan.output]
        assert result is not None
        return result

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:  # type: ignore[override]
        tensors: Sequence[torch.Tensor] = ctx.saved_tensors
        wanted = ctx.needs_input_grad[2:]
        if torch.is_grad_enabled():
            return None, None, *_differentiable_gradients(ctx.plan, ctx.given, tensors, wanted, gradient)
        gradients: list[torch.Tensor | None] = [None] * ctx.plan.n_slots
        gradients[ctx.plan.output] = gradient
        for one, inputs, saved, needed in reversed(ctx.tape):
            incoming = [gradients[slot] for slot in one.writes]
            if all(some is None for some in incoming):
                continue
            parts = one.kernel.pullback(inputs, saved, incoming, needed)
            for slot, part, keep in zip(one.reads, parts, needed, strict=True):
                if keep and part is not None:
                    before = gradients[slot]
                    gradients[slot] = part if before is None else before + part
        return None, None, *(gradients[slot] if keep else None for slot, keep in zip(ctx.given, wanted, strict=True))


def _differentiable_gradients(
    plan: Plan,
    given: Sequence[Slot],
    tensors: Sequence[torch.Tensor],
    wanted: Sequence[bool],
    gradient: torch.Tensor,
) -> list[torch.Tensor | None]:
    """Return gradients that can be differentiated again."""
    result = _forward(plan, dict(zip(given, tensors, strict=True)))
    leaves = [tensor for tensor, keep in zip(tensors, wanted, strict=True) if keep]
    found = iter(torch.autograd.grad(result, leaves, gradient, create_graph=True, allow_unused=True))
    return [next(found) if keep else None for keep in wanted]
