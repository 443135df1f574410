"""Devices on offer can train a circuit; devices that are excluded cannot."""

import pytest
import torch

from qenn_core.engine.layer import quantum_layer
from qenn_core.experiment import ExperimentSpec
from qenn_core.experiment.devices import DEFAULT, DEVICES, UNSUPPORTED, refuses_noise
from qenn_core.model.circuit import build_circuit

SMALL = ExperimentSpec().with_(**{"circuit.n_qubits": 2, "circuit.n_layers": 1})


def gradient(device: str, spec: ExperimentSpec = SMALL) -> torch.Tensor:
    """Return the gradient of the sum of all expectation values with respect to the angles."""
    circuit = build_circuit(spec)
    layer = quantum_layer(
        circuit,
        {"weights": circuit.weight_shape},
        n_qubits=circuit.n_qubits,
        mixed=circuit.mixed,
        engine="pennylane",
        device=device,
    )
    with torch.no_grad():
        layer.weights.copy_(torch.linspace(0.1, 1, layer.weights.numel()).reshape(layer.weights.shape))
    layer(torch.tensor([[0.3, -0.7], [0.5, 0.2]])).sum().backward()
    found: torch.Tensor = layer.weights.grad
    return found


def test_default_device_comes_first() -> None:
    assert next(iter(DEVICES)) == DEFAULT


def test_help_names_the_package_of_a_device() -> None:
    assert DEVICES[DEFAULT].help.startswith("Provided by the package pennylane ")


@pytest.mark.parametrize("device", DEVICES)
def test_every_device_gives_the_gradient_of_the_default(device: str) -> None:
    torch.testing.assert_close(gradient(device), gradient(DEFAULT), rtol=0, atol=1e-5)


@pytest.mark.parametrize("device", UNSUPPORTED)
def test_unsupported_device_cannot_train(device: str) -> None:
    try:
        found = gradient(device)
    except Exception:  # each fails in its own way
        return
    assert not found.any()


@pytest.mark.parametrize("device", DEVICES)
def test_noise_is_computed_unless_the_device_refuses_it(device: str) -> None:
    noisy = SMALL.with_(**{"noise.level": 0.1})
    if refuses_noise(device):
        with pytest.raises(Exception, match="DepolarizingChannel"):
            gradient(device, noisy)
    else:
        torch.testing.assert_close(
            gradient(device, noisy), gradient("default.mixed", noisy), rtol=0, atol=1e-5
        )
