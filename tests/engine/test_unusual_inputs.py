"""Unusual inputs: the behaviour of TorchLayer, or a clear error."""

import numpy as np
import pennylane as qml
import pytest
import torch

from qenn_core.engine import FallbackWarning, FusedTorchLayer
from tests.engine.parity import DOUBLE, assert_close, draw_inputs, node, observe, pair


def angles(inputs, weights):
    qml.AngleEmbedding(inputs, wires=range(3))
    qml.StronglyEntanglingLayers(weights, wires=range(3))
    return [qml.expval(qml.Z(0)), qml.expval(qml.X(1))]


def noisy(inputs, weights):
    qml.AngleEmbedding(inputs, wires=range(3))
    qml.DepolarizingChannel(0.1, wires=1)
    qml.StronglyEntanglingLayers(weights, wires=range(3))
    return [qml.expval(qml.Z(0)), qml.expval(qml.X(1))]


def noisy_again(inputs, weights):
    for layer in weights:
        qml.AngleEmbedding(inputs, wires=range(3))
        qml.DepolarizingChannel(0.1, wires=1)
        qml.StronglyEntanglingLayers(layer[None], wires=range(3))
    return [qml.expval(qml.Z(0)), qml.expval(qml.X(1))]


@pytest.fixture(params=[angles, noisy, noisy_again], ids=lambda function: function.__name__)
def layers(request: pytest.FixtureRequest) -> tuple[FusedTorchLayer, qml.qnn.TorchLayer]:
    function = request.param
    return pair(node(function, 3, mixed=function is not angles), {"weights": (2, 3, 3)})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_non_finite_row_affects_only_itself(layers, value: float) -> None:
    fused, reference = layers
    inputs = draw_inputs(4, 3)
    inputs[1, 2] = value
    actual, expected = fused(inputs), reference(inputs)
    assert actual[1].isnan().all()
    others = [0, 2, 3]
    torch.testing.assert_close(actual[others], expected[others], rtol=1e-6, atol=1e-6)


def test_non_finite_weights_give_nan_like_torch_layer(layers) -> None:
    fused, reference = layers
    with torch.no_grad():
        fused.weights[0, 0, 0] = reference.weights[0, 0, 0] = float("nan")
    inputs = draw_inputs(4, 3)
    assert torch.equal(fused(inputs).isnan(), reference(inputs).isnan())


