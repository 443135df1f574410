"""Evaluates PennyLane circuits as a few tensor operations. See the README in this folder."""

from qenn_core.engine.compiled import Encoded
from qenn_core.engine.fused import FallbackWarning, FusedTorchLayer
from qenn_core.engine.layer import quantum_layer

__all__ = ["Encoded", "FallbackWarning", "FusedTorchLayer", "quantum_layer"]
