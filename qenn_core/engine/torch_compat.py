"""The private names of PyTorch that the engine relies on, each with its reason and when it can go."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import fx


def inside_functorch_transform() -> bool:
    """Return whether a transform of ``torch.func`` (``grad``, ``vmap``, ``jvp``) is running.

    An `torch.autograd.Function` with a custom ``forward`` and ``backward`` in the combined style cannot run
    inside such a transform, so the engine must know. torch 2.13 has no public query; its own
    ``autograd.Function.apply`` calls this one. Can go when torch offers a public query.
    """
    active: bool = torch._C._are_functorch_transforms_active()
    return active


def operator_tags(node: fx.Node) -> Sequence[torch.Tag]:
    """Return the tags of the operator that a recorded node calls; none if it calls a Python function.

    ``OpOverload``, the type of ``torch.ops.aten.add.Tensor``, has public ``tags``, but torch 2.13 exports the
    type itself only from ``torch._ops``. Can go when torch exports it publicly.
    """
    return node.target.tags if isinstance(node.target, torch._ops.OpOverload) else ()
