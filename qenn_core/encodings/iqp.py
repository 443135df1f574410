"""The IQP, or ZZ, feature map (Havlíček et al. 2019, arXiv:1804.11326), in one repetition."""

from __future__ import annotations

from itertools import combinations
from math import comb
from typing import Any

from qenn_core.encodings._spread import QUARTER_TURNS, one_per_qubit, spread
from qenn_core.registry import ENCODINGS, Encoding


def apply(inputs: Any, wires: Any) -> None:
    """Write inputs and their pairwise products into the phases of a uniform superposition.

    The gates are those of ``pennylane.IQPEmbedding``, written out so that each shows in the drawing.
    """
    import pennylane as qml

    encoded = tuple(spread(inputs, wires))
    for value, wire in encoded:
        qml.Hadamard(wires=wire)
        qml.RZ(value, wires=wire)
    for (a, wire_a), (b, wire_b) in combinations(encoded, 2):
        qml.IsingZZ(a * b, wires=(wire_a, wire_b))


ENCODINGS.add(
    Encoding(
        key="iqp",
        label="IQP feature map",
        help="Numbers and their products become phases: a map that is hard to imitate classically.",
        order=50,
        apply=apply,
        capacity=one_per_qubit,
        # Products of two inputs stay within (π/2)² < π, so that no phase wraps around.
        input_range=QUARTER_TURNS,
        n_angles=lambda n_qubits: n_qubits + comb(n_qubits, 2),
    )
)
