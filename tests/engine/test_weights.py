"""The layer computes with the weights that PyTorch's tools set, compiled or not."""

import warnings
from collections.abc import Callable
from typing import Any

import pennylane as qml
import pytest
import torch
from torch.nn.utils import parametrizations, parametrize, prune, weight_norm

from qenn_core.engine import FusedTorchLayer
from tests.engine.parity import DOUBLE, draw_inputs, node, pair

SHAPES = {"weights": (2, 3, 3), "shift": ()}


def compiled(inputs, weights, shift):
    qml.AngleEmbedding(inputs + shift, wires=range(3))
    qml.StronglyEntanglingLayers(weights, wires=range(3))
    return [qml.expval(qml.Z(wire)) for wire in range(3)]


def refused(inputs, weights, shift):
    qml.AngleEmbedding(inputs + shift, wires=range(3))
    qml.StronglyEntanglingLayers(weights, wires=range(3))
    return qml.purity(wires=[0])


class Squash(torch.nn.Module):
    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return values.tanh()


def load_other_tensors(layer: torch.nn.Module) -> None:
    state = {name: value * 0.4 for name, value in layer.state_dict().items()}
    layer.load_state_dict(state, assign=True)


def scale_weight_norm(layer: torch.nn.Module) -> None:
    weight_norm(layer, "weights")
    with torch.no_grad():
        layer.weights_g.mul_(0.3)


def scale_parametrized_weight_norm(layer: torch.nn.Module) -> None:
    parametrizations.weight_norm(layer, "weights")
    with torch.no_grad():
        layer.parametrizations.weights.original0.mul_(0.3)


def to_empty(layer: torch.nn.Module) -> None:
    layer.to_empty(device="cpu")
    with torch.no_grad():
        for weight in layer.parameters():
            weight.fill_(0.2)


# A change of the weights, and the values of `weights` that follow from those before.
CHANGES: dict[str, tuple[Callable[[Any], object], Callable[[torch.Tensor], torch.Tensor]]] = {
    "load_state_dict": (load_other_tensors, lambda w: w * 0.4),
    "attribute": (
        lambda layer: setattr(layer, "weights", torch.nn.Parameter(layer.weights.detach() + 1)),
        lambda w: w + 1,
    ),
    "item": (lambda layer: layer.qnode_weights.__setitem__("weights", layer.weights * 2), lambda w: w * 2),
    "parameter as item": (
        lambda layer: layer.qnode_weights.__setitem__("weights", torch.nn.Parameter(layer.weights * 2)),
        lambda w: w * 2,
    ),
    "all items": (
        lambda layer: setattr(layer, "qnode_weights", {"weights": layer.weights.detach() * 2}),
        lambda w: w * 2,
    ),
    "parametrization": (
        lambda layer: parametrize.register_parametrization(layer, "weights", Squash()),
        torch.tanh,
    ),
    "weight norm": (scale_weight_norm, lambda w: w * 0.3),
    "parametrized weight norm": (scale_parametrized_weight_norm, lambda w: w * 0.3),
    "pruning": (
        lambda layer: prune.l1_unstructured(layer, "weights", 0.5),
        lambda w: w * (w.abs() > w.abs().flatten().sort().values[w.numel() // 2 - 1]),
    ),
    "to_empty": (to_empty, lambda w: torch.full_like(w, 0.2)),
}


@pytest.mark.parametrize("called_before", [False, True])
@pytest.mark.parametrize("circuit", [compiled, refused])
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.filterwarnings("ignore:`torch.nn.utils.weight_norm` is deprecated:FutureWarning")
def test_changed_weights_are_used(change: str, circuit: Callable[..., Any], called_before: bool) -> None:
    fused, reference = pair(node(circuit, 3), SHAPES)
    inputs = draw_inputs(4, 3)
    apply, values = CHANGES[change]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "PennyLane evaluates")
        if called_before:
            fused(inputs)
        apply(fused)
        actual = fused(inputs)
        with torch.no_grad():
            reference.weights.copy_(values(reference.weights))
            reference.shift.copy_(fused.shift)
        torch.testing.assert_close(actual, reference(inputs), **DOUBLE)
        torch.testing.assert_close(fused.qnode_weights["weights"], reference.weights, **DOUBLE)
        # The gradients reach the tensors that an optimizer would get.
        if parameters := [p for name, p in fused.named_parameters() if name != "shift"]:
            gradients = torch.autograd.grad(actual.sum(), parameters, allow_unused=True)
            assert any(gradient is not None and gradient.abs().max() > 1e-3 for gradient in gradients)


@pytest.mark.parametrize("circuit", [compiled, refused])
def test_weights_of_one_call(circuit: Callable[..., Any]) -> None:
    fused, reference = pair(node(circuit, 3), SHAPES)
    inputs = draw_inputs(4, 3)
    other = fused.weights.detach() * 0.4
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "PennyLane evaluates")
        torch.testing.assert_close(fused(inputs), reference(inputs), **DOUBLE)
        replaced = torch.func.functional_call(fused, {"weights": other}, (inputs,))
        torch.testing.assert_close(fused(inputs), reference(inputs), **DOUBLE)
        with torch.no_grad():
            reference.weights.copy_(other)
        torch.testing.assert_close(replaced, reference(inputs), **DOUBLE)


def test_a_replica_uses_its_own_weights() -> None:
    fused, reference = pair(node(compiled, 3), SHAPES)
    replica = fused._replicate_for_data_parallel()
    for name, weight in reference.named_parameters():
        weight.data.mul_(0.5)
        setattr(replica, name, weight.detach())
    inputs = draw_inputs(4, 3)
    torch.testing.assert_close(replica(inputs), reference(inputs), **DOUBLE)


@pytest.mark.parametrize("circuit", [compiled, refused])
def test_unused_weight_has_no_gradient(circuit: Callable[..., Any]) -> None:
    def with_unused(inputs, weights, shift, unused):
        return circuit(inputs, weights, shift)

    for layer in pair(node(with_unused, 3), {**SHAPES, "unused": 4}):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "PennyLane evaluates")
            layer(draw_inputs(4, 3)).sum().backward()
        assert layer.unused.grad is None
        assert layer.weights.grad is not None


def test_only_weights_of_the_circuit_can_be_set() -> None:
    layer = FusedTorchLayer(node(compiled, 3), SHAPES)
    with pytest.raises(KeyError, match="wieghts"):
        layer.qnode_weights["wieghts"] = torch.zeros(2, 3, 3)
    assert list(layer.qnode_weights) == ["weights", "shift"]
    assert len(layer.qnode_weights) == 2
    with pytest.raises(KeyError):
        layer.qnode_weights["inputs"]
