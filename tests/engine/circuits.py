"""Random circuits as source code, so that a failing example can be pasted and run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from textwrap import indent
from typing import Any

import pennylane as qml
from hypothesis import strategies as st

from tests.engine import gates
from tests.engine.gates import CHANNELS, GATES, Gate
from tests.engine.parity import node

N_INPUTS = 3
WEIGHT_SHAPES = {"weights": (3,), "shift": ()}

NOISE_MODELS = {
    "after every gate": {
        qml.BooleanFn(lambda gate: True): lambda gate, **_: [
            qml.DepolarizingChannel(0.02, wire) for wire in gate.wires
        ]
    },
    "after rotations": {
        qml.noise.op_in(["RX", "RY", "RZ", "Rot"]): qml.noise.partial_wires(qml.PhaseDamping, 0.1)
    },
}


@dataclass(frozen=True)
class Circuit:
    """A quantum function of ``inputs`` and of the names in `WEIGHT_SHAPES`, as source code.

    Parameters
    ----------
    lines : tuple of str
        The gates, in order.
    result : str
        The return value.
    device_wires : tuple or None
        Wires of the device, in its order; ``None`` for those of the circuit.
    mixed : bool
        Whether the circuit contains channels, so that a density matrix must be simulated.
    noise : str or None
        A key of `NOISE_MODELS`, added to the QNode.
    """

    lines: tuple[str, ...]
    result: str
    device_wires: tuple[Any, ...] | None
    mixed: bool = False
    noise: str | None = None

    @property
    def source(self) -> str:
        """A Python function ``circuit``."""
        body = "\n".join([*self.lines, f"return {self.result}"])
        return f"def circuit(inputs, {', '.join(WEIGHT_SHAPES)}):\n{indent(body, '    ')}\n"

    @property
    def uses_inputs(self) -> bool:
        """Whether any gate depends on the inputs."""
        return any("inputs" in line for line in self.lines)

    def node(self, device: type[qml.devices.Device] | None = None) -> qml.QNode:
        """Return the QNode of the circuit, by default on one of PennyLane's simulators."""
        scope: dict[str, Any] = {}
        exec(self.source, gates.NAMES, scope)
        function = scope["circuit"]
        if device is None:
            qnode = node(function, self.device_wires, mixed=self.mixed)
        else:
            qnode = qml.QNode(function, device(self.device_wires), diff_method="backprop")
        if self.noise is None:
            return qnode
        return qml.add_noise(qnode, qml.NoiseModel(NOISE_MODELS[self.noise]))


weights = st.sampled_from(["weights[0]", "weights[1]", "weights[2]", "shift"])
inputs = st.sampled_from([f"inputs[..., {index}]" for index in range(N_INPUTS)])
constants = st.sampled_from(["0.4", "-1.3", "torch.pi / 2", "0.0"])


def _arithmetic(tensors: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("torch.sin({})".format, tensors),
        st.builds("(-{})".format, tensors),
        st.builds("({} + {})".format, tensors, constants | tensors),
        st.builds("({} * {})".format, constants | tensors, tensors),
        st.builds("{} ** 2".format, tensors),
    )


shared_angles = constants | weights | _arithmetic(weights)
"""Angles that are the same for all rows."""

angles = inputs | weights | constants | _arithmetic(inputs | weights)

channel_parameters = st.sampled_from(["0.1", "0.6"]) | st.builds(
    "torch.sigmoid({}) / 2".format, weights | _arithmetic(weights)
)
"""Parameters of channels, for which PennyLane does not accept one for each row."""

# Gates for which PennyLane's own simulators have limits, so that they cannot serve as a reference:
ONE_FOR_ALL_ROWS = {"IsingXY"}
"""Gates whose parameter PennyLane cannot differentiate if there is one for each row."""
ALL_TENSORS = {gate.name for gate in GATES if gate.n_angles > 1}
"""Gates whose matrix some simulators cannot compute from a mixture of tensors and plain numbers."""


FORMS = ("as it is", "as it is", "inverse", "power", "controlled")


@st.composite
def gate_lines(
    draw: Callable[..., Any], wires: tuple[Any, ...], kinds: Sequence[Gate], forms: Sequence[str]
) -> str:
    """Draw one gate out of `kinds`, in one of `forms`."""
    gate = draw(st.sampled_from([kind for kind in kinds if kind.n_wires <= len(wires)]))
    order = draw(st.permutations(wires))
    allowed = shared_angles if gate.name in ONE_FOR_ALL_ROWS else angles
    if gate.name in ALL_TENSORS:
        allowed = inputs | weights | _arithmetic(inputs | weights)
    line = gate.call([draw(allowed) for _ in range(gate.n_angles)], order[: gate.n_wires])
    form = draw(st.sampled_from(forms))
    if form == "inverse":
        return f"qml.adjoint({line})"
    if form == "power":
        # For some gates with parameters, PennyLane supports only positive integer powers.
        return f"qml.pow({line}, {draw(st.sampled_from([2, 3] if gate.n_angles else [2, -1, 0.5]))})"
    if form == "controlled" and gate.n_wires < len(wires):
        values = draw(st.sampled_from(["", ", control_values=[0]"]))
        return f"qml.ctrl({line}, control=[{order[gate.n_wires]!r}]{values})"
    return line


@st.composite
def channel_lines(draw: Callable[..., Any], wires: tuple[Any, ...]) -> str:
    """Draw one channel."""
    channel = draw(st.sampled_from([kind for kind in CHANNELS if kind.n_wires <= len(wires)]))
    order = draw(st.permutations(wires))
    return channel.call(
        [f"({draw(channel_parameters)})" for _ in range(channel.n_angles)], order[: channel.n_wires]
    )


