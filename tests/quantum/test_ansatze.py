"""Every ansatz keeps its registry's contract, and as a ring equals PennyLane's own template."""

from math import prod

import numpy as np
import pennylane as qml
import pytest

from qenn_core.ansatze._entanglement import entangled_pairs
from qenn_core.experiment import choices
from qenn_core.registry import ANSATZE

ENTANGLEMENTS = choices("circuit.entanglement")
TEMPLATES = {
    "strongly_entangling": qml.StronglyEntanglingLayers,
    "basic_entangler": qml.BasicEntanglerLayers,
}
# Real rotations with a ring of CZ: PennyLane has a brick pattern only.
WITHOUT_TEMPLATE = {"hardware_efficient"}


def operations(function, *args) -> list[qml.operation.Operator]:
    return qml.tape.make_qscript(function)(*args).operations


def weights_of(ansatz, n_qubits: int) -> np.ndarray:
    return np.random.default_rng(3).uniform(0, 6, ansatz.weight_shape(n_qubits))


@pytest.mark.parametrize("n_qubits", [1, 2, 3, 5])
@pytest.mark.parametrize("entanglement", ENTANGLEMENTS)
@pytest.mark.parametrize("ansatz", ANSATZE, ids=lambda a: a.key)
def test_every_weight_is_used_once(ansatz, entanglement: str, n_qubits: int) -> None:
    weights = weights_of(ansatz, n_qubits)
    used = [p for op in operations(ansatz.layer, weights, range(n_qubits), 0, entanglement) for p in op.data]
    assert sorted(used) == sorted(weights.flatten())
    assert len(used) == prod(ansatz.weight_shape(n_qubits))


@pytest.mark.parametrize("n_qubits", [1, 2, 3, 5])
@pytest.mark.parametrize("index", [0, 1, 4])
@pytest.mark.parametrize("ansatz", ANSATZE, ids=lambda a: a.key)
def test_without_entanglement_only_the_links_are_missing(ansatz, index: int, n_qubits: int) -> None:
    args = weights_of(ansatz, n_qubits), range(n_qubits), index
    twin = operations(ansatz.layer, *args, "none")
    assert {len(operation.wires) for operation in twin} == {1}
    for entanglement in ENTANGLEMENTS:
        rotations = [op for op in operations(ansatz.layer, *args, entanglement) if len(op.wires) == 1]
        assert all(qml.equal(a, b) for a, b in zip(rotations, twin, strict=True))


def test_every_ansatz_is_held_against_its_template() -> None:
    assert TEMPLATES.keys() | WITHOUT_TEMPLATE == set(ANSATZE.keys())


@pytest.mark.parametrize("n_qubits", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("key", TEMPLATES)
def test_ring_is_the_template(key: str, n_qubits: int) -> None:
    n_layers = 5  # more than the reaches of four qubits, so that they start over
    ansatz = ANSATZE[key]
    weights = np.random.default_rng(5).uniform(0, 6, (n_layers, *ansatz.weight_shape(n_qubits)))

    def layers() -> None:
        for index in range(n_layers):
            ansatz.layer(weights[index], range(n_qubits), index, "ring")

    wanted = TEMPLATES[key](weights, wires=range(n_qubits)).decomposition()
    assert all(qml.equal(a, b) for a, b in zip(operations(layers), wanted, strict=True))


@pytest.mark.parametrize("ansatz", ANSATZE, ids=lambda a: a.key)
def test_unknown_entanglement_is_refused(ansatz) -> None:
    with pytest.raises(ValueError, match="unknown entanglement 'star'; known: ring"):
        ansatz.layer(weights_of(ansatz, 2), range(2), 0, "star")


@pytest.mark.parametrize(
    ("entanglement", "wires", "wanted"),
    [
        ("ring", "a", ""),
        ("ring", "ab", "ab"),
        ("ring", "abc", "ab bc ca"),
        ("linear", "a", ""),
        ("linear", "abcd", "ab bc cd"),
        ("all", "abcd", "ab ac ad bc bd cd"),
        ("none", "abcd", ""),
    ],
)
def test_links(entanglement: str, wires: str, wanted: str) -> None:
    assert entangled_pairs(wires, entanglement) == tuple(tuple(pair) for pair in wanted.split())


def test_ring_that_meets_its_pairs_twice() -> None:
    assert entangled_pairs("abcd", "ring", stride=2) == (("a", "c"), ("b", "d"))
    both = entangled_pairs("abcd", "ring", stride=2, both_ways=True)
    assert both == (("a", "c"), ("b", "d"), ("c", "a"), ("d", "b"))
