"""Hold one torch layer against another: values, and gradients of weights and inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import pennylane as qml
import torch

from qenn_core.engine import FusedTorchLayer

Layer = TypeVar("Layer", bound=torch.nn.Module)

DOUBLE = {"rtol": 1e-10, "atol": 1e-10}
SINGLE = {"rtol": 1e-5, "atol": 1e-5}


def node(function: Callable[..., Any], wires: Any, *, mixed: bool = False, **options: Any) -> qml.QNode:
    """Make a QNode on one of PennyLane's own simulators."""
    device = qml.device("default.mixed" if mixed else "default.qubit", wires=wires)
    return qml.QNode(function, device, interface="torch", diff_method="backprop", **options)


def set_weights(layer: torch.nn.Module, seed: int = 0) -> None:
    """Draw the weights from [-1.5, 1.5], as numbers that single precision has exactly."""
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in layer.parameters():
            weight.copy_(3 * torch.rand(weight.shape, generator=draw) - 1.5)


def some_inputs(*shape: int, seed: int = 0) -> torch.Tensor:
    """Draw inputs from [-1.5, 1.5] in double precision, as numbers that single precision has exactly."""
    draw = torch.Generator().manual_seed(100 + seed)
    return (3 * torch.rand(shape, generator=draw) - 1.5).double()


def in_double(
    kind: Callable[..., Layer], qnode: qml.QNode, weight_shapes: Mapping[str, Any], **options: Any
) -> Layer:
    """Make a layer in double precision, with the weights that every layer of these shapes gets here."""
    layer = kind(qnode, dict(weight_shapes), **options).double()
    set_weights(layer)
    return layer


def pair(
    qnode: qml.QNode, weight_shapes: Mapping[str, Any], **options: Any
) -> tuple[FusedTorchLayer, qml.qnn.TorchLayer]:
    """Make the engine's layer and PennyLane's, in double precision, with the same weights."""
    return (
        in_double(FusedTorchLayer, qnode, weight_shapes, **options),
        in_double(qml.qnn.TorchLayer, qnode, weight_shapes),
    )


def observe(layer: torch.nn.Module, inputs: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return a layer's output, and the gradients of one mixture of all its entries, by name.

    The mixture weighs each entry differently, so an error in any of them shows.
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
    got: Mapping[str, torch.Tensor], wanted: Mapping[str, torch.Tensor], rtol: float, atol: float
) -> None:
    """Fail unless all that was observed of two layers is close, naming what is not."""
    assert got.keys() == wanted.keys()
    for name in wanted:
        torch.testing.assert_close(
            got[name],
            wanted[name],
            rtol=rtol,
            atol=atol,
            check_dtype=False,
            msg=lambda message, name=name: f"{name}: {message}",
        )


def assert_parity(fused: FusedTorchLayer, stock: torch.nn.Module, inputs: torch.Tensor) -> None:
    """Fail unless the engine compiles a circuit and gives another layer's numbers, in double precision."""
    wanted = observe(stock, inputs)
    got = observe(fused, inputs)
    assert fused.fallback_cause is None, fused.fallback_cause
    assert got["output"].dtype == torch.float64
    assert_close(got, wanted, **DOUBLE)


def assert_parity_in_single(fused: FusedTorchLayer, stock: torch.nn.Module, inputs: torch.Tensor) -> None:
    """Fail unless the engine in single precision gives another layer's numbers.

    It is held against double precision at the same numbers, not against another layer's rounding.
    """
    wanted = observe(stock, inputs)
    got = observe(fused.float(), inputs.float())
    fused.double()
    assert fused.fallback_cause is None, fused.fallback_cause
    assert got["output"].dtype == torch.float32
    assert_close({name: value.double() for name, value in got.items()}, wanted, **SINGLE)