@st.composite
def preparations(draw: Callable[..., Any], wires: tuple[Any, ...]) -> list[str]:
    """Draw the first lines of a circuit: none, a state, or an embedding of the inputs."""
    order = draw(st.permutations(wires))
    choices = [
        [],
        [f"qml.AngleEmbedding(inputs[..., :{min(N_INPUTS, len(wires))}], wires={order})"],
        [f"qml.StatePrep(UNITARY_1[0], wires={order[:1]})"],
        [f"qml.BasisState([1], wires={order[:1]})"],
        [f"qml.BasisEmbedding({2 ** len(wires) - 2}, wires={order})"],
    ]
    if len(wires) > 1:
        padded = f"qml.AmplitudeEmbedding(inputs, wires={order[:2]}, pad_with=0.3, normalize=True)"
        choices += [[padded], [f"qml.StatePrep(UNITARY_2[0], wires={order[:2]})"]]
    return draw(st.sampled_from(choices))


@st.composite
def words(draw: Callable[..., Any], wires: tuple[Any, ...]) -> str:
    """Draw a Pauli word on one to three wires."""
    on = draw(st.lists(st.sampled_from(wires), min_size=1, max_size=3, unique=True))
    return " @ ".join(f"qml.{draw(st.sampled_from('XYZ'))}({wire!r})" for wire in on)


@st.composite
def observables(draw: Callable[..., Any], wires: tuple[Any, ...]) -> str:
    """Draw the source of an observable."""
    order = draw(st.permutations(wires))
    word, other = draw(words(wires)), draw(words(wires))
    choices = [
        word,
        word,
        f"0.5 * ({word}) - 2.0 * ({other})",
        f"qml.Hamiltonian([0.3, -1.2], [{word}, {other}])",
        f"qml.Hermitian([[1, 0.5j], [-0.5j, -2]], wires={order[:1]})",
        f"qml.Projector([1], wires={order[:1]})",
        f"qml.Projector([0.6, 0.8j], wires={order[:1]})",
        f"qml.Hadamard({order[0]!r})",
        f"qml.Identity({order[0]!r})",
    ]
    if len(wires) > 1:
        choices += [
            f"qml.Hermitian(UNITARY_2 + UNITARY_2.conj().T, wires={order[:2]})",
            f"qml.Projector([0, 1], wires={order[:2]})",
            f"qml.Hermitian([[1, 0.5j], [-0.5j, -2]], wires={order[:1]}) @ qml.X({order[1]!r})",
        ]
    return draw(st.sampled_from(choices))


@st.composite
def results(draw: Callable[..., Any], wires: tuple[Any, ...]) -> str:
    """Draw the return value of a circuit: one measurement, or a list or tuple of them."""
    expectation = observables(wires).map("qml.expval({})".format)
    probabilities = st.lists(st.sampled_from(wires), min_size=1, max_size=3, unique=True).map(
        "qml.probs(wires={})".format
    )
    form = draw(st.sampled_from(["single", "list", "tuple"]))
    if form == "single":
        return draw(expectation | probabilities | st.just(f"qml.probs(wires={list(wires)})"))
    # TorchLayer stacks the entries of a tuple, so they must have the same shape.
    entries = expectation if form == "tuple" else expectation | probabilities
    joined = ", ".join(draw(st.lists(entries, min_size=1, max_size=3)))
    return f"[{joined}]" if form == "list" else f"({joined},)"


WIRE_LABELS = [
    (0, 1, 2, 3, 4, 5),
    (3, 1, 7, 0, 2, 5),
    ("b", "a", "q", "aux", "c", "d"),
    (2, "a", 0, "b", 1, 9),
]


@st.composite
def circuits(
    draw: Callable[..., Any],
    *,
    n_wires: int,
    n_gates: int,
    mixed: bool,
    kinds: Sequence[Gate] = GATES,
    forms: Sequence[str] = FORMS,
) -> Circuit:
    """Draw a circuit.

    Parameters
    ----------
    n_wires : int
        Number of wires, at most 6.
    n_gates : int
        Maximum number of gates or channels.
    mixed : bool
        Whether to draw channels among the gates, or a noise model.
    kinds : sequence of Gate
        Gates to draw from.
    forms : sequence of str
        Forms to draw from, a subset of `FORMS`.
    """
    wires = draw(st.sampled_from(WIRE_LABELS))[:n_wires]
    line = gate_lines(wires, kinds, forms)
    # Hypothesis prefers short lists, so the length is drawn separately.
    length = draw(st.integers(1, n_gates))
    lines = draw(st.lists(line | channel_lines(wires) if mixed else line, min_size=length, max_size=length))
    return Circuit(
        lines=(*draw(preparations(wires)), *lines),
        result=draw(results(wires)),
        device_wires=draw(st.permutations(wires).map(tuple) | (st.nothing() if mixed else st.none())),
        mixed=mixed,
        noise=draw(st.sampled_from([None, *NOISE_MODELS])) if mixed else None,
    )


def batches(circuit: Circuit) -> list[tuple[int, ...]]:
    """Return the leading dimensions that TorchLayer accepts for the inputs of a circuit.

    It fails on a batch if no gate depends on the inputs.
    """
    return [(4,), (), (1,), (2, 3)] if circuit.uses_inputs else [()]


N_WIRES = st.sampled_from([1, 2, 2, 3, 3, 3, 4, 4, 5, 6])


@st.composite
def circuits_and_batches(draw: Any, *, mixed: bool) -> tuple[Circuit, tuple[int, ...]]:
    """Draw a circuit, and leading dimensions of its inputs."""
    n_wires = draw(N_WIRES)
    circuit = draw(circuits(n_wires=n_wires, n_gates=8 if n_wires <= 4 else 4, mixed=mixed))
    return circuit, draw(st.sampled_from(batches(circuit)))
