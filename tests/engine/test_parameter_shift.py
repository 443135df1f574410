"""Gradients as a quantum computer gets them: from further circuits with shifted angles."""

import pennylane as qml
import pytest
import torch

from qenn_core.engine import FusedTorchLayer
from tests.engine.parity import assert_close, in_double, node, observe, some_inputs

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
def test_exact_shifted_circuits_give_the_exact_gradient(function) -> None:
    inputs = some_inputs(3, 2)
    shifted = layer_of(function, gradient="parameter-shift")
    assert_close(observe(shifted, inputs), observe(layer_of(function), inputs), **SHIFTED)
    assert shifted.fallback_cause is None


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_measured_shifted_circuits_scatter_around_the_exact_gradient(function) -> None:
    inputs = some_inputs(2, 2)
    exact = observe(layer_of(function), inputs)
    measured = layer_of(function, shots=1000, gradient="parameter-shift", seed=1)
    runs = [observe(measured, inputs) for _ in range(60)]
    for name, wanted in exact.items():
        values = torch.stack([run[name] for run in runs])
        mean, error = values.mean(0), values.std(0) / len(runs) ** 0.5
        assert ((mean - wanted).abs() <= 4.5 * error + 1e-9).all(), name
        if name == "gradient of weights":
            assert (error > 0).all(), "gradients are measured, too"


def test_gradients_stay_exact_by_default_whatever_the_shots() -> None:
    inputs = some_inputs(2, 2)
    exact, measured = (
        observe(layer_of(rotations), inputs),
        observe(layer_of(rotations, shots=20, seed=1), inputs),
    )
    assert not torch.equal(measured.pop("output"), exact.pop("output"))
    assert_close(measured, exact, **SHIFTED)


def test_circuits_are_counted_as_a_quantum_computer_runs_them() -> None:
    """Three rows: one circuit a row, then two for each of the four rotations that weights turn."""
    layer = layer_of(rotations, gradient="parameter-shift")
    output = layer(some_inputs(3, 2))
    assert layer.executions == 3
    output.sum().backward()
    assert layer.executions == 3 + 3 * 2 * 4


def test_gradients_of_inputs_are_counted_where_they_are_asked_for() -> None:
    layer = layer_of(rotations, gradient="parameter-shift")
    layer(some_inputs(3, 2).requires_grad_()).sum().backward()
    assert layer.executions == 3 + 3 * 2 * (4 + 2)


def test_only_forward_passes_count_without_gradients() -> None:
    layer = layer_of(rotations, gradient="parameter-shift")
    with torch.no_grad():
        for batch in (1, 4):
            layer(some_inputs(batch, 2))
    assert layer.executions == 5


def test_controlled_rotations_take_four_shifts() -> None:
    def one(inputs, weights):
        qml.AngleEmbedding(inputs, wires=range(2))
        qml.CRX(weights[0], wires=(0, 1))
        qml.RY(weights[1], wires=1)
        return [qml.expval(qml.Z(0)), qml.expval(qml.Z(1))]

    layer = layer_of(one, gradient="parameter-shift")
    layer(some_inputs(5, 2)).sum().backward()
    assert layer.executions == 5 * (1 + 4 + 2)


def test_shots_are_counted_without_shifts_too() -> None:
    layer = layer_of(rotations, shots=100, seed=1)
    layer(some_inputs(3, 2)).sum().backward()
    assert layer.executions == 3


def test_exact_simulation_counts_nothing() -> None:
    layer = layer_of(rotations)
    layer(some_inputs(3, 2)).sum().backward()
    assert layer.executions == 0


def test_words_that_do_not_commute_take_circuits_of_their_own() -> None:
    def both(inputs, weights):
        qml.AngleEmbedding(inputs, wires=range(2))
        qml.RY(weights[0], wires=0)
        return [qml.expval(qml.Z(0)), qml.expval(qml.X(0)), qml.expval(qml.Z(1))]

    layer = layer_of(both, shots=100, gradient="parameter-shift", seed=1)
    layer(some_inputs(3, 2)).sum().backward()
    assert layer.executions == 3 * 2 * (1 + 2)


def test_unknown_ways_are_refused() -> None:
    with pytest.raises(ValueError, match="finite-diff"):
        layer_of(rotations, gradient="finite-diff")
