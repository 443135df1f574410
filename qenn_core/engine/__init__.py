"""The seam between the model and what evaluates its circuit.

The model asks for a quantum layer here and knows no more: how a circuit is evaluated is the engine's
affair, and an engine knows of quantum functions only, not of specs.
"""

from qenn_core.engine.layer import quantum_layer

__all__ = ["quantum_layer"]
