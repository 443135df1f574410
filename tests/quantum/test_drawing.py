"""The drawing shows the operations that are trained."""

from collections import Counter

import pennylane as qml
import pytest
import torch
from covering import Case, case_id, covering_array

from qenn_core.analysis.drawing import draw_circuit
from qenn_core.errors import TrainingError
from qenn_core.experiment import ExperimentSpec, choices
from qenn_core.model.circuit import build_circuit
from qenn_core.model.drawing import Drawing
from qenn_core.registry import ANSATZE, ENCODINGS


def draw(n_inputs: int = 2, **changes) -> Drawing:
    return draw_circuit(ExperimentSpec().with_(**changes), n_inputs)


def texts(drawing: Drawing, section: str) -> list[str]:
    return [gate.text for gate in drawing.gates if gate.section == section]


@pytest.mark.parametrize(
    "case",
    covering_array(
        {
            "encoding.kind": ENCODINGS.keys(),
            "noise.channel": choices("noise.channel"),
            "noise.placement": choices("noise.placement"),
            "noise.level": [0, 0.1],
            "circuit.ansatz": ANSATZE.keys(),
        },
        whole=["noise.channel", "noise.placement", "noise.level"],
    ),
    ids=case_id,
)
def test_drawing_matches_the_circuit(case: Case) -> None:
    spec = ExperimentSpec().with_(**case)
    circuit = build_circuit(spec)
    script = qml.tape.make_qscript(circuit)(torch.ones(2), torch.ones(circuit.weight_shape))
    drawing = draw_circuit(spec, 2)
    assert_one_symbol_per_operation(drawing, script)
    assert_columns_are_consistent(drawing)


def assert_one_symbol_per_operation(drawing: Drawing, script: qml.tape.QuantumScript) -> None:
    assert [gate.wires for gate in drawing.gates] == [
        tuple(operation.wires) for operation in (*script.operations, *script.measurements)
    ]
    symbols = Counter(gate.symbol for gate in drawing.gates)
    assert symbols["measurement"] == len(script.measurements) == 4
    assert symbols["noise"] == sum(isinstance(op, qml.operation.Channel) for op in script.operations)
    assert symbols["cnot"] == sum(isinstance(op, qml.CNOT) for op in script.operations)
    assert symbols["cz"] == sum(isinstance(op, qml.CZ) for op in script.operations)


def assert_columns_are_consistent(drawing: Drawing) -> None:
    cells = [
        (gate.column, wire) for gate in drawing.gates for wire in range(min(gate.wires), max(gate.wires) + 1)
    ]
    assert len(cells) == len(set(cells)), "two symbols overlap"
    columns = [column for s in drawing.sections for column in range(s.first_column, s.last_column + 1)]
    assert columns == list(range(drawing.n_columns)), "every column belongs to one section"
    for gate in drawing.gates:
        (section,) = [s for s in drawing.sections if s.first_column <= gate.column <= s.last_column]
        assert (section.kind, section.layer) == (gate.section, gate.layer)


def test_gates_on_different_wires_share_a_column() -> None:
    drawing = draw(**{"circuit.n_layers": 1})
    assert [gate.column for gate in drawing.gates] == [0] * 4 + [1] * 4 + [2, 3, 4, 5] + [6] * 4


def test_captions() -> None:
    assert [s.caption for s in draw(**{"circuit.n_layers": 2}).sections] == [
        "Encoding",
        "Layer 1",
        "Layer 2",
        "Measurement",
    ]
    repeated = draw(**{"circuit.n_layers": 2, "encoding.kind": "reuploading"})
    assert [s.caption for s in repeated.sections] == [
        "Encoding",
        "Layer 1",
        "Encoding",
        "Layer 2",
        "Measurement",
    ]
    readout = draw(**{"circuit.n_layers": 1, "noise.channel": "readout", "noise.level": 0.1})
    assert [s.caption for s in readout.sections] == ["Encoding", "Layer 1", "Noise", "Measurement"]


def test_texts_contain_the_arguments_of_gates() -> None:
    drawing = draw(**{"circuit.n_layers": 2, "circuit.n_qubits": 3})
    assert texts(drawing, "encoding") == ["RY(x₀)", "RY(x₁)", "RY(x₀)"]
    layers = texts(drawing, "layer")
    assert layers[:4] == ["Rot(θ₀, θ₁, θ₂)", "Rot(θ₃, θ₄, θ₅)", "Rot(θ₆, θ₇, θ₈)", "CNOT"]
    assert layers[6] == "Rot(θ₉, θ₁₀, θ₁₁)"
    iqp = draw(**{"encoding.kind": "iqp", "circuit.n_qubits": 2})
    assert texts(iqp, "encoding") == ["H", "RZ(x₀)", "H", "RZ(x₁)", "RZZ(x₀, x₁)"]
    assert texts(draw(16, **{"encoding.kind": "amplitude"}), "encoding") == ["|ψ⟩(x₀ … x₁₅)"]


def test_texts_contain_the_noise_level() -> None:
    drawing = draw(**{"noise.level": 0.05, "noise.placement": "layer"})
    assert set(texts(drawing, "noise")) == {"Depolarizing, level 0.050"}


def test_linear_layer_has_an_output_for_every_qubit() -> None:
    drawing = draw(9, **{"encoding.reduction": "linear"})
    assert texts(drawing, "encoding") == ["RY(x₀)", "RY(x₁)", "RY(x₂)", "RY(x₃)"]


def test_controls_are_marked() -> None:
    cnot = next(gate for gate in draw().gates if gate.symbol == "cnot")
    assert (cnot.name, cnot.wires, cnot.controls) == ("CNOT", (0, 1), (0,))


def test_json_round_trip() -> None:
    drawing = draw(**{"noise.level": 0.1})
    assert Drawing.model_validate_json(drawing.model_dump_json()) == drawing


def test_too_many_inputs_raise() -> None:
    with pytest.raises(TrainingError, match="too small"):
        draw(5)
