"""The IQP, or ZZ, feature map (Havlíček et al. 2019, arXiv:1804.11326), in one repetition."""

from __future__ import annotations

from itertools import combinations
from math import comb
from typing import Any

from qenn_core.encodings._angles import QUARTER_TURNS, one_per_qubit, pair_with_wires
from qenn_core.registry import ENCODINGS, Encoding


def apply(inputs: Any, wires: Any) -> None:
    """Encode inputs and their pairwise products in the phases of a uniform superposition.

    The gates are those of ``pennylane.IQPEmbedding``, applied one by one so that each is drawn.
    """
    import pennylane as qml

    encoded = tuple(pair_with_wires(inputs, wires))
    for value, wire in encoded:
        qml.Hadamard(wires=wire)
        qml.RZ(value, wires=wire)
    for (a, wire_a), (b, wire_b) in combinations(encoded, 2):
        qml.IsingZZ(a * b, wires=(wire_a, wire_b))


ENCODINGS.add(
    Encoding(
        key="iqp",
        label="IQP feature map",
        help="Numbers and their products become phases: a map that is hard to compute classically.",
        order=50,
        apply=apply,
        capacity=one_per_qubit,
        # Products of two inputs stay within ±(π/2)² < π, so no phase wraps around.
        input_range=QUARTER_TURNS,
        n_angles=lambda n_qubits: n_qubits + comb(n_qubits, 2),
    )
)
