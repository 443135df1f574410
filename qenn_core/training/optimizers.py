"""The optimizers a user can choose from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from torch import Tensor, optim

from qenn_core.errors import TrainingError

OPTIMIZERS: Mapping[str, Callable[..., optim.Optimizer]] = {
    # There are few weights, so a step is mostly call overhead: one fused kernel halves it.
    "adam": partial(optim.Adam, fused=True),
    "sgd": optim.SGD,
    "rmsprop": optim.RMSprop,
}


def build_optimizer(name: str, weights: Iterable[Tensor], learning_rate: float) -> optim.Optimizer:
    """Return the optimizer `name` over `weights`; raise `TrainingError` if the name is unknown."""
    if name not in OPTIMIZERS:
        raise TrainingError(
            f"There is no optimizer {name!r}.",
            remedy=f"Choose one of {', '.join(OPTIMIZERS)}.",
            place="training.optimizer",
        )
    return OPTIMIZERS[name](weights, lr=learning_rate)
