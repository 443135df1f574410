"""The circuits that the app offers: the engine, PennyLane and full matrices give the same results.

The parametrised tests contain every pair of settings, not every combination.
"""

from itertools import cycle

import pennylane as qml
import pytest
import torch
from covering import pairwise

from qenn_core.engine.layer import quantum_layer
from qenn_core.experiment import ExperimentSpec, choices
from qenn_core.model.circuit import Circuit, build_circuit
from qenn_core.registry import ANSATZE, ENCODINGS, NOISE_CHANNELS
from tests.engine.parity import assert_close, assert_parity, draw_inputs, observe, set_weights
from tests.engine.reference import on_matrices

N_QUBITS = 3
BATCH = 2


def circuit_of(**settings: object) -> Circuit:
    """Build a circuit of the app."""
    return build_circuit(ExperimentSpec().with_(**{"circuit.n_qubits": N_QUBITS, **settings}))


def inputs_of(encoding: str) -> torch.Tensor:
    """Return a batch that uses the whole capacity of an encoding."""
    return draw_inputs(BATCH, ENCODINGS[encoding].capacity(N_QUBITS))


def layer_of(circuit: Circuit, engine: str, **options: object) -> torch.nn.Module:
    """Build the layer of a circuit."""
    layer = quantum_layer(
        circuit,
        {"weights": circuit.weight_shape},
        n_qubits=circuit.n_qubits,
        mixed=circuit.mixed,
        engine=engine,
        **options,
    ).double()
    set_weights(layer)
    return layer


def reference_of(circuit: Circuit) -> torch.nn.Module:
    """Build the layer that multiplies full matrices."""
    return on_matrices(circuit, range(circuit.n_qubits), {"weights": circuit.weight_shape})


@pytest.mark.parametrize(
    ("encoding", "ansatz", "entanglement"),
    pairwise(tuple(ENCODINGS.keys()), tuple(ANSATZE.keys()), tuple(choices("circuit.entanglement"))),
)
def test_noiseless(encoding: str, ansatz: str, entanglement: str) -> None:
    circuit = circuit_of(
        **{
            "encoding.kind": encoding,
            "circuit.ansatz": ansatz,
            "circuit.entanglement": entanglement,
            "circuit.n_layers": 2,
        }
    )
    assert_parity(layer_of(circuit, "fused"), layer_of(circuit, "pennylane"), inputs_of(encoding))


@pytest.mark.parametrize(
    ("encoding", "ansatz", "channel", "placement", "entanglement"),
    pairwise(
        tuple(ENCODINGS.keys()),
        tuple(ANSATZE.keys()),
        tuple(NOISE_CHANNELS.keys()),
        tuple(choices("noise.placement")),
        tuple(choices("circuit.entanglement")),
    ),
)
def test_noisy(encoding: str, ansatz: str, channel: str, placement: str, entanglement: str) -> None:
    circuit = circuit_of(
        **{
            "encoding.kind": encoding,
            "circuit.ansatz": ansatz,
            "circuit.entanglement": entanglement,
            "circuit.n_layers": 1,
            "noise.channel": channel,
            "noise.placement": placement,
            "noise.level": NOISE_CHANNELS[channel].max_level / 3,
        }
    )
    assert_parity(layer_of(circuit, "fused"), reference_of(circuit), inputs_of(encoding))


# PennyLane is slow with channels, so each channel meets one encoding here; `test_noisy` has every pair.
@pytest.mark.parametrize(
    ("encoding", "channel"), list(zip(cycle(ENCODINGS.keys()), NOISE_CHANNELS.keys(), strict=False))
)
def test_noisy_layers_against_pennylane(encoding: str, channel: str) -> None:
    circuit = circuit_of(
        **{
            "encoding.kind": encoding,
            "circuit.n_layers": 2,
            "noise.channel": channel,
            "noise.level": NOISE_CHANNELS[channel].max_level / 3,
        }
    )
    inputs = inputs_of(encoding)
    fused, reference = layer_of(circuit, "fused"), layer_of(circuit, "pennylane")
    # PennyLane's simulator of density matrices is accurate to eight digits.
    assert_close(observe(fused, inputs), observe(reference, inputs), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("level", [0.0, 0.05])
@pytest.mark.parametrize("encoding", ENCODINGS.keys())
def test_shots(encoding: str, level: float) -> None:
    circuit = circuit_of(**{"encoding.kind": encoding, "noise.level": level})
    shots = 40_000
    inputs = inputs_of(encoding)
    measured = layer_of(circuit, "fused", shots=shots, seed=1)(inputs)
    exact = reference_of(circuit)(inputs)
    spread = ((1 - exact**2).clamp(min=0) / shots).sqrt()
    assert ((measured - exact).abs() <= 4.5 * spread + 1e-9).all()


@pytest.mark.parametrize(("n_qubits", "n_rows"), [(7, 200), (9, 1), (9, 200)])
def test_shots_of_many_qubits(n_qubits: int, n_rows: int) -> None:
    circuit = circuit_of(**{"circuit.n_qubits": n_qubits, "circuit.n_layers": 1})
    inputs = draw_inputs(n_rows, n_qubits)
    measured = layer_of(circuit, "fused", shots=40_000, seed=1)
    exact = layer_of(circuit, "fused")
    spread = ((1 - exact(inputs) ** 2).clamp(min=0) / 40_000).sqrt()
    assert ((measured(inputs) - exact(inputs)).abs() <= 5 * spread + 1e-9).all()
    found, expected = (
        torch.autograd.grad(layer(inputs).sum(), list(layer.parameters())) for layer in (measured, exact)
    )
    torch.testing.assert_close(found, expected)


def test_other_pennylane_device() -> None:
    circuit = circuit_of()
    inputs = inputs_of("angle_y")
    other = layer_of(circuit, "pennylane", device="lightning.qubit")
    assert_close(observe(other, inputs), observe(layer_of(circuit, "fused"), inputs), rtol=1e-6, atol=1e-6)
    assert isinstance(other.qnode.device, qml.devices.Device)
    assert other.qnode.device.name == "lightning.qubit"
