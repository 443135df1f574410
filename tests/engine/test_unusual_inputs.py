"""Inputs that nobody means to give: as TorchLayer takes them, or a clear word why not."""

import pennylane as qml
import pytest
import torch

from qenn_core.engine import FusedTorchLayer
from tests.engine.parity import DOUBLE, assert_close, node, observe, pair, some_inputs


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
def test_a_row_that_is_not_finite_spoils_only_itself(layers, value: float) -> None:
    fused, stock = layers
    inputs = some_inputs(4, 3)
    inputs[1, 2] = value
    got, wanted = fused(inputs), stock(inputs)
    assert got[1].isnan().all()
    others = [0, 2, 3]
    torch.testing.assert_close(got[others], wanted[others], rtol=1e-6, atol=1e-6)


def test_weights_that_are_not_finite_spoil_everything_they_touch(layers) -> None:
    fused, stock = layers
    with torch.no_grad():
        fused.weights[0, 0, 0] = stock.weights[0, 0, 0] = float("nan")
    inputs = some_inputs(4, 3)
    assert torch.equal(fused(inputs).isnan(), stock(inputs).isnan())


@pytest.mark.parametrize("value", [1e3, 1e6])
def test_large_angles(layers, value: float) -> None:
    fused, stock = layers
    inputs = some_inputs(4, 3) * value
    torch.testing.assert_close(fused(inputs), stock(inputs), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("shape", [(0, 3), (2, 0, 3)])
def test_no_rows(layers, shape: tuple[int, ...]) -> None:
    """TorchLayer fails on them; no rows in, no rows out."""
    fused, _ = layers
    inputs = torch.zeros(shape, dtype=torch.float64, requires_grad=True)
    output = fused(inputs)
    assert output.shape == (*shape[:-1], 2)
    assert output.dtype == torch.float64
    output.sum().backward()
    assert not fused.weights.grad.any()
    assert inputs.grad.shape == shape


def test_too_wide_rows(layers) -> None:
    fused, stock = layers
    with pytest.raises(ValueError, match="length") as wanted:
        stock(some_inputs(2, 4))
    with pytest.raises(ValueError, match="length") as got:
        fused(some_inputs(2, 4))
    assert str(got.value) == str(wanted.value)


def test_a_failure_leaves_the_layer_usable(layers) -> None:
    fused, stock = layers
    with pytest.raises(ValueError, match="length"):
        fused(some_inputs(2, 4))
    assert_close(observe(fused, some_inputs(2, 2)), observe(stock, some_inputs(2, 2)), rtol=1e-6, atol=1e-6)
    assert fused.fallback_cause is None


@pytest.mark.parametrize("dtype", [torch.int32, torch.int64, torch.uint8, torch.bool])
def test_whole_numbers_are_refused(layers, dtype: torch.dtype) -> None:
    """TorchLayer would cut the weights to whole numbers, and the results too."""
    fused, _ = layers
    with pytest.raises(TypeError, match=r"float"):
        fused(torch.ones(2, 3, dtype=dtype))


def test_a_single_number_is_no_row(layers) -> None:
    fused, stock = layers
    number = torch.tensor(0.3, dtype=torch.float64)
    with pytest.raises(IndexError):
        stock(number)
    with pytest.raises((IndexError, ValueError)):
        fused(number)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision(layers, dtype: torch.dtype) -> None:
    """TorchLayer computes in it where torch can, and returns it."""
    fused, _ = layers
    inputs = some_inputs(2, 3).to(dtype)
    output = fused(inputs)
    assert output.dtype == dtype
    torch.testing.assert_close(output.double(), fused(inputs.double()), rtol=0.03, atol=0.03)


def test_inputs_in_any_memory_layout(layers) -> None:
    fused, stock = layers
    columns = some_inputs(3, 5).T
    every_second = some_inputs(10, 6)[::2, ::2]
    repeated = some_inputs(1, 3).expand(5, 3)
    for inputs in (columns, every_second, repeated):
        torch.testing.assert_close(fused(inputs), stock(inputs), rtol=1e-6, atol=1e-6)


def test_inputs_that_are_themselves_computed() -> None:
    fused, stock = pair(node(angles, 3), {"weights": (2, 3, 3)})
    linear = torch.nn.Linear(2, 3).double()
    start = some_inputs(4, 2)
    slopes = []
    for layer in (fused, stock):
        output = layer(torch.tanh(linear(start)))
        slopes.append(torch.autograd.grad(output.sum(), [*linear.parameters(), *layer.parameters()]))
    for got, wanted in zip(*slopes, strict=True):
        torch.testing.assert_close(got, wanted, **DOUBLE)


def test_inputs_without_an_effect_are_repeated() -> None:
    """TorchLayer fails on a batch of them; each row gives what one row gives."""

    def blind(inputs, weights):
        qml.RX(weights[0], wires=0)
        return [qml.expval(qml.Z(0)), qml.expval(qml.Y(0))]

    fused, stock = pair(node(blind, 1), {"weights": (1,)})
    row = stock(some_inputs(3))
    torch.testing.assert_close(fused(some_inputs(3)), row, **DOUBLE)
    torch.testing.assert_close(fused(some_inputs(4, 3)), row.expand(4, 2), **DOUBLE)
