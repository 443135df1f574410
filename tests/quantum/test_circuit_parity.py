"""Circuits give the results of an independent calculation with full matrices."""

import numpy as np
import pennylane as qml
import pytest
import torch
from covering import Case, case_id, covering_array
from torch.fx.experimental.proxy_tensor import make_fx

from qenn_core.engine.layer import quantum_layer
from qenn_core.experiment import ExperimentSpec, choices
from qenn_core.model.circuit import build_circuit
from qenn_core.registry import ANSATZE, ENCODINGS, NOISE_CHANNELS
from tests.quantum import reference

BATCH = 3


def assert_equals_reference(spec: ExperimentSpec, n_inputs: int, atol: float = 1e-10) -> None:
    """Compare the engine's results for a batch with the reference, row by row."""
    circuit = build_circuit(spec)
    layer = quantum_layer(
        circuit, {"weights": circuit.weight_shape}, n_qubits=circuit.n_qubits, mixed=circuit.mixed
    ).double()
    rng = np.random.default_rng(11)
    inputs = rng.uniform(-2, 2, (BATCH, n_inputs))
    weights = rng.uniform(0, 2 * np.pi, circuit.weight_shape)
    with torch.no_grad():
        layer.weights.copy_(torch.from_numpy(weights))
        expectations = layer(torch.from_numpy(inputs)).numpy()
    expected = [reference.expectations(spec, row, weights) for row in inputs]
    np.testing.assert_allclose(expectations, expected, rtol=0, atol=atol)


@pytest.mark.parametrize(
    "case",
    covering_array(
        {
            "circuit.ansatz": ANSATZE.keys(),
            "circuit.entanglement": choices("circuit.entanglement"),
            "circuit.n_qubits": [1, 2, 3, 4],
            "circuit.n_layers": [1, 2, 3],
            "encoding.kind": ENCODINGS.keys(),
        },
        whole=["circuit.ansatz", "circuit.entanglement", "circuit.n_qubits"],
    ),
    ids=case_id,
)
def test_noiseless(case: Case) -> None:
    spec = ExperimentSpec().with_(**case)
    capacity = ENCODINGS[spec.encoding.kind].capacity(spec.circuit.n_qubits)
    assert_equals_reference(spec, capacity)


@pytest.mark.parametrize("n_inputs", [1, 2, 3])
@pytest.mark.parametrize("encoding", ENCODINGS.keys())
def test_fewer_inputs_than_fit(encoding: str, n_inputs: int) -> None:
    assert_equals_reference(
        ExperimentSpec().with_(**{"encoding.kind": encoding, "circuit.n_layers": 1}), n_inputs
    )


@pytest.mark.parametrize(
    "case",
    covering_array(
        {
            "noise.channel": NOISE_CHANNELS.keys(),
            "noise.placement": choices("noise.placement"),
            "fraction": [0.1, 1.0],
            "encoding.kind": ENCODINGS.keys(),
        },
        whole=["noise.channel", "noise.placement", "fraction"],
    ),
    ids=case_id,
)
def test_noisy(case: Case) -> None:
    settings = dict(case)
    fraction, channel = settings.pop("fraction"), case["noise.channel"]
    level = fraction * NOISE_CHANNELS[channel].max_level
    spec = ExperimentSpec().with_(
        **settings, **{"circuit.n_qubits": 2, "circuit.n_layers": 2, "noise.level": level}
    )
    # At full phase damping, PennyLane leaves 1e-7 of a superposition, to keep its gradient finite.
    assert_equals_reference(spec, 2, atol=1e-6 if channel == "phase_damping" and fraction == 1 else 1e-10)


@pytest.mark.parametrize("placement", choices("noise.placement"))
@pytest.mark.parametrize("ansatz", ANSATZE.keys())
def test_noisy_ansatz(ansatz: str, placement: str) -> None:
    spec = ExperimentSpec().with_(
        **{
            "circuit.ansatz": ansatz,
            "circuit.n_qubits": 3,
            "circuit.n_layers": 1,
            "noise.channel": "amplitude_damping",
            "noise.placement": placement,
            "noise.level": 0.1,
        }
    )
    assert_equals_reference(spec, 3)


@pytest.mark.parametrize("placement", choices("noise.placement"))
@pytest.mark.parametrize("channel", NOISE_CHANNELS.keys())
def test_vanishing_noise_has_no_effect(channel: str, placement: str) -> None:
    def value(level: float) -> np.ndarray:
        spec = ExperimentSpec().with_(
            **{"noise.channel": channel, "noise.placement": placement, "noise.level": level}
        )
        circuit = build_circuit(spec)
        layer = quantum_layer(
            circuit, {"weights": circuit.weight_shape}, n_qubits=circuit.n_qubits, mixed=circuit.mixed
        )
        with torch.no_grad():
            layer.weights.copy_(torch.linspace(0, 3, layer.weights.numel()).reshape(circuit.weight_shape))
            return layer(torch.tensor([[0.3, -1.2]], dtype=torch.float64)).numpy()

    np.testing.assert_allclose(value(1e-9), value(0), rtol=0, atol=1e-6)


@pytest.mark.parametrize("level", [0, 0.1])
@pytest.mark.parametrize("encoding", ENCODINGS.keys())
def test_gates_do_not_depend_on_values(encoding: str, level: float) -> None:
    """An engine may trace a circuit once and replay it with other numbers, including rows of zeros."""
    spec = ExperimentSpec().with_(**{"encoding.kind": encoding, "noise.level": level})
    circuit = build_circuit(spec)

    def parameters(inputs: torch.Tensor, weights: torch.Tensor) -> list[torch.Tensor]:
        script = qml.tape.make_qscript(circuit)(inputs, weights)
        return [torch.as_tensor(p) for operation in script.operations for p in operation.data]

    weights = torch.rand(circuit.weight_shape, dtype=torch.float64)
    replay = make_fx(parameters)(torch.rand(3, 3, dtype=torch.float64), weights)
    others = torch.eye(4, 3, dtype=torch.float64)[1:]
    for replayed, expected in zip(replay(others, weights), parameters(others, weights), strict=True):
        assert torch.equal(replayed, expected)
