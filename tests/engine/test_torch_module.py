"""The layer is a torch module like TorchLayer: weights, states, copies, devices, training."""

import copy
import functools
import pickle

import numpy as np
import pennylane as qml
import pytest
import torch

from qenn_core.engine import FusedTorchLayer
from tests.engine.parity import DOUBLE, assert_close, assert_parity, draw_inputs, node, observe, pair

SHAPES = {"weights": (2, 3, 3), "shift": ()}


def circuit(inputs, weights, shift):
    qml.AngleEmbedding(inputs + shift, wires=range(3))
    qml.StronglyEntanglingLayers(weights, wires=range(3))
    return [qml.expval(qml.Z(wire)) for wire in range(3)]


def noisy(inputs, weights, shift):
    qml.AngleEmbedding(inputs + shift, wires=range(3))
    qml.DepolarizingChannel(0.1, wires=1)
    qml.StronglyEntanglingLayers(weights, wires=range(3))
    return [qml.expval(qml.Z(wire)) for wire in range(3)]


@pytest.fixture(params=[circuit, noisy], ids=["pure", "mixed"])
def qnode(request: pytest.FixtureRequest) -> qml.QNode:
    return node(request.param, 3, mixed=request.param is noisy)


def test_weights_are_drawn_as_torch_layer_draws_them(qnode: qml.QNode) -> None:
    def drawn(kind: type) -> dict[str, torch.Tensor]:
        torch.manual_seed(3)
        return kind(qnode, SHAPES).state_dict()

    fused, reference = drawn(FusedTorchLayer), drawn(qml.qnn.TorchLayer)
    assert list(fused) == list(reference)
    for name in reference:
        assert torch.equal(fused[name], reference[name])
        assert fused[name].dtype == torch.float32


@pytest.mark.parametrize(
    "init",
    [torch.nn.init.ones_, {"weights": torch.nn.init.normal_, "shift": torch.tensor(0.5)}],
    ids=["function", "one each"],
)
def test_weights_can_be_initialised(qnode: qml.QNode, init: object) -> None:
    torch.manual_seed(3)
    fused = FusedTorchLayer(qnode, SHAPES, init)
    torch.manual_seed(3)
    reference = qml.qnn.TorchLayer(qnode, SHAPES, init)
    for actual, expected in zip(fused.parameters(), reference.parameters(), strict=True):
        assert torch.equal(actual, expected)


def test_is_a_torch_layer(qnode: qml.QNode) -> None:
    fused, _ = pair(qnode, SHAPES)
    assert isinstance(fused, qml.qnn.TorchLayer)
    assert fused.qnode.func.__name__ in str(fused)
    assert fused.qnode is qnode


def test_shapes_may_be_numbers_of_numpy() -> None:
    def angles(inputs, weights):
        qml.AngleEmbedding(inputs + weights, wires=range(3))
        return [qml.expval(qml.Z(wire)) for wire in range(3)]

    assert_parity(*pair(node(angles, 3), {"weights": np.int64(3)}), draw_inputs(2, 3))


def test_string_is_that_of_torch_layer_for_any_callable(qnode: qml.QNode) -> None:
    fused, reference = pair(qnode, SHAPES)
    assert (str(fused), repr(fused)) == (str(reference), repr(reference))
    partial = functools.partial(circuit)
    assert str(FusedTorchLayer(node(partial, 3), SHAPES)) == "<Quantum Torch Layer: func=partial>"


def test_state_dict_is_compatible_with_torch_layer(qnode: qml.QNode) -> None:
    fused, reference = pair(qnode, SHAPES)
    inputs = draw_inputs(2, 3)
    fused(inputs)
    with torch.no_grad():
        for weight in reference.parameters():
            weight.mul_(0.7)
    fused.load_state_dict(reference.state_dict())
    assert_parity(fused, reference, inputs)
    with torch.no_grad():
        for weight in fused.parameters():
            weight.add_(0.2)
    reference.load_state_dict(fused.state_dict())
    assert_parity(fused, reference, inputs)


