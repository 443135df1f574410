"""Random circuits of all gates, channels and measurements give PennyLane's results and gradients."""

import pytest
from hypothesis import example, given, settings
from random_examples import IS_THOROUGH, examples

from tests.engine.circuits import N_INPUTS, WEIGHT_SHAPES, Circuit, circuits_and_batches
from tests.engine.gates import CHANNELS, GATES
from tests.engine.parity import (
    DOUBLE,
    assert_close,
    assert_parity,
    assert_parity_in_single,
    draw_inputs,
    observe,
    pair,
)
from tests.engine.reference import reference_of


@examples(36, thorough=300)
@given(circuits_and_batches(mixed=False))
def test_pure(example: tuple[Circuit, tuple[int, ...]]) -> None:
    circuit, batch = example
    assert_parity(*pair(circuit.node(), WEIGHT_SHAPES), draw_inputs(*batch, N_INPUTS))


# PennyLane looks at the numbers of this gate's matrix to see whether it can be decomposed.
CONTROLLED_WITH_NOISE = Circuit(
    lines=("qml.ctrl(qml.U1(inputs[..., 0], wires=[0]), control=[1])",),
    result="qml.probs(wires=[0])",
    device_wires=(0, 1, 2),
    mixed=True,
    noise="after every gate",
)


@example((CONTROLLED_WITH_NOISE, ()))
@example((CONTROLLED_WITH_NOISE, (1,)))
@examples(24, thorough=200)
@given(circuits_and_batches(mixed=True))
def test_mixed(example: tuple[Circuit, tuple[int, ...]]) -> None:
    circuit, batch = example
    fused, _ = pair(circuit.node(), WEIGHT_SHAPES)
    assert_parity(fused, reference_of(circuit), draw_inputs(*batch, N_INPUTS))


@examples(6, thorough=25)
@given(circuits_and_batches(mixed=False))
def test_pure_in_single_precision(example: tuple[Circuit, tuple[int, ...]]) -> None:
    circuit, batch = example
    assert_parity_in_single(*pair(circuit.node(), WEIGHT_SHAPES), draw_inputs(*batch, N_INPUTS))


@examples(6, thorough=25)
@given(circuits_and_batches(mixed=True))
def test_mixed_in_single_precision(example: tuple[Circuit, tuple[int, ...]]) -> None:
    circuit, batch = example
    fused, _ = pair(circuit.node(), WEIGHT_SHAPES)
    assert_parity_in_single(fused, reference_of(circuit), draw_inputs(*batch, N_INPUTS))


@examples(10, thorough=30)
@given(circuits_and_batches(mixed=False))
def test_reference_agrees_with_pennylane(example: tuple[Circuit, tuple[int, ...]]) -> None:
    circuit, batch = example
    inputs = draw_inputs(*batch, N_INPUTS)
    _, reference = pair(circuit.node(), WEIGHT_SHAPES)
    assert_close(observe(reference_of(circuit), inputs), observe(reference, inputs), **DOUBLE)


@pytest.mark.skipif(not IS_THOROUGH, reason="few random circuits do not contain most gates")
@pytest.mark.parametrize("mixed", [False, True])
def test_random_circuits_cover_gates_and_results(mixed: bool) -> None:
    """Guard against a generator that draws only easy circuits."""
    drawn: list[Circuit] = []

    @settings(max_examples=300)
    @given(circuits_and_batches(mixed=mixed))
    def collect(example: tuple[Circuit, tuple[int, ...]]) -> None:
        drawn.append(example[0])

    collect()
    text = "\n".join(circuit.source for circuit in drawn)
    kinds = {gate.name for gate in CHANNELS + GATES} if mixed else {gate.name for gate in GATES}
    assert len({kind for kind in kinds if f"qml.{kind}(" not in text}) < len(kinds) / 3
    forms = ["adjoint(", "ctrl(", "pow(", "weights[", "inputs[", "sin(", "Embedding(inputs", "'aux'"]
    results = [
        "probs",
        "Hamiltonian",
        "Projector",
        "Hermitian",
        "expval(qml.X(",
        " @ ",
        "return [",
        "return (",
    ]
    assert [word for word in forms + results if word not in text] == []
    assert any(not circuit.uses_inputs for circuit in drawn)
    assert any(circuit.source.count("inputs[..., 0]") > 1 for circuit in drawn)
