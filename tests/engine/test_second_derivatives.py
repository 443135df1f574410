"""Second derivatives with respect to weights, inputs, and both."""

import pennylane as qml
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from random_examples import examples

from qenn_core.engine import FusedTorchLayer
from tests.engine.circuits import N_INPUTS, WEIGHT_SHAPES, Circuit, batches, circuits
from tests.engine.parity import DOUBLE, assert_close, draw_inputs, in_double, node, observe, pair
from tests.engine.reference import reference_of


def wave(values: torch.Tensor) -> torch.Tensor:
    """Return a weighted sum of all entries, each with a different weight."""
    return (values * torch.arange(values.numel()).cos().reshape(values.shape)).sum()


def curvature(layer: torch.nn.Module, inputs: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return the gradients of a weighted sum of all gradients of a weighted sum of all outputs."""
    inputs = inputs.detach().clone().requires_grad_()
    leaves = {"inputs": inputs, **dict(layer.named_parameters())}
    output = wave(layer(inputs).sin())
    if not output.requires_grad:
        return {name: torch.zeros_like(leaf) for name, leaf in leaves.items()}
    options = {"create_graph": True, "materialize_grads": True}
    slopes = torch.autograd.grad(output, list(leaves.values()), **options)
    mixture = sum(map(wave, slopes))
    curves = torch.autograd.grad(mixture, list(leaves.values()), **options)
    return {name: curve.detach() for name, curve in zip(leaves, curves, strict=True)}


@examples(12, thorough=40)
@given(st.integers(1, 4).flatmap(lambda n: circuits(n_wires=n, n_gates=6, mixed=False)))
def test_pure(circuit: Circuit) -> None:
    inputs = draw_inputs(*batches(circuit)[0], N_INPUTS)
    fused, reference = pair(circuit.node(), WEIGHT_SHAPES)
    assert_close(curvature(fused, inputs), curvature(reference, inputs), **DOUBLE)


@examples(10, thorough=30)
@given(st.integers(1, 3).flatmap(lambda n: circuits(n_wires=n, n_gates=6, mixed=True)))
def test_mixed(circuit: Circuit) -> None:
    inputs = draw_inputs(*batches(circuit)[0], N_INPUTS)
    fused, _ = pair(circuit.node(), WEIGHT_SHAPES)
    assert_close(curvature(fused, inputs), curvature(reference_of(circuit), inputs), **DOUBLE)


def entangled(inputs, weights):
    qml.AngleEmbedding(inputs, wires=(0, 1))
    qml.Rot(*weights, wires=0)
    qml.CRX(weights[0] * inputs[..., 1], wires=(0, 1))
    return [qml.expval(qml.Y(0)), qml.expval(qml.Z(0) @ qml.X(1))]


def noisy(inputs, weights):
    qml.AngleEmbedding(inputs, wires=(0, 1))
    qml.Rot(*weights, wires=0)
    qml.DepolarizingChannel(0.1, wires=0)
    qml.CNOT((0, 1))
    qml.AmplitudeDamping(torch.sigmoid(weights[1]), wires=1)
    qml.RY(weights[2], wires=1)
    return [qml.expval(qml.Y(0)), qml.expval(qml.Z(0) @ qml.X(1))]


def uploading_again(inputs, weights):
    for weight in weights:
        qml.AngleEmbedding(inputs, wires=(0, 1))
        qml.RY(weight, wires=0)
        qml.BitFlip(0.05, wires=0)
        qml.CNOT((0, 1))
    return [qml.expval(qml.Z(0)), qml.expval(qml.X(1))]


@pytest.mark.parametrize(
    "function", [entangled, noisy, uploading_again], ids=lambda function: function.__name__
)
def test_finite_differences_agree(function) -> None:
    mixed = function is not entangled
    layer = in_double(FusedTorchLayer, node(function, 2, mixed=mixed), {"weights": 3})
    inputs = draw_inputs(2, 2).requires_grad_()

    # Gradcheck changes the weights in place, so the argument is unused.
    def evaluate(inputs: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        return layer(inputs)

    assert torch.autograd.gradcheck(evaluate, (inputs, layer.weights))
    assert torch.autograd.gradgradcheck(evaluate, (inputs, layer.weights))
    assert layer.fallback_cause is None


def test_hessian_of_a_rotation() -> None:
    """Z after RX(w·x) is cos(w·x)."""

    def rotation(inputs, weights):
        qml.RX(weights[0] * inputs[..., 0], wires=0)
        return qml.expval(qml.Z(0))

    layer = in_double(FusedTorchLayer, node(rotation, 1), {"weights": (1,)})
    inputs = draw_inputs(4, 1).requires_grad_()
    seen = observe(layer, inputs)
    weight = layer.weights.detach()
    torch.testing.assert_close(seen["output"], torch.cos(weight * inputs[:, 0].detach()))
    (slope,) = torch.autograd.grad(layer(inputs).sum(), inputs, create_graph=True)
    (curve,) = torch.autograd.grad(slope.sum(), inputs)
    torch.testing.assert_close(curve, -(weight**2) * torch.cos(weight * inputs.detach()))
