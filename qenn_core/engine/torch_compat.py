"""The private names of PyTorch that the engine relies on, each with its reason and when it can go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import _guards, fx
from torch._functorch import pyfunctorch
from torch._subclasses.fake_tensor import FakeTensor
from torch.autograd import forward_ad
from torch.utils import _python_dispatch


def requires_plain_operations() -> bool:
    """Return whether something watches the operations of PyTorch, and so must see them all.

    This is a transform of ``torch.func`` (``grad``, ``vmap``, ``jvp``), forward-mode differentiation, or a
    mode or tracer that records operations (``make_fx``, ``torch.export``, ``torch.jit.trace``). An
    `torch.autograd.Function` that computes with NumPy would be invisible to them. torch 2.13 has no public
    query for them. Can go when torch offers one.
    """
    return bool(
        torch._C._are_functorch_transforms_active()
        or torch._C._len_torch_dispatch_stack()
        or forward_ad._current_level >= 0
        or is_jit_tracing()
    )


def operator_tags(node: fx.Node) -> Sequence[torch.Tag]:
    """Return the tags of the operator that a recorded node calls; none if it calls a Python function.

    ``OpOverload``, the type of ``torch.ops.aten.add.Tensor``, has public ``tags``, but torch 2.13 exports the
    type itself only from ``torch._ops``. Can go when torch exports it publicly.
    """
    return node.target.tags if isinstance(node.target, torch._ops.OpOverload) else ()


def is_jit_tracing() -> bool:
    """Return whether ``torch.jit.trace`` is recording; its own query is not exported for type checkers."""
    return torch._C._get_tracing_state() is not None


def is_batched(gradient: torch.Tensor) -> bool:
    """Return whether a gradient stands for many, as with ``is_grads_batched`` of ``torch.autograd.grad``.

    That is a transform of its own, of which ``torch.func`` knows nothing. Can go when PyTorch implements it
    by ``torch.func.vmap``.
    """
    batched: bool = torch._C._functorch.is_legacy_batchedtensor(gradient)
    return batched


@contextmanager
def outside_transforms() -> Iterator[None]:
    """Run code as if no transform, tracer or mode of PyTorch were active.

    What the engine prepares once, in whichever call comes first, must not be part of what this call is part
    of: the levels of ``torch.func``, a recording by ``make_fx`` or ``torch.jit.trace``, inference mode. torch
    2.13 has no public way to leave them. Can go when it has.
    """
    tracing = torch._C._get_tracing_state()
    torch._C._set_tracing_state(None)  # type: ignore[attr-defined]
    try:
        with (
            pyfunctorch.temporarily_clear_interpreter_stack(),
            _python_dispatch._disable_current_modes(),
            _guards.tracing(None),
            torch.inference_mode(False),
            torch.no_grad(),
        ):
            yield
    finally:
        torch._C._set_tracing_state(tracing)  # type: ignore[attr-defined]


def holds_numbers(tensor: torch.Tensor) -> bool:
    """Return whether a tensor's memory contains its numbers, so that NumPy can read them.

    The tensors of a recording have no numbers, and NumPy reads memory that does not exist. PyTorch itself
    refuses this for some of them only. Can go when it does for all.
    """
    return not (
        torch._C._functorch.is_functorch_wrapped_tensor(tensor)
        or torch._is_functional_tensor(tensor)
        or isinstance(tensor, FakeTensor)
    )