@pytest.mark.parametrize("value", [1e3, 1e6])
def test_large_angles(layers, value: float) -> None:
    fused, reference = layers
    inputs = draw_inputs(4, 3) * value
    torch.testing.assert_close(fused(inputs), reference(inputs), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("shape", [(0, 3), (2, 0, 3)])
def test_no_rows(layers, shape: tuple[int, ...]) -> None:
    """No rows give no results, while TorchLayer fails on them."""
    fused, _ = layers
    inputs = torch.zeros(shape, dtype=torch.float64, requires_grad=True)
    output = fused(inputs)
    assert output.shape == (*shape[:-1], 2)
    assert output.dtype == torch.float64
    output.sum().backward()
    assert not fused.weights.grad.any()
    assert inputs.grad.shape == shape


def test_too_wide_rows(layers) -> None:
    fused, reference = layers
    with pytest.raises(ValueError, match="length") as expected:
        reference(draw_inputs(2, 4))
    with pytest.raises(ValueError, match="length") as actual:
        fused(draw_inputs(2, 4))
    assert str(actual.value) == str(expected.value)


def test_layer_is_usable_after_an_error(layers) -> None:
    fused, reference = layers
    with pytest.raises(ValueError, match="length"):
        fused(draw_inputs(2, 4))
    assert_close(
        observe(fused, draw_inputs(2, 2)), observe(reference, draw_inputs(2, 2)), rtol=1e-6, atol=1e-6
    )
    assert fused.fallback_cause is None


@pytest.mark.parametrize("dtype", [torch.int32, torch.int64, torch.uint8, torch.bool])
def test_integer_inputs_are_rejected(layers, dtype: torch.dtype) -> None:
    """TorchLayer would round the weights and the results to integers."""
    fused, _ = layers
    with pytest.raises(TypeError, match=r"float"):
        fused(torch.ones(2, 3, dtype=dtype))


def test_scalar_input_is_rejected(layers) -> None:
    fused, reference = layers
    number = torch.tensor(0.3, dtype=torch.float64)
    with pytest.raises(IndexError):
        reference(number)
    with pytest.raises((IndexError, ValueError)):
        fused(number)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision(layers, dtype: torch.dtype) -> None:
    """Results have the precision of the inputs, as for TorchLayer."""
    fused, _ = layers
    inputs = draw_inputs(2, 3).to(dtype)
    output = fused(inputs)
    assert output.dtype == dtype
    torch.testing.assert_close(output.double(), fused(inputs.double()), rtol=0.03, atol=0.03)


def test_inputs_in_any_memory_layout(layers) -> None:
    fused, reference = layers
    columns = draw_inputs(3, 5).T
    every_second = draw_inputs(10, 6)[::2, ::2]
    repeated = draw_inputs(1, 3).expand(5, 3)
    for inputs in (columns, every_second, repeated):
        torch.testing.assert_close(fused(inputs), reference(inputs), rtol=1e-6, atol=1e-6)


def test_gradients_flow_to_computed_inputs() -> None:
    fused, reference = pair(node(angles, 3), {"weights": (2, 3, 3)})
    linear = torch.nn.Linear(2, 3).double()
    start = draw_inputs(4, 2)
    slopes = []
    for layer in (fused, reference):
        output = layer(torch.tanh(linear(start)))
        slopes.append(torch.autograd.grad(output.sum(), [*linear.parameters(), *layer.parameters()]))
    for actual, expected in zip(*slopes, strict=True):
        torch.testing.assert_close(actual, expected, **DOUBLE)


def test_unused_inputs_set_the_batch_size() -> None:
    """Each row gives the result of a single row, while TorchLayer fails on a batch."""

    def blind(inputs, weights):
        qml.RX(weights[0], wires=0)
        return [qml.expval(qml.Z(0)), qml.expval(qml.Y(0))]

    fused, reference = pair(node(blind, 1), {"weights": (1,)})
    row = reference(draw_inputs(3))
    torch.testing.assert_close(fused(draw_inputs(3)), row, **DOUBLE)
    torch.testing.assert_close(fused(draw_inputs(4, 3)), row.expand(4, 2), **DOUBLE)


def test_weights_have_the_type_of_the_inputs_in_arithmetic() -> None:
    def circuit(inputs, weights):
        qml.AngleEmbedding(inputs, wires=range(3))
        qml.RX(inputs @ weights, wires=0)
        return [qml.expval(qml.Z(0)), qml.expval(qml.X(1))]

    fused, reference = pair(node(circuit, 3), {"weights": 3})
    inputs = draw_inputs(4, 3)
    assert_close(observe(fused.float(), inputs), observe(reference.float(), inputs), **DOUBLE)
    assert fused.fallback_cause is None


@pytest.mark.parametrize("n_models", [None, 1, 4])
def test_no_rows_for_some_models(n_models: int | None) -> None:
    def circuit(inputs, weights):
        qml.AngleEmbedding(inputs, wires=range(3))
        qml.StronglyEntanglingLayers(weights, wires=range(3))
        return [qml.expval(qml.Z(0)), qml.expval(qml.X(1))]

    layer = FusedTorchLayer(node(circuit, 3), {"weights": (2, 3, 3)}, n_models=n_models)
    for _ in range(2):
        results = layer(torch.zeros(0, 3))
        assert results.shape == (*([] if n_models is None else [n_models]), 0, 2)
        results.sum().backward()
        assert not layer.weights.grad.any()
        layer(torch.zeros(2, 3))


def test_inputs_without_dimension() -> None:
    def circuit(inputs, weights):
        qml.RX(inputs, wires=0)
        qml.RY(weights[0], wires=0)
        return [qml.expval(qml.Z(0)), qml.expval(qml.X(0))]

    fused, reference = pair(node(circuit, 1), {"weights": 2})
    inputs = torch.tensor(0.3, dtype=torch.float64)
    with pytest.warns(FallbackWarning, match="dimension"):
        torch.testing.assert_close(fused(inputs), reference(inputs), **DOUBLE)


def test_inputs_of_inference_mode_and_lazy_views() -> None:
    def circuit(inputs, weights):
        qml.AngleEmbedding(inputs, wires=range(3))
        qml.StronglyEntanglingLayers(weights, wires=range(3))
        return [qml.expval(qml.Z(0)), qml.expval(qml.X(1))]

    fused, reference = pair(node(circuit, 3), {"weights": (2, 3, 3)})
    values = draw_inputs(4, 3)
    with torch.inference_mode():
        frozen = values * 1
    negated = torch.imag(torch.conj(torch.complex(values, -values)))
    for inputs in (frozen, negated):
        results = fused(inputs)
        torch.testing.assert_close(results, reference(values), **DOUBLE)
        results.sum().backward()


@pytest.mark.parametrize("inputs", [[0.1, 0.2], np.ones((2, 3))], ids=["list", "array"])
def test_inputs_that_are_no_tensor_are_named(inputs: object) -> None:
    layer = FusedTorchLayer(node(lambda inputs, weights: qml.expval(qml.Z(0)), 1), {"weights": 1})
    with pytest.raises(TypeError, match="as_tensor"):
        layer(inputs)
