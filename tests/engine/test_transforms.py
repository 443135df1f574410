"""The layer under the transforms, tracers and modes of PyTorch, also if its first call is within one."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pennylane as qml
import pytest
import torch
from torch.autograd import forward_ad, functional
from torch.func import functional_call, grad, hessian, jacfwd, jacrev, jvp, vjp, vmap
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils.checkpoint import checkpoint
from torch.utils.flop_counter import FlopCounterMode

from qenn_core.engine import FusedTorchLayer
from tests.engine.parity import DOUBLE, draw_inputs, node, pair

Layer = torch.nn.Module
Use = Callable[[Layer, torch.Tensor], torch.Tensor]

SHAPES = {"weights": (2, 3, 3), "unused": 2}


def pure(inputs, weights, unused):
    qml.AngleEmbedding(inputs, wires=range(3))
    qml.StronglyEntanglingLayers(weights, wires=range(3))
    return [qml.expval(qml.Z(0)), qml.expval(qml.X(1) @ qml.Y(2))]


def arithmetic(inputs, weights, unused):
    qml.AngleEmbedding(torch.tanh(inputs * weights[0, 0]), wires=range(3))
    qml.StronglyEntanglingLayers(weights**2, wires=range(3))
    return [qml.expval(qml.Z(0)), qml.expval(qml.Z(1))]


def noisy(inputs, weights, unused):
    qml.AngleEmbedding(inputs, wires=range(3))
    qml.DepolarizingChannel(0.1, wires=1)
    qml.StronglyEntanglingLayers(weights, wires=range(3))
    return [qml.expval(qml.Z(0)), qml.expval(qml.Z(1))]


def amplitudes(inputs, weights, unused):
    qml.AmplitudeEmbedding(inputs, wires=range(2), normalize=True, pad_with=0.1)
    qml.StronglyEntanglingLayers(weights[:, :2], wires=range(2))
    return qml.probs(wires=[0, 1])


CIRCUITS = [pure, arithmetic, noisy, amplitudes]


def parameter_gradients(layer: Layer, function: Callable[[torch.Tensor], torch.Tensor], inputs: Any) -> Any:
    function(inputs).sin().sum().backward()
    return dict(layer.named_parameters())["weights"].grad


def tangent(layer: Layer, inputs: torch.Tensor) -> torch.Tensor:
    with forward_ad.dual_level():
        result = layer(forward_ad.make_dual(inputs, inputs.cos()))
        return forward_ad.unpack_dual(result).tangent


def batched_gradients(layer: Layer, inputs: torch.Tensor) -> torch.Tensor:
    results = layer(inputs)
    basis = torch.eye(results.numel(), dtype=results.dtype).reshape(-1, *results.shape)
    (gradients,) = torch.autograd.grad(results, [layer.weights], basis, is_grads_batched=True)
    return gradients


def separate_gradients(layer: Layer, inputs: torch.Tensor) -> torch.Tensor:
    results = layer(inputs).flatten()
    return torch.stack([torch.autograd.grad(y, [layer.weights], retain_graph=True)[0] for y in results])


def call(layer: Layer, inputs: torch.Tensor) -> torch.Tensor:
    return layer(inputs)


def under_mode(mode: Callable[[], Any]) -> Use:
    def use(layer: Layer, inputs: torch.Tensor) -> torch.Tensor:
        with mode():
            return layer(inputs)

    return use


def loop(layer: Layer, rows: torch.Tensor) -> torch.Tensor:
    return torch.stack([layer(row) for row in rows])


def scalar(layer: Layer) -> Callable[[torch.Tensor], torch.Tensor]:
    return lambda rows: layer(rows).sin().sum()


# A use of the layer, and one that gives the same with PennyLane's layer, which fails in some of the former.
USES: dict[str, tuple[Use, Use]] = {
    "grad": (lambda layer, x: grad(scalar(layer))(x), lambda layer, x: functional.vjp(scalar(layer), x)[1]),
    "vjp": (
        lambda layer, x: vjp(layer, x)[1](layer(x).detach())[0],
        lambda layer, x: functional.vjp(layer, x, layer(x).detach())[1],
    ),
    "jvp": (
        lambda layer, x: jvp(layer, (x,), (x.cos(),))[1],
        lambda layer, x: functional.jvp(layer, x, x.cos())[1],
    ),
    "jacrev": (lambda layer, x: jacrev(layer)(x), functional.jacobian),
    "jacfwd": (lambda layer, x: jacfwd(layer)(x), functional.jacobian),
    "hessian": (
        lambda layer, x: hessian(scalar(layer))(x),
        lambda layer, x: functional.hessian(scalar(layer), x),
    ),
    "vmap": (lambda layer, x: vmap(layer)(x), loop),
    "vmap over batches": (
        lambda layer, x: vmap(layer)(torch.stack([x, x + 1])),
        lambda layer, x: loop(layer, torch.stack([x, x + 1])),
    ),
    "forward mode": (tangent, lambda layer, x: functional.jvp(layer, x, x.cos())[1]),
    "vectorized jacobian": (
        lambda layer, x: functional.jacobian(layer, x, vectorize=True),
        functional.jacobian,
    ),
    "batched gradients": (batched_gradients, separate_gradients),
    "checkpoint": (
        lambda layer, x: parameter_gradients(layer, lambda x: checkpoint(layer, x, use_reentrant=False), x),
        lambda layer, x: parameter_gradients(layer, layer, x),
    ),
    "inference mode": (under_mode(torch.inference_mode), call),
    "anomaly mode": (under_mode(torch.autograd.detect_anomaly), call),
    "autocast": (under_mode(lambda: torch.autocast("cpu")), call),
    "device context": (under_mode(lambda: torch.device("cpu")), call),
    "dispatch mode": (under_mode(lambda: FlopCounterMode(display=False)), call),
    "make_fx": (lambda layer, x: make_fx(lambda x: layer(x))(x)(x + 0.3), lambda layer, x: layer(x + 0.3)),
    "export": (
        lambda layer, x: torch.export.export(layer, (x,), strict=False).module()(x + 0.3),
        lambda layer, x: layer(x + 0.3),
    ),
}
# PyTorch deprecates its TorchScript, and tells of tensors whose values become constants of a trace.
pytestmark = pytest.mark.filterwarnings(
    "ignore:`torch.jit.*is deprecated:DeprecationWarning",
    "ignore::torch.jit.TracerWarning",
    "ignore:Anomaly Detection has been enabled:UserWarning",
    "ignore:The .grad attribute of a Tensor that is not a leaf:UserWarning",
)


# Each use meets each circuit, in the first call of the layer or in a later one.
CASES = [
    pytest.param(use, circuit, bool((i + k) % 2), id=f"{use}-{circuit.__name__}")
    for i, use in enumerate(USES)
    for k, circuit in enumerate(CIRCUITS)
]


@pytest.mark.parametrize(("use", "circuit", "called_before"), CASES)
def test_use_gives_the_numbers_of_torch_layer(
    use: str, circuit: Callable[..., Any], called_before: bool
) -> None:
    fused, reference = pair(node(circuit, 3, mixed=circuit is noisy), SHAPES)
    inputs = draw_inputs(4, 3)
    used, equivalent = USES[use]
    expected = equivalent(reference, inputs)
    if called_before:
        fused(inputs)
    torch.testing.assert_close(used(fused, inputs), expected, **DOUBLE)
    assert fused.fallback_cause is None
    # It leaves the layer, and PyTorch, as they were.
    torch.testing.assert_close(fused(inputs), reference(inputs), **DOUBLE)
    assert fused(inputs).requires_grad
    assert torch.nn.Linear(3, 1)(inputs.float()).requires_grad


@pytest.mark.parametrize("called_before", [False, True], ids=["first call", "called before"])
@pytest.mark.parametrize("circuit", CIRCUITS, ids=lambda circuit: circuit.__name__)
def test_gradients_for_each_row(circuit: Callable[..., Any], called_before: bool) -> None:
    fused, reference = pair(node(circuit, 3, mixed=circuit is noisy), SHAPES)
    inputs = draw_inputs(4, 3)
    if called_before:
        fused(inputs)

    def loss(weights: torch.Tensor, row: torch.Tensor) -> torch.Tensor:
        return functional_call(fused, {"weights": weights}, (row,)).sin().sum()

    weights = fused.weights.detach()
    actual = vmap(grad(loss), in_dims=(None, 0))(weights, inputs)
    for row, gradient in zip(inputs, actual, strict=True):
        reference.zero_grad()
        reference(row).sin().sum().backward()
        torch.testing.assert_close(gradient, reference.weights.grad, **DOUBLE)


def test_many_weights_at_once() -> None:
    fused, reference = pair(node(pure, 3), SHAPES)
    inputs = draw_inputs(4, 3)
    weights = torch.stack([fused.weights.detach() + shift for shift in (0, 0.3, 0.9)])
    actual = vmap(lambda weights: functional_call(fused, {"weights": weights}, (inputs,)))(weights)
    for values, result in zip(weights, actual, strict=True):
        with torch.no_grad():
            reference.weights.copy_(values)
        torch.testing.assert_close(result, reference(inputs), **DOUBLE)


def test_gradcheck_of_all_kinds() -> None:
    fused, _ = pair(node(arithmetic, 3), SHAPES)
    inputs = draw_inputs(2, 3).requires_grad_()
    assert torch.autograd.gradcheck(fused, inputs, check_forward_ad=True, check_batched_grad=True)
    assert torch.autograd.gradgradcheck(fused, inputs)


@pytest.mark.parametrize("called_before", [False, True], ids=["first call", "called before"])
def test_within_a_compiled_model(called_before: bool) -> None:
    fused, reference = pair(node(pure, 3), SHAPES)
    inputs = draw_inputs(4, 3)
    if called_before:
        fused(inputs)

    def results(layer: Layer, wrap: Callable[[Layer], Layer]) -> list[torch.Tensor]:
        torch.manual_seed(0)
        model = torch.nn.Sequential(torch.nn.Tanh(), layer, torch.nn.Linear(2, 1).double())
        output = wrap(model)(inputs)
        output.sum().backward()
        return [output, layer.weights.grad]

    for actual, expected in zip(
        results(fused, lambda model: torch.compile(model, backend="aot_eager")),
        results(reference, lambda model: model),
        strict=True,
    ):
        torch.testing.assert_close(actual, expected, **DOUBLE)
    assert fused.fallback_cause is None


def test_onnx_export_is_refused_in_words(tmp_path: Path) -> None:
    fused, _ = pair(node(pure, 3), SHAPES)
    inputs = draw_inputs(2, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(RuntimeError, match="ONNX"):
            torch.onnx.export(fused, (inputs,), tmp_path / "layer.onnx", dynamo=False)
    assert fused(inputs).requires_grad


def test_jit_trace_of_computed_values_is_refused() -> None:
    fused, reference = pair(node(arithmetic, 3), SHAPES)
    inputs = draw_inputs(2, 3)
    with pytest.raises(RuntimeError, match=r"Use torch\.export"):
        torch.jit.trace(fused, inputs)
    torch.testing.assert_close(fused(inputs), reference(inputs), **DOUBLE)


@pytest.mark.parametrize("called_before", [False, True], ids=["first call", "called before"])
@pytest.mark.parametrize("circuit", [pure, noisy], ids=lambda circuit: circuit.__name__)
def test_jit_trace_records_the_layer(circuit: Callable[..., Any], called_before: bool) -> None:
    fused, reference = pair(node(circuit, 3, mixed=circuit is noisy), SHAPES)
    inputs = draw_inputs(4, 3)
    if called_before:
        fused(inputs)
    traced = torch.jit.trace(fused, inputs)
    torch.testing.assert_close(traced(inputs + 0.3), reference(inputs + 0.3), **DOUBLE)
    with torch.no_grad():
        fused.weights.mul_(0.5)
        reference.weights.mul_(0.5)
    torch.testing.assert_close(traced(inputs), reference(inputs), **DOUBLE)


def test_recording_within_a_transform_reads_nothing_of_it() -> None:
    layer = FusedTorchLayer(node(pure, 3), SHAPES)
    inputs = draw_inputs(5, 3).float()
    vmap(grad(lambda row: layer(row).sum()))(inputs)
    # The recording for one row serves rows of other values and gradients outside of the transform.
    row = inputs[0].clone().requires_grad_()
    layer(row).sum().backward()
    assert layer.fallback_cause is None
    assert row.grad is not None
    assert row.grad.isfinite().all()
