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
    slots = plan.filled(tuple(given), tuple(given.values()))
    for kernel, reads, writes, _ in plan.schedule(tuple(given), (False,) * len(given)):
        outputs, _ = kernel.forward(*(slots[slot] for slot in reads))
        slots[writes[0] : writes[-1] + 1] = outputs
    return slots[plan.output]


class _Run(torch.autograd.Function):
    """The plan as one node of autograd's graph, which spares a node for each of its operations."""

    @staticmethod
    def forward(ctx: Any, plan: Plan, given: tuple[Slot, ...], *tensors: torch.Tensor) -> torch.Tensor:
        slots = plan.filled(given, tensors)
        tape = []
        for kernel, reads, writes, wanted in plan.schedule(given, ctx.needs_input_grad[2:]):
            inputs = tuple([slots[slot] for slot in reads])
            outputs, saved = kernel.forward(*inputs)
            for slot, output in zip(writes, outputs, strict=True):
                slots[slot] = output
            if wanted is not None:
                tape.append((kernel, reads, writes, wanted, inputs, saved))
        ctx.plan, ctx.given, ctx.tape = plan, given, tape
        ctx.save_for_backward(*tensors)
        return slots[plan.output]

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        if torch.is_grad_enabled():
            return (
                None,
                None,
                *_differentiable_gradients(
                    ctx.plan, ctx.given, ctx.saved_tensors, ctx.needs_input_grad[2:], gradient
                ),
            )
        gradients: list[torch.Tensor | None] = [None] * ctx.plan.n_slots
        gradients[ctx.plan.output] = gradient
        for kernel, reads, writes, wanted, inputs, saved in reversed(ctx.tape):
            parts = kernel.pullback(inputs, saved, [gradients[slot] for slot in writes], wanted)
            for slot, part, keep in zip(reads, parts, wanted, strict=True):
                if keep and part is not None:
                    before = gradients[slot]
                    gradients[slot] = part if before is None else before + part
        return (
            None,
            None,
            *(
                gradients[slot] if keep else None
                for slot, keep in zip(ctx.given, ctx.needs_input_grad[2:], strict=True)
            ),
        )


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
