"""Every circuit that can be chosen gives the numbers of an independent full-matrix calculation."""

import numpy as np
import pennylane as qml
import pytest
import torch
from torch.fx.experimental.proxy_tensor import make_fx

from qenn_core.engine.layer import quantum_layer
from qenn_core.experiment import ExperimentSpec, choices
from qenn_core.model.circuit import build_circuit
from qenn_core.registry import ANSATZE, ENCODINGS, NOISE_CHANNELS
from tests.quantum import reference

BATCH = 3


def the_same(spec: ExperimentSpec, n_inputs: int, atol: float = 1e-10) -> None:
    """Hold the engine's batch against the reference, row by row."""
    circuit = build_circuit(spec)
    layer = quantum_layer(
        circuit, {"weights": circuit.weight_shape}, n_qubits=circuit.n_qubits, mixed=circuit.mixed
    ).double()
    draw = np.random.default_rng(11)
    inputs = draw.uniform(-2, 2, (BATCH, n_inputs))
    weights = draw.uniform(0, 2 * np.pi, circuit.weight_shape)
    with torch.no_grad():
        layer.weights.copy_(torch.from_numpy(weights))
        got = layer(torch.from_numpy(inputs)).numpy()
    wanted = [reference.expectations(spec, row, weights) for row in inputs]
    np.testing.assert_allclose(got, wanted, rtol=0, atol=atol)


@pytest.mark.parametrize("n_layers", [1, 2, 3])
@pytest.mark.parametrize("n_qubits", [1, 2, 3, 4])
@pytest.mark.parametrize("entanglement", choices("circuit.entanglement"))
@pytest.mark.parametrize("ansatz", ANSATZE.keys())
@pytest.mark.parametrize("encoding", ENCODINGS.keys())
def test_noiseless(encoding: str, ansatz: str, entanglement: str, n_qubits: int, n_layers: int) -> None:
    spec = ExperimentSpec().with_(
        **{
            "encoding.kind": encoding,
            "circuit.ansatz": ansatz,
            "circuit.entanglement": entanglement,
            "circuit.n_qubits": n_qubits,
            "circuit.n_layers": n_layers,
        }
    )
    the_same(spec, ENCODINGS[encoding].capacity(n_qubits))


@pytest.mark.parametrize("n_inputs", [1, 2, 3])
@pytest.mark.parametrize("encoding", ENCODINGS.keys())
def test_fewer_inputs_than_fit(encoding: str, n_inputs: int) -> None:
    the_same(ExperimentSpec().with_(**{"encoding.kind": encoding, "circuit.n_layers": 1}), n_inputs)


@pytest.mark.parametrize("share", [0.1, 1.0])
@pytest.mark.parametrize("placement", choices("noise.placement"))
@pytest.mark.parametrize("channel", NOISE_CHANNELS.keys())
@pytest.mark.parametrize("encoding", ENCODINGS.keys())
def test_noisy(encoding: str, channel: str, placement: str, share: float) -> None:
    spec = ExperimentSpec().with_(
        **{
            "encoding.kind": encoding,
            "circuit.n_qubits": 2,
            "circuit.n_layers": 2,
            "noise.channel": channel,
            "noise.placement": placement,
            "noise.level": share * NOISE_CHANNELS[channel].max_level,
        }
    )
    # PennyLane leaves 1e-7 of a superposition at full phase damping, so that its gradient stays finite.
    the_same(spec, 2, atol=1e-6 if channel == "phase_damping" and share == 1 else 1e-10)


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
    the_same(spec, 3)


@pytest.mark.parametrize("placement", choices("noise.placement"))
@pytest.mark.parametrize("channel", NOISE_CHANNELS.keys())
def test_vanishing_noise_is_none(channel: str, placement: str) -> None:
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
    """So an engine may trace a circuit once and replay it with other numbers, rows of zeros included."""
    spec = ExperimentSpec().with_(**{"encoding.kind": encoding, "noise.level": level})
    circuit = build_circuit(spec)

    def parameters(inputs: torch.Tensor, weights: torch.Tensor) -> list[torch.Tensor]:
        script = qml.tape.make_qscript(circuit)(inputs, weights)
        return [torch.as_tensor(p) for operation in script.operations for p in operation.data]

    weights = torch.rand(circuit.weight_shape, dtype=torch.float64)
    replay = make_fx(parameters)(torch.rand(3, 3, dtype=torch.float64), weights)
    others = torch.eye(4, 3, dtype=torch.float64)[1:]
    for got, wanted in zip(replay(others, weights), parameters(others, weights), strict=True):
        assert torch.equal(got, wanted)
