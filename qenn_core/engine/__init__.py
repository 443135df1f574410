"""The seam between the model and what evaluates its circuit.

The model asks ``layer.quantum_layer`` and knows no more: how a circuit is evaluated is the engine's
affair, and an engine knows of quantum functions only, not of specs.
"""
