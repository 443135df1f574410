"""Compare two torch layers: values, and gradients of weights and inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar
from unittest.mock import patch

import pennylane as qml
import torch

from qenn_core.engine import FusedTorchLayer, execute

Layer = TypeVar("Layer", bound=torch.nn.Module)

DOUBLE = {"rtol": 1e-10, "atol": 1e-10}
SINGLE = {"rtol": 1e-5, "atol": 1e-5}


def node(function: Callable[..., Any], wires: Any, *, mixed: bool = False, **options: Any) -> qml.QNode:
    """Build a QNode on one of PennyLane's own simulators."""
    device = qml.device("default.mixed" if mixed else "default.qubit", wires=wires)
    return qml.QNode(function, device, interface="torch", diff_method="backprop", **options)


def set_weights(layer: torch.nn.Module, seed: int = 0) -> None:
    """Draw the weights from [-1.5, 1.5], as numbers that single precision represents exactly."""
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in layer.parameters():
            weight.copy_(3 * torch.rand(weight.shape, generator=draw) - 1.5)


def draw_inputs(*shape: int, seed: int = 0) -> torch.Tensor:
    """Draw inputs from [-1.5, 1.5], as double-precision numbers that single precision represents exactly."""
    draw = torch.Generator().manual_seed(100 + seed)
    return (3 * torch.rand(shape, generator=draw) - 1.5).double()


def in_double(
    kind: Callable[..., Layer], qnode: qml.QNode, weight_shapes: Mapping[str, Any], **options: Any
) -> Layer:
    """Build a layer in double precision, with the same weights for all layers with these shapes."""
    layer = kind(qnode, dict(weight_shapes), **options).double()
    set_weights(layer)
    return layer


def pair(
    qnode: qml.QNode, weight_shapes: Mapping[str, Any], **options: Any
) -> tuple[FusedTorchLayer, qml.qnn.TorchLayer]:
    """Build the engine's layer and PennyLane's, in double precision, with the same weights."""
    return (
        in_double(FusedTorchLayer, qnode, weight_shapes, **options),
        in_double(qml.qnn.TorchLayer, qnode, weight_shapes),
    )


def observe(layer: torch.nn.Module, inputs: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return a layer's output, and the gradients of a weighted sum of its entries, by name.

    Each entry has a different weight, so an error in any of them is visible.
    """
    inputs = inputs.detach().clone().requires_grad_()
    output = layer(inputs)
    leaves = {"inputs": inputs, **dict(layer.named_parameters())}
    mixture = (output * torch.arange(output.numel()).cos().reshape(output.shape).to(output)).sum()
    if mixture.requires_grad:
        gradients = torch.autograd.grad(mixture, list(leaves.values()), materialize_grads=True)
    else:
        gradients = [torch.zeros_like(leaf) for leaf in leaves.values()]
    return {
        "output": output.detach(),
        **{f"gradient of {name}": grad for name, grad in zip(leaves, gradients, strict=True)},
    }


def assert_close(
    actual: Mapping[str, torch.Tensor], expected: Mapping[str, torch.Tensor], rtol: float, atol: float
) -> None:
    """Fail unless all observations of two layers are close, and name those that are not."""
    assert actual.keys() == expected.keys()
    for name in expected:
        torch.testing.assert_close(
            actual[name],
            expected[name],
            rtol=rtol,
            atol=atol,
            check_dtype=False,
            msg=lambda message, name=name: f"{name}: {message}",
        )


@contextmanager
def without_native() -> Iterator[None]:
    """Execute plans by PyTorch and NumPy, also those of layers that have been called before."""
    with patch.object(execute, "native_circuit", lambda plan: None):
        yield


def assert_parity(fused: FusedTorchLayer, reference: torch.nn.Module, inputs: torch.Tensor) -> None:
    """Fail unless the engine compiles the circuit and gives another layer's results in double precision."""
    expected = observe(reference, inputs)
    actual = observe(fused, inputs)
    assert fused.fallback_cause is None, fused.fallback_cause
    assert actual["output"].dtype == torch.float64
    assert_close(actual, expected, **DOUBLE)


def assert_parity_in_single(fused: FusedTorchLayer, reference: torch.nn.Module, inputs: torch.Tensor) -> None:
    """Fail unless the engine in single precision gives another layer's results.

    The other layer uses double precision with the same weights and inputs, to avoid its rounding errors.
    """
    expected = observe(reference, inputs)
    actual = observe(fused.float(), inputs.float())
    fused.double()
    assert fused.fallback_cause is None, fused.fallback_cause
    assert actual["output"].dtype == torch.float32
    assert_close({name: value.double() for name, value in actual.items()}, expected, **SINGLE)
