"""Data that do not change are encoded once, and give the same results as the inputs."""

import pennylane as qml
import pytest
import torch

from qenn_core.engine import FallbackWarning, FusedTorchLayer
from qenn_core.engine.kernels import ProductState
from tests.engine.parity import DOUBLE, draw_inputs, in_double, node, set_weights

N_ROWS = 7


def amplitudes(inputs, weights):
    qml.AmplitudeEmbedding(inputs, wires=range(2), normalize=True)
    qml.StronglyEntanglingLayers(weights, wires=range(2))
    return [qml.expval(qml.Z(0)), qml.expval(qml.X(1))]


def angles(inputs, weights):
    qml.AngleEmbedding(inputs[..., :2], wires=range(2))
    qml.StronglyEntanglingLayers(weights, wires=range(2))
    return qml.probs(wires=[1, 0])


def uploading_again(inputs, weights):
    for layer in weights:
        qml.AngleEmbedding(inputs[..., :2], wires=range(2))
        qml.StronglyEntanglingLayers(layer[None], wires=range(2))
    return [qml.expval(qml.Z(0)), qml.expval(qml.X(1))]


def weights_before_inputs(inputs, weights):
    qml.StronglyEntanglingLayers(weights, wires=range(2))
    qml.AngleEmbedding(inputs[..., :2], wires=range(2))
    return qml.expval(qml.Z(0) @ qml.X(1))


def weights_with_inputs(inputs, weights):
    qml.RX(inputs[..., 0] * weights[0, 0, 0], wires=0)
    qml.RY(inputs[..., 1], wires=1)
    qml.CNOT((0, 1))
    qml.RX(weights[1, 1, 1], wires=1)
    return [qml.expval(qml.Y(0)), qml.expval(qml.Z(1))]


def noisy(inputs, weights):
    qml.AngleEmbedding(inputs[..., :2], wires=range(2))
    qml.DepolarizingChannel(0.1, wires=0)
    qml.StronglyEntanglingLayers(weights, wires=range(2))
    qml.AmplitudeDamping(0.2, wires=1)
    return [qml.expval(qml.Z(0)), qml.expval(qml.X(1))]


def noisy_uploading_again(inputs, weights):
    for layer in weights:
        qml.AngleEmbedding(inputs[..., :2], wires=range(2))
        qml.PhaseDamping(0.1, wires=0)
        qml.StronglyEntanglingLayers(layer[None], wires=range(2))
    return qml.probs(wires=[1, 0])


def without_inputs(inputs, weights):
    qml.StronglyEntanglingLayers(weights, wires=range(2))
    return [qml.expval(qml.Z(0)), qml.expval(qml.X(1))]


FUNCTIONS = [
    amplitudes,
    angles,
    uploading_again,
    weights_before_inputs,
    weights_with_inputs,
    noisy,
    noisy_uploading_again,
    without_inputs,
]


def layer_of(function, **options) -> FusedTorchLayer:
    mixed = function.__name__.startswith("noisy")
    return in_double(FusedTorchLayer, node(function, 2, mixed=mixed), {"weights": (2, 2, 3)}, **options)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_encoded_rows_give_the_results_of_inputs(function, dtype: torch.dtype) -> None:
    layer = layer_of(function)
    inputs = draw_inputs(N_ROWS, 4).to(dtype)
    encoded = layer.encode(inputs)
    assert len(encoded) == N_ROWS
    tolerance = DOUBLE if dtype is torch.float64 else {"rtol": 1e-5, "atol": 1e-6}
    for seed in range(3):
        set_weights(layer, seed)
        for rows in (slice(None), slice(2, 5), torch.tensor([6, 0, 0, 3]), torch.tensor([1])):
            actual, expected = layer(encoded[rows]), layer(inputs[rows])
            assert actual.dtype == expected.dtype == dtype
            torch.testing.assert_close(actual, expected, **tolerance)
            for slope, expected_slope in zip(
                gradients(layer, actual), gradients(layer, expected), strict=True
            ):
                torch.testing.assert_close(slope, expected_slope, **tolerance)
    torch.testing.assert_close(layer(encoded), layer(inputs), **tolerance)


def gradients(layer: torch.nn.Module, output: torch.Tensor) -> tuple[torch.Tensor, ...]:
    mixture = (output * torch.arange(output.numel()).cos().reshape(output.shape)).sum()
    return torch.autograd.grad(mixture, list(layer.parameters()))


def test_indexing_encoded_rows_twice() -> None:
    layer = layer_of(noisy)
    inputs = draw_inputs(N_ROWS, 4)
    picked = layer.encode(inputs)[torch.tensor([5, 2, 4, 1])][1:3]
    assert len(picked) == 2
    torch.testing.assert_close(layer(picked), layer(inputs[[2, 4]]), **DOUBLE)


@pytest.mark.parametrize("function", [angles, uploading_again, noisy], ids=lambda function: function.__name__)
def test_several_models(function) -> None:
    layer = layer_of(function, n_models=3)
    rows = torch.tensor([4, 1, 1])
    shared = draw_inputs(N_ROWS, 4)
    encoded = layer.encode(shared)
    torch.testing.assert_close(layer(encoded), layer(shared), **DOUBLE)
    torch.testing.assert_close(layer(encoded[rows]), layer(shared[rows]), **DOUBLE)
    own = draw_inputs(3, N_ROWS, 4)
    encoded = layer.encode(own)
    torch.testing.assert_close(layer(encoded), layer(own), **DOUBLE)
    torch.testing.assert_close(layer(encoded[:, rows]), layer(own[:, rows]), **DOUBLE)
    # Other rows for each model.
    models = torch.arange(3)[:, None]
    mixed_rows = torch.tensor([[4, 1], [0, 2], [6, 6]])
    torch.testing.assert_close(layer(encoded[models, mixed_rows]), layer(own[models, mixed_rows]), **DOUBLE)


def test_encoding_has_no_gradient() -> None:
    layer = layer_of(angles)
    inputs = draw_inputs(N_ROWS, 4).requires_grad_()
    output = layer(layer.encode(inputs))
    (gradient,) = torch.autograd.grad(output[:, 0].sum(), inputs, materialize_grads=True, allow_unused=True)
    assert not gradient.any()


def test_fallback_encodes_to_the_inputs() -> None:
    def spread(inputs, weights):
        qml.AngleEmbedding(inputs[..., :2], wires=range(2))
        qml.StronglyEntanglingLayers(weights, wires=range(2))
        return qml.purity([0])

    layer = layer_of(spread)
    inputs = draw_inputs(N_ROWS, 4)
    encoded = layer.encode(inputs)
    assert len(encoded) == N_ROWS
    with pytest.warns(FallbackWarning, match="purity"):
        from_encoded = layer(encoded[2:4])
    torch.testing.assert_close(from_encoded, layer(inputs[2:4]), **DOUBLE)


@pytest.mark.parametrize("circuit", [amplitudes, angles])
def test_encoded_state_is_not_computed_again(circuit, monkeypatch: pytest.MonkeyPatch) -> None:
    layer = FusedTorchLayer(node(circuit, 2), {"weights": (2, 2, 3)})
    rows = torch.rand(N_ROWS, 4)
    encoded = layer.encode(rows)
    calls = []
    forward = ProductState.forward

    def counted(self: ProductState, *vectors: torch.Tensor) -> object:
        calls.append(len(vectors))
        return forward(self, *vectors)

    monkeypatch.setattr(ProductState, "forward", counted)
    expected = layer(rows)
    assert calls, "rows start with a product state"
    calls.clear()
    torch.testing.assert_close(layer(encoded), expected)
    assert not calls
