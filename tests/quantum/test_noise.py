"""Every channel fulfils its registry's contract and has the effect that its name says."""

import numpy as np
import pennylane as qml
import pytest

from qenn_core.experiment import ExperimentSpec, choices
from qenn_core.model.circuit import build_circuit
from qenn_core.registry import NOISE_CHANNELS

BLOCH = (qml.X, qml.Y, qml.Z)


def operation(channel, level: float) -> qml.operation.Channel:
    (only,) = qml.tape.make_qscript(channel.apply)(level, "a").operations
    return only


def bloch(channel, level: float, times: int = 1) -> np.ndarray:
    """Return the Bloch vector of a tilted state before and after the channel."""

    @qml.qnode(qml.device("default.mixed", wires=1))
    def circuit(n: int):
        qml.Rot(0.4, 1.1, 0.7, wires=0)
        for _ in range(n):
            channel.apply(level, 0)
        return [qml.expval(pauli(0)) for pauli in BLOCH]

    return np.array([circuit(0), circuit(times)])


@pytest.mark.parametrize("fraction", [0, 0.5, 1])
@pytest.mark.parametrize("channel", NOISE_CHANNELS, ids=lambda c: c.key)
def test_contract(channel, fraction: float) -> None:
    noise = operation(channel, fraction * channel.max_level)
    assert isinstance(noise, qml.operation.Channel)
    assert list(noise.wires) == ["a"]
    kraus = noise.kraus_matrices()
    np.testing.assert_allclose(sum(k.conj().T @ k for k in kraus), np.eye(2), atol=1e-12)
    if fraction == 0:
        before, after = bloch(channel, 0)
        np.testing.assert_allclose(after, before, atol=1e-6)


@pytest.mark.parametrize("level", [0.1, 0.4, 0.75])
def test_depolarizing_shrinks_the_bloch_vector(level: float) -> None:
    before, after = bloch(NOISE_CHANNELS["depolarizing"], level)
    np.testing.assert_allclose(after, before * (1 - 4 * level / 3), atol=1e-12)


def test_repeated_amplitude_damping_gives_the_zero_state() -> None:
    _, after = bloch(NOISE_CHANNELS["amplitude_damping"], 0.3, times=100)
    np.testing.assert_allclose(after, [0, 0, 1], atol=1e-6)


@pytest.mark.parametrize("level", [0.2, 0.9])
def test_phase_damping_preserves_z(level: float) -> None:
    before, after = bloch(NOISE_CHANNELS["phase_damping"], level)
    shrunk = before * np.array([np.sqrt(1 - level), np.sqrt(1 - level), 1])
    np.testing.assert_allclose(after, shrunk, atol=1e-12)


@pytest.mark.parametrize("key", ["bit_flip", "readout"])
def test_flips_shrink_y_and_z(key: str) -> None:
    before, after = bloch(NOISE_CHANNELS[key], 0.2)
    np.testing.assert_allclose(after, before * np.array([1, 0.6, 0.6]), atol=1e-12)


def test_full_phase_damping_removes_superposition() -> None:
    before, after = bloch(NOISE_CHANNELS["phase_damping"], 1)
    np.testing.assert_allclose(after, before * np.array([0, 0, 1]), atol=1e-6)


# Phase damping never affects Z.
@pytest.mark.parametrize("key", sorted(set(NOISE_CHANNELS.keys()) - {"phase_damping"}))
def test_at_the_highest_level_z_does_not_depend_on_the_state(key: str) -> None:
    channel = NOISE_CHANNELS[key]

    @qml.qnode(qml.device("default.mixed", wires=1))
    def z(angle: float):
        qml.RY(angle, wires=0)
        channel.apply(channel.max_level, 0)
        return qml.expval(qml.Z(0))

    assert z(0.3) == pytest.approx(z(2.5), abs=1e-6)


def noise_and_gates(**changes) -> tuple[list[qml.operation.Operator], list[qml.operation.Operator]]:
    spec = ExperimentSpec().with_(**{"circuit.n_layers": 2, **changes})
    circuit = build_circuit(spec)
    script = qml.tape.make_qscript(circuit)(np.zeros(2), np.zeros(circuit.weight_shape))
    noise = [op for op in script.operations if isinstance(op, qml.operation.Channel)]
    return noise, [op for op in script.operations if op not in noise]


@pytest.mark.parametrize("placement", choices("noise.placement"))
@pytest.mark.parametrize("channel", NOISE_CHANNELS.keys())
def test_placement(channel: str, placement: str) -> None:
    noise, gates = noise_and_gates(
        **{"noise.channel": channel, "noise.placement": placement, "noise.level": 0.1}
    )
    if NOISE_CHANNELS[channel].on_measurement:
        assert len(noise) == 4
    elif placement == "layer":
        assert len(noise) == 2 * 4
    else:
        assert len(noise) == sum(len(gate.wires) for gate in gates)


@pytest.mark.parametrize("channel", NOISE_CHANNELS.keys())
def test_level_zero_inserts_nothing(channel: str) -> None:
    noise, gates = noise_and_gates(**{"noise.channel": channel, "noise.level": 0})
    assert not noise
    assert gates