@pytest.mark.parametrize("called_before", [False, True])
def test_copy_is_independent(qnode: qml.QNode, called_before: bool) -> None:
    layer, reference = pair(qnode, SHAPES)
    inputs = draw_inputs(2, 3)
    if called_before:
        layer(inputs)
    twin = copy.deepcopy(layer)
    assert_parity(twin, reference, inputs)
    with torch.no_grad():
        twin.weights.zero_()
    assert_parity(layer, reference, inputs)


@pytest.mark.parametrize("called_before", [False, True])
def test_pickle_round_trip(qnode: qml.QNode, called_before: bool) -> None:
    layer, reference = pair(qnode, SHAPES)
    if called_before:
        layer(draw_inputs(2, 3))
    assert_parity(pickle.loads(pickle.dumps(layer)), reference, draw_inputs(2, 3))


@pytest.mark.parametrize("device", ["cpu", *(["cuda"] if torch.cuda.is_available() else [])])
def test_moves_to_device(qnode: qml.QNode, device: str) -> None:
    layer, reference = pair(qnode, SHAPES)
    inputs = draw_inputs(5, 3)
    layer(inputs)
    moved = layer.to(device)
    actual = observe(moved, inputs.to(device))
    assert actual["output"].device.type == device
    assert_close({name: value.cpu() for name, value in actual.items()}, observe(reference, inputs), **DOUBLE)


def test_training_gives_the_same_losses(qnode: qml.QNode) -> None:
    inputs, targets = draw_inputs(8, 3), draw_inputs(8, 2, seed=1)

    def path(layer: torch.nn.Module) -> list[float]:
        torch.manual_seed(0)
        model = torch.nn.Sequential(layer, torch.nn.Linear(3, 2).double())
        optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
        losses = []
        for _ in range(5):
            optimizer.zero_grad()
            loss = torch.nn.functional.mse_loss(model(inputs), targets)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    fused, reference = map(path, pair(qnode, SHAPES))
    assert fused == pytest.approx(reference, abs=1e-7)
    assert fused[-1] < fused[0]


@pytest.mark.parametrize("weight_dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("input_dtype", [torch.float32, torch.float64])
def test_dtype_follows_inputs(qnode: qml.QNode, input_dtype: torch.dtype, weight_dtype: torch.dtype) -> None:
    fused, reference = pair(qnode, SHAPES)
    inputs = draw_inputs(2, 3).to(input_dtype)
    actual = observe(fused.to(weight_dtype), inputs)
    expected = observe(reference.to(weight_dtype), inputs)
    for name in expected:
        assert actual[name].dtype == expected[name].dtype
    assert_close(actual, expected, rtol=1e-5, atol=1e-5)


def test_without_gradients(qnode: qml.QNode) -> None:
    fused, reference = pair(qnode, SHAPES)
    inputs = draw_inputs(2, 3)
    with torch.no_grad():
        output = fused(inputs)
    assert not output.requires_grad
    torch.testing.assert_close(output, reference(inputs).detach(), **DOUBLE)
    with torch.inference_mode():
        torch.testing.assert_close(fused(inputs), output, **DOUBLE)
    assert fused(inputs).requires_grad
    fused.requires_grad_(False)
    assert not fused(inputs).requires_grad


@pytest.mark.parametrize(
    ("function", "shapes", "error"),
    [
        (lambda x, weights: qml.expval(qml.Z(0)), {"weights": 1}, TypeError),
        (lambda inputs, weights: qml.expval(qml.Z(0)), {"inputs": 1, "weights": 1}, ValueError),
        (lambda inputs, weights, other: qml.expval(qml.Z(0)), {"weights": 1}, ValueError),
    ],
    ids=["no inputs", "inputs as weight", "weight without shape"],
)
def test_signature_errors_match_torch_layer(function, shapes: dict, error: type) -> None:
    messages = []
    for kind in (FusedTorchLayer, qml.qnn.TorchLayer):
        with pytest.raises(error) as caught:
            kind(node(function, 1), shapes)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
