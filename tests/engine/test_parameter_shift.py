"""Gradients as on a quantum computer, from further circuits with shifted angles."""

import pennylane as qml
import pytest
import torch

from qenn_core.engine import FusedTorchLayer
from tests.engine.parity import assert_close, draw_inputs, in_double, node, observe

SHIFTED = {"rtol": 1e-8, "atol": 1e-8}


def rotations(inputs, weights):
    qml.AngleEmbedding(inputs, wires=range(2))
    qml.Rot(*weights, wires=0)
    qml.CNOT((0, 1))
    qml.PhaseShift(weights[0], wires=1)
    return [qml.expval(qml.Z(0)), qml.expval(qml.Z(1))]


def controlled(inputs, weights):
    """Controlled rotations have two frequencies, and so four shifts."""
    qml.AngleEmbedding(inputs, wires=range(2))
    qml.Hadamard(0)
    qml.CRX(weights[0], wires=(0, 1))
    qml.CRot(*weights, wires=(1, 0))
    qml.SingleExcitation(weights[1], wires=(0, 1))
    return [qml.expval(qml.Z(0) @ qml.X(1)), qml.expval(qml.Y(1))]


def shared(inputs, weights):
    for wire in range(2):
        qml.RX(weights[0] * inputs[..., wire], wires=wire)
        qml.RY(weights[0] + weights[1], wires=wire)
    qml.IsingXX(torch.sin(weights[2]) + inputs[..., 0] ** 2, wires=(0, 1))
    return qml.probs(wires=[0, 1])


def several_wires(inputs, weights):
    qml.AngleEmbedding(inputs, wires=range(2))
    qml.RX(0.4, 2)
    qml.MultiRZ(weights[0], wires=(0, 1, 2))
    qml.PauliRot(weights[1], "XYZ", wires=(2, 1, 0))
    qml.ctrl(qml.RY(weights[2], wires=0), control=[1, 2])
    qml.adjoint(qml.IsingXY(weights[0], wires=(0, 2)))
    return [qml.expval(qml.X(0)), qml.expval(qml.Y(2))]


def noisy(inputs, weights):
    qml.AngleEmbedding(inputs, wires=range(2))
    qml.DepolarizingChannel(0.1, wires=0)
    qml.Rot(*weights, wires=0)
    qml.CNOT((0, 1))
    qml.AmplitudeDamping(0.2, wires=1)
    return [qml.expval(qml.Z(0)), qml.expval(qml.X(1))]


def uploading_again(inputs, weights):
    for weight in weights:
        qml.AngleEmbedding(inputs, wires=range(2))
        qml.RY(weight, wires=0)
        qml.CZ((0, 1))
    return [qml.expval(0.5 * qml.Z(0) - 2 * qml.X(1)), qml.expval(qml.Z(1))]


FUNCTIONS = [rotations, controlled, shared, several_wires, noisy, uploading_again]


def layer_of(function, *, shots: int | None = None, **options) -> FusedTorchLayer:
    qnode = node(function, 3, mixed=function is noisy)
    if shots is not None:
        qnode = qml.set_shots(qnode, shots)
    return in_double(FusedTorchLayer, qnode, {"weights": 3}, **options)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_exact_shift_rule_gives_exact_gradient(function) -> None:
    inputs = draw_inputs(3, 2)
    shifted = layer_of(function, gradient="parameter-shift")
    assert_close(observe(shifted, inputs), observe(layer_of(function), inputs), **SHIFTED)
    assert shifted.fallback_cause is None


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_sampled_shift_rule_is_unbiased(function) -> None:
    inputs = draw_inputs(2, 2)
    exact = observe(layer_of(function), inputs)
    measured = layer_of(function, shots=1000, gradient="parameter-shift", seed=1)
    runs = [observe(measured, inputs) for _ in range(60)]
    for name, expected in exact.items():
        values = torch.stack([run[name] for run in runs])
        mean, error = values.mean(0), values.std(0) / len(runs) ** 0.5
        assert ((mean - expected).abs() <= 4.5 * error + 1e-9).all(), name
        if name == "gradient of weights":
            assert (error > 0).all(), "gradients are estimated from shots, too"


def test_gradients_are_exact_with_shots_by_default() -> None:
    inputs = draw_inputs(2, 2)
    exact, measured = (
        observe(layer_of(rotations), inputs),
        observe(layer_of(rotations, shots=20, seed=1), inputs),
    )
    assert not torch.equal(measured.pop("output"), exact.pop("output"))
    assert_close(measured, exact, **SHIFTED)


def test_executions_of_forward_and_backward() -> None:
    """Three rows: one circuit per row, then two for each of the four rotations that depend on weights."""
    layer = layer_of(rotations, gradient="parameter-shift")
    output = layer(draw_inputs(3, 2))
    assert layer.executions == 3
    output.sum().backward()
    assert layer.executions == 3 + 3 * 2 * 4


def test_executions_of_input_gradients() -> None:
    layer = layer_of(rotations, gradient="parameter-shift")
    layer(draw_inputs(3, 2).requires_grad_()).sum().backward()
    assert layer.executions == 3 + 3 * 2 * (4 + 2)


def test_executions_without_gradients() -> None:
    layer = layer_of(rotations, gradient="parameter-shift")
    with torch.no_grad():
        for batch in (1, 4):
            layer(draw_inputs(batch, 2))
    assert layer.executions == 5


def test_executions_of_controlled_rotations() -> None:
    def controlled_rotation(inputs, weights):
        qml.AngleEmbedding(inputs, wires=range(2))
        qml.CRX(weights[0], wires=(0, 1))
        qml.RY(weights[1], wires=1)
        return [qml.expval(qml.Z(0)), qml.expval(qml.Z(1))]

    layer = layer_of(controlled_rotation, gradient="parameter-shift")
    layer(draw_inputs(5, 2)).sum().backward()
    assert layer.executions == 5 * (1 + 4 + 2)


def test_executions_with_shots_and_exact_gradients() -> None:
    layer = layer_of(rotations, shots=100, seed=1)
    layer(draw_inputs(3, 2)).sum().backward()
    assert layer.executions == 3


def test_exact_simulation_has_no_executions() -> None:
    layer = layer_of(rotations)
    layer(draw_inputs(3, 2)).sum().backward()
    assert layer.executions == 0


def test_incompatible_words_are_separate_executions() -> None:
    def both(inputs, weights):
        qml.AngleEmbedding(inputs, wires=range(2))
        qml.RY(weights[0], wires=0)
        return [qml.expval(qml.Z(0)), qml.expval(qml.X(0)), qml.expval(qml.Z(1))]

    layer = layer_of(both, shots=100, gradient="parameter-shift", seed=1)
    layer(draw_inputs(3, 2)).sum().backward()
    assert layer.executions == 3 * 2 * (1 + 2)


def test_unknown_gradient_is_rejected() -> None:
    with pytest.raises(ValueError, match="finite-diff"):
        layer_of(rotations, gradient="finite-diff")
