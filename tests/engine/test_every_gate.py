"""Each gate and channel of PennyLane alone: plain, inverted and controlled."""

import pytest

from tests.engine.circuits import N_INPUTS, ONE_FOR_ALL_ROWS, WEIGHT_SHAPES, Circuit
from tests.engine.gates import CHANNEL_CLASSES, CHANNELS, GATES, NOT_GATES, OPERATIONS, Gate
from tests.engine.parity import assert_parity, assert_parity_in_single, draw_inputs, pair
from tests.engine.reference import reference_of

FROM_INPUTS = ["inputs[..., 0]", "inputs[..., 1] * weights[0]", "-inputs[..., 2]"]
FROM_WEIGHTS = ["weights[0]", "shift", "torch.sin(weights[1])"]
CONSTANTS = ["0.4", "-1.3", "2.1"]
FORMS = {
    "plain": ("{}", FROM_INPUTS),
    "constant": ("{}", CONSTANTS),
    "inverse": ("qml.adjoint({})", FROM_WEIGHTS),
    "controlled": ("qml.ctrl({}, control=['c'], control_values=[0])", FROM_WEIGHTS),
}


def name(value: object) -> str:
    """Return the name of a gate or form for the id of a test."""
    return f"{value.name}-{value.n_wires}-{value.n_angles}" if isinstance(value, Gate) else str(value)


def around(line: str, wires: list[object], *, mixed: bool = False) -> Circuit:
    """Put a gate between rotations that make every error in it visible."""
    before = [f"qml.RY({0.3 + 0.4 * k} + inputs[..., {k % 3}], {wire!r})" for k, wire in enumerate(wires)]
    before += [f"qml.RX({1.1 - 0.3 * k}, {wire!r})" for k, wire in enumerate(wires)]
    single = [f"qml.expval(qml.{'XYZ'[k % 3]}({wire!r}))" for k, wire in enumerate(wires)]
    result = f"[{', '.join(single)}, qml.probs(wires={wires})]"
    return Circuit(lines=(*before, line), result=result, device_wires=tuple(wires), mixed=mixed)


def test_all_pennylane_gates_are_listed() -> None:
    assert {gate.name for gate in GATES} | NOT_GATES.keys() == OPERATIONS.keys()


def test_all_pennylane_channels_are_listed() -> None:
    assert {channel.name for channel in CHANNELS} == CHANNEL_CLASSES


def with_gate(gate: Gate, form: str) -> Circuit:
    """Return a circuit with a gate in one of `FORMS`."""
    template, angles = FORMS[form]
    if gate.name in ONE_FOR_ALL_ROWS:
        angles = FROM_WEIGHTS
    wires = [3, "a", 0, 1][: gate.n_wires]
    return around(template.format(gate.call(angles[: gate.n_angles], wires)), [*wires, "c"])


# Every gate is tested plain. The other forms modify its matrix or parameters in a way that does not depend on
# the gate, so each gate is tested in one of them.
OTHER_FORMS = {True: ("constant", "inverse", "controlled"), False: ("inverse", "controlled")}
CASES = [
    (gate, form)
    for number, gate in enumerate(GATES)
    for others in [OTHER_FORMS[gate.n_angles > 0]]
    for form in ("plain", others[number % len(others)])
]


@pytest.mark.parametrize(("gate", "form"), CASES, ids=name)
def test_gate(gate: Gate, form: str) -> None:
    assert_parity(*pair(with_gate(gate, form).node(), WEIGHT_SHAPES), draw_inputs(3, N_INPUTS))


@pytest.mark.parametrize("gate", GATES, ids=name)
def test_gate_in_single_precision(gate: Gate) -> None:
    assert_parity_in_single(*pair(with_gate(gate, "plain").node(), WEIGHT_SHAPES), draw_inputs(3, N_INPUTS))


@pytest.mark.parametrize("chance", ["0.0", "0.3", "1.0", "torch.sigmoid(weights[0]) / 2"])
@pytest.mark.parametrize("channel", CHANNELS, ids=name)
def test_channel(channel: Gate, chance: str) -> None:
    wires = ["a", 2][: channel.n_wires]
    circuit = around(channel.call([chance, "0.4"][: channel.n_angles], wires), [*wires, 0], mixed=True)
    fused, reference = pair(circuit.node(), WEIGHT_SHAPES)
    inputs = draw_inputs(3, N_INPUTS)
    assert_parity(fused, reference_of(circuit), inputs)
    # PennyLane's own simulator is accurate to eight digits.
    assert (fused(inputs) - reference(inputs)).abs().max() < 1e-6


@pytest.mark.parametrize("channel", [channel for channel in CHANNELS if channel.n_angles], ids=name)
def test_channel_with_probability_from_inputs(channel: Gate) -> None:
    wires = ["a", 2][: channel.n_wires]
    probabilities = [f"torch.sigmoid(inputs[..., {k}]) / 2" for k in range(channel.n_angles)]
    circuit = around(channel.call(probabilities, wires), [*wires, 0], mixed=True)
    fused, _ = pair(circuit.node(), WEIGHT_SHAPES)
    assert_parity(fused, reference_of(circuit), draw_inputs(N_INPUTS))
