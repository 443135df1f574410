"""Each of PennyLane's templates."""

import pytest
from pennylane.operation import Operator

from tests.engine.circuits import N_INPUTS, WEIGHT_SHAPES, Circuit
from tests.engine.gates import subclasses
from tests.engine.parity import assert_parity, draw_inputs, pair
from tests.engine.reference import reference_of
from tests.engine.templates import NOT_COMPARED, TEMPLATES

RESULT = "[qml.probs(wires=[0, 1, 2, 3]), qml.expval(qml.X(0) @ qml.Y(1)), qml.expval(qml.Y(2))]"

# The templates that trained circuits usually consist of.
USUAL = [
    "AngleEmbedding",
    "AmplitudeEmbedding",
    "IQPEmbedding",
    "QAOAEmbedding",
    "StronglyEntanglingLayers",
    "BasicEntanglerLayers",
    "RandomLayers",
    "SimplifiedTwoDesign",
]


def test_all_pennylane_templates_are_listed() -> None:
    existing = {
        operator.__name__
        for operator in subclasses(Operator)
        if operator.__module__.startswith("pennylane.templates.")
        and operator.__module__ != "pennylane.templates.core"
    }
    assert TEMPLATES.keys() | NOT_COMPARED.keys() == existing


@pytest.mark.parametrize(
    "lines", [pytest.param(line, id=name) for name, lines in TEMPLATES.items() for line in lines]
)
def test_template(lines: str) -> None:
    circuit = Circuit((lines,), RESULT, device_wires=(0, 1, 2, 3, 4, 5))
    assert_parity(*pair(circuit.node(), WEIGHT_SHAPES), draw_inputs(3, N_INPUTS))


@pytest.mark.parametrize("lines", [pytest.param(line, id=name) for name in USUAL for line in TEMPLATES[name]])
def test_template_under_noise(lines: str) -> None:
    circuit = Circuit((lines,), RESULT, (0, 1, 2, 3), mixed=True, noise="after every gate")
    fused, _ = pair(circuit.node(), WEIGHT_SHAPES)
    assert_parity(fused, reference_of(circuit), draw_inputs(3, N_INPUTS))
