"""PennyLane's own tools accept the layer like TorchLayer, before and after its first call."""

from collections.abc import Callable
from typing import Any

import pennylane as qml
import pytest
import torch

from qenn_core.engine import FusedTorchLayer
from tests.engine.parity import draw_inputs, node, pair


def circuit(inputs, weights):
    qml.AngleEmbedding(inputs, wires=range(3))
    qml.StronglyEntanglingLayers(weights, wires=range(3))
    return [qml.expval(qml.Z(wire)) for wire in range(3)]


def tape(layer: Any, inputs: torch.Tensor) -> list[object]:
    constructed = qml.workflow.construct_tape(layer)(inputs)
    return [constructed.operations, constructed.measurements, constructed.trainable_params]


TOOLS: dict[str, Callable[[Any, torch.Tensor], object]] = {
    "draw": lambda layer, inputs: qml.draw(layer, level="device")(inputs),
    "specs": lambda layer, inputs: qml.specs(layer)(inputs).resources,
    "construct_tape": tape,
    "construct_batch": lambda layer, inputs: [
        constructed.operations for constructed in qml.workflow.construct_batch(layer)(inputs)[0]
    ],
    "construct_execution_config": lambda layer, inputs: qml.workflow.construct_execution_config(layer)(
        inputs
    ),
    "algo_error": lambda layer, inputs: qml.resource.algo_error(layer)(inputs),
    "to_openqasm": lambda layer, inputs: qml.to_openqasm(layer)(inputs),
    "batch of transforms": lambda layer, inputs: layer.compile_pipeline,
    "construct": lambda layer, inputs: layer.construct((inputs,), {}),
}


@pytest.mark.parametrize("called_before", [False, True])
@pytest.mark.parametrize("tool", TOOLS)
def test_tool_gives_what_it_gives_for_torch_layer(tool: str, called_before: bool) -> None:
    fused, reference = pair(node(circuit, 3), {"weights": (2, 3, 3)})
    inputs = draw_inputs(3)
    if called_before:
        fused(inputs)
    assert str(TOOLS[tool](fused, inputs)) == str(TOOLS[tool](reference, inputs))


def test_class_is_found_by_its_own_name() -> None:
    assert FusedTorchLayer.__qualname__ == "FusedTorchLayer"
    assert "FusedTorchLayer" in repr(FusedTorchLayer)
