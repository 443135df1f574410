"""The contenders of the benchmark."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pkgutil import resolve_name

from benchmarks.problem import Problem

Step = Callable[[], float]
"""Train with the next batch; return the loss before the weights change."""

MakeStep = Callable[[Problem], Step]
"""Build model and optimizer. Compilation may happen here or in the first step: both are measured."""


@dataclass(frozen=True)
class Contender:
    """One way of training a circuit.

    Parameters
    ----------
    label : str
        The name in the tables.
    maker : str
        ``module:function`` of the `MakeStep`, imported only in the process that is measured.
    requires : tuple of str
        Modules that it requires in addition to those of the app.
    same_losses : bool
        Whether it computes the same losses as the others.
    """

    label: str
    maker: str
    requires: tuple[str, ...] = ()
    same_losses: bool = True

    @property
    def installed(self) -> bool:
        return all(find_spec(name) is not None for name in self.requires)

    def load(self) -> MakeStep:
        maker: MakeStep = resolve_name(self.maker)
        return maker


N_MODELS = 10

_TORCH = "benchmarks.contenders.torch_layers"
_JAX = "benchmarks.contenders.jax_circuits"

CONTENDERS = {
    "fused": Contender("`FusedTorchLayer`", f"{_TORCH}:fused"),
    "encoded": Contender("`FusedTorchLayer`, data encoded once", f"{_TORCH}:encoded"),
    "models": Contender(f"`FusedTorchLayer`, {N_MODELS} models, separate rows", f"{_TORCH}:models"),
    "shared": Contender(f"`FusedTorchLayer`, {N_MODELS} models, same rows", f"{_TORCH}:models_sharing_rows"),
    "default.qubit": Contender("`TorchLayer`, `default.qubit`, backprop", f"{_TORCH}:default_qubit"),
    "default.mixed": Contender("`TorchLayer`, `default.mixed`, backprop", f"{_TORCH}:default_mixed"),
    "lightning": Contender("`TorchLayer`, `lightning.qubit`, adjoint", f"{_TORCH}:lightning"),
    "jax": Contender("PennyLane, `jax.jit`", f"{_JAX}:pennylane", ("jax", "optax")),
    "tensorcircuit": Contender(
        "tensorcircuit-ng, `jax.jit`", f"{_JAX}:tensorcircuit", ("jax", "optax", "tensorcircuit")
    ),
    "mlp": Contender(
        "plain torch MLP of similar size", "benchmarks.contenders.torch_mlp:mlp", same_losses=False
    ),
}
