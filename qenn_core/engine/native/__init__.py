"""Native execution of circuits and of networks around them, compiled by numba once for all of them."""

from qenn_core.engine.native.arrays import NativeCircuit, Network, Optimizer, Rows
from qenn_core.engine.native.library import NATIVE
from qenn_core.engine.native.network import ACTIVATIONS, OPTIMIZERS, evaluate_network, train_network

__all__ = [
    "ACTIVATIONS",
    "NATIVE",
    "OPTIMIZERS",
    "NativeCircuit",
    "Network",
    "Optimizer",
    "Rows",
    "evaluate_network",
    "train_network",
]
