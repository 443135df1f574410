"""Native execution gives the results and gradients of the plan that it replaces."""

from collections.abc import Callable, Iterator
from typing import Any

import pennylane as qml
import pytest
import torch
from hypothesis import given
from native_code import COMPILE_TIMEOUT, native_code
from random_examples import examples

from qenn_core.engine import FusedTorchLayer
from tests.engine.circuits import N_INPUTS, WEIGHT_SHAPES, Circuit, circuits_and_batches
from tests.engine.parity import (
    DOUBLE,
    SINGLE,
    assert_close,
    assert_parity,
    draw_inputs,
    node,
    observe,
    pair,
    without_native,
)


def two_rows_of_gates(inputs: Any, w: Any) -> None:
    qml.AngleEmbedding(inputs, wires=range(3), rotation="Y")
    qml.StronglyEntanglingLayers(w, wires=range(3))


def expectation(inputs: Any, w: Any) -> Any:
    two_rows_of_gates(inputs, w)
    return [qml.expval(qml.Z(0)), qml.expval(qml.X(1) @ qml.Y(2)), qml.expval(qml.Z(2))]


def probabilities(inputs: Any, w: Any) -> Any:
    two_rows_of_gates(inputs, w)
    return qml.probs(wires=[2, 0])


def reuploading(inputs: Any, w: Any) -> Any:
    for layer in w:
        qml.AngleEmbedding(inputs, wires=range(3))
        qml.StronglyEntanglingLayers(layer[None], wires=range(3))
    return [qml.expval(qml.Z(wire)) for wire in range(3)]


def scaled_inputs(inputs: Any, w: Any) -> Any:
    for wire in range(3):
        qml.RX(inputs[..., wire] * w[0, wire, 0], wires=wire)
        qml.RY(w[1, wire, 1], wires=wire)
    qml.CNOT([0, 1])
    qml.IsingZZ(w[0, 0, 1], wires=[1, 2])
    qml.CRX(inputs[..., 0], wires=[0, 2])
    return [qml.expval(qml.Z(wire)) for wire in range(3)]


def constants(inputs: Any, w: Any) -> Any:
    for wire in range(3):
        qml.Hadamard(wire)
        qml.RZ(inputs[..., wire], wires=wire)
        qml.SX(wire)
    qml.Toffoli([0, 1, 2])
    qml.CRot(*w[0, 0], wires=[2, 0])
    qml.QFT(wires=[0, 1, 2])
    qml.PhaseShift(w[1, 0, 0], wires=1)
    qml.Hadamard(2)
    return [qml.expval(qml.Z(0) + 0.5 * qml.X(2)), qml.expval(qml.Y(1))]


CIRCUITS = [expectation, probabilities, reuploading, scaled_inputs, constants]
SHAPES = {"w": (2, 3, 3)}


pytestmark = pytest.mark.timeout(COMPILE_TIMEOUT)


@pytest.fixture(autouse=True)
def _natively() -> Iterator[None]:
    with native_code():
        yield


def native_pair(circuit: Callable[..., Any], **options: Any) -> tuple[FusedTorchLayer, qml.qnn.TorchLayer]:
    fused, reference = pair(node(circuit, 3), SHAPES, **options)
    assert fused.native_circuit(draw_inputs(1, 3)) is not None
    return fused, reference


@pytest.mark.parametrize("circuit", CIRCUITS)
@pytest.mark.parametrize("shape", [(5, 3), (70, 3), (2, 4, 3), (1, 3)])
def test_results_and_gradients_are_those_of_pennylane(circuit: Any, shape: tuple[int, ...]) -> None:
    fused, reference = native_pair(circuit)
    assert_close(observe(fused, draw_inputs(*shape)), observe(reference, draw_inputs(*shape)), **DOUBLE)


@pytest.mark.parametrize("circuit", CIRCUITS)
def test_single_precision(circuit: Any) -> None:
    fused, reference = native_pair(circuit)
    expected = observe(reference, draw_inputs(9, 3))
    actual = observe(fused.float(), draw_inputs(9, 3).float())
    assert actual["output"].dtype == torch.float32
    assert_close({name: value.double() for name, value in actual.items()}, expected, **SINGLE)


@pytest.mark.parametrize("circuit", CIRCUITS)
@pytest.mark.parametrize("shape", [(6, 3), (2, 6, 3)])
def test_models_side_by_side(circuit: Any, shape: tuple[int, ...]) -> None:
    fused = FusedTorchLayer(node(circuit, 3), SHAPES, n_models=2).double()
    inputs = draw_inputs(*shape)
    actual = observe(fused, inputs)
    with without_native():
        expected = observe(fused, inputs)
    assert_close(actual, expected, **DOUBLE)


@pytest.mark.parametrize("circuit", CIRCUITS)
def test_encoded_rows(circuit: Any) -> None:
    fused, _ = native_pair(circuit)
    inputs = draw_inputs(40, 3)
    encoded = fused.encode(inputs)
    rows = torch.tensor([7, 3, 3, 39])
    torch.testing.assert_close(fused(encoded[rows]), fused(inputs[rows]), rtol=1e-10, atol=1e-10)
    fused(encoded[rows]).sum().backward()
    by_encoded = fused.w.grad.clone()
    fused.w.grad = None
    fused(inputs[rows]).sum().backward()
    torch.testing.assert_close(by_encoded, fused.w.grad, rtol=1e-10, atol=1e-10)


def test_second_backward_pass() -> None:
    fused, _ = native_pair(expectation)
    output = fused(draw_inputs(5, 3)).sum()
    output.backward(retain_graph=True)
    first = fused.w.grad.clone()
    output.backward()
    torch.testing.assert_close(fused.w.grad, 2 * first)


def test_second_derivatives() -> None:
    fused, reference = native_pair(expectation)
    for layer in (fused, reference):
        inputs = draw_inputs(3, 3).requires_grad_()
        [by_inputs] = torch.autograd.grad(layer(inputs).sum(), [inputs], create_graph=True)
        by_inputs.pow(2).sum().backward()
    torch.testing.assert_close(fused.w.grad, reference.w.grad, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_poisoned_row_affects_only_itself(value: float) -> None:
    fused, _ = native_pair(expectation)
    inputs = draw_inputs(70, 3)
    expected = fused(inputs).detach()
    inputs[5, 1] = value
    actual = fused(inputs).detach()
    assert actual[5].isnan().all()
    others = torch.arange(70) != 5
    assert torch.equal(actual[others], expected[others])


def test_repeats_are_identical() -> None:
    fused, _ = native_pair(constants)
    first, second = (observe(fused, draw_inputs(50, 3)) for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_circuits_that_are_not_unitary_are_executed_otherwise() -> None:
    def damped(inputs: Any, w: Any) -> Any:
        two_rows_of_gates(inputs, w)
        qml.QubitUnitary(torch.tensor([[1.0, 0], [0, 0.5]]), wires=0, unitary_check=False)
        return qml.probs(wires=[0])

    fused, reference = pair(node(damped, 3), SHAPES)
    assert fused.native_circuit(draw_inputs(1, 3)) is None
    assert_close(observe(fused, draw_inputs(4, 3)), observe(reference, draw_inputs(4, 3)), **DOUBLE)


@examples(30, thorough=200)
@given(circuits_and_batches(mixed=False))
def test_random_circuits(example: tuple[Circuit, tuple[int, ...]]) -> None:
    circuit, batch = example
    assert_parity(*pair(circuit.node(), WEIGHT_SHAPES), draw_inputs(*batch, N_INPUTS))
