"""A circuit is traced quickly, once for each form of inputs, and never again for other values."""

import time

import pennylane as qml
import pytest
import torch

from qenn_core.engine import FusedTorchLayer
from tests.engine.parity import DOUBLE, draw_inputs, in_double, node, set_weights


class Counted:
    """A quantum function that counts its calls."""

    def __init__(self) -> None:
        self.calls = 0
        self.__name__ = "counted"

    def __call__(self, inputs, weights):
        self.calls += 1
        qml.AngleEmbedding(inputs, wires=range(3))
        qml.StronglyEntanglingLayers(weights, wires=range(3))
        return [qml.expval(qml.Z(wire)) for wire in range(3)]


@pytest.mark.parametrize("mixed", [False, True])
def test_other_values_do_not_retrace(mixed: bool) -> None:
    function = Counted()
    qnode = node(function, 3, mixed=mixed)
    layer = in_double(FusedTorchLayer, qnode, {"weights": (2, 3, 3)})
    reference = in_double(qml.qnn.TorchLayer, qnode, {"weights": (2, 3, 3)})
    layer(draw_inputs(4, 3))
    traced = function.calls
    for seed, batch in enumerate([(4,), (1,), (9,), (2, 3), (100,)]):
        inputs = draw_inputs(*batch, 3, seed=seed).requires_grad_()
        set_weights(layer, seed)
        layer(inputs).sum().backward()
        with torch.no_grad():
            layer(inputs)
        assert function.calls == traced
        set_weights(reference, seed)
        torch.testing.assert_close(layer(inputs), reference(inputs), **DOUBLE)
        traced = function.calls


def test_each_precision_is_traced_once() -> None:
    function = Counted()
    layer = FusedTorchLayer(node(function, 3), {"weights": (2, 3, 3)})
    for dtype in (torch.float32, torch.float64):
        layer(draw_inputs(4, 3).to(dtype))
    traced = function.calls
    for dtype in (torch.float32, torch.float64):
        layer(draw_inputs(5, 3).to(dtype))
    assert function.calls == traced


def test_each_width_is_traced() -> None:
    qnode = node(Counted(), 3)
    layer = in_double(FusedTorchLayer, qnode, {"weights": (2, 3, 3)})
    reference = in_double(qml.qnn.TorchLayer, qnode, {"weights": (2, 3, 3)})
    for width in (3, 2, 1, 3):
        inputs = draw_inputs(4, width)
        torch.testing.assert_close(layer(inputs), reference(inputs), **DOUBLE)


@pytest.mark.parametrize(
    ("n_wires", "n_layers", "mixed"), [(4, 6, False), (10, 4, False), (6, 2, True), (8, 3, True)]
)
def test_compiling_takes_less_than_a_second(n_wires: int, n_layers: int, mixed: bool) -> None:
    def circuit(inputs, weights):
        qml.AngleEmbedding(inputs, wires=range(n_wires))
        qml.StronglyEntanglingLayers(weights, wires=range(n_wires))
        return [qml.expval(qml.Z(wire)) for wire in range(n_wires)]

    qnode = node(circuit, n_wires, mixed=mixed)
    if mixed:
        noise = {
            qml.BooleanFn(lambda gate: True): lambda gate, **_: [
                qml.DepolarizingChannel(0.02, wire) for wire in gate.wires
            ]
        }
        qnode = qml.add_noise(qnode, qml.NoiseModel(noise))
    inputs = draw_inputs(2, n_wires).float()

    def compile_seconds() -> float:
        layer = FusedTorchLayer(qnode, {"weights": (n_layers, n_wires, 3)})

        def seconds() -> float:
            start = time.process_time()
            layer(inputs)
            return time.process_time() - start

        first = seconds()
        assert layer.fallback_cause is None
        return first - seconds()

    # A busy machine slows some of the attempts down.
    assert any(compile_seconds() < 1 for _ in range(5))
