"""Evaluates PennyLane circuits as a few tensor operations. See the README in this folder."""

from qenn_core.engine.compiled import Encoded
from qenn_core.engine.fused import FallbackWarning, FusedTorchLayer
from qenn_core.engine.layer import quantum_layer
from qenn_core.engine.native import (
    ACTIVATIONS,
    NATIVE,
    OPTIMIZERS,
    NativeCircuit,
    Network,
    Optimizer,
    Rows,
    evaluate_network,
    train_network,
)

__all__ = [
    "ACTIVATIONS",
    "NATIVE",
    "OPTIMIZERS",
    "Encoded",
    "FallbackWarning",
    "FusedTorchLayer",
    "NativeCircuit",
    "Network",
    "Optimizer",
    "Rows",
    "evaluate_network",
    "quantum_layer",
    "train_network",
]
