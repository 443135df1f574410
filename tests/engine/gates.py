"""Every gate and channel of PennyLane that acts on qubits, as a template of a line of source code.

Gates with a fixed number of wires and of scalar parameters are discovered in PennyLane's own modules, so
gates that a new release adds are tested automatically. The others are listed here. `NOT_GATES` lists what
is not a gate, with reasons.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pennylane as qml
import torch
from pennylane.operation import Channel, Operation

GATE_MODULES = ("pennylane.ops.identity", "pennylane.ops.qubit", "pennylane.ops.op_math.controlled_ops")

NOT_GATES = {
    "BasisStateProjector": "an observable",
    "BasisState": "prepares a state: see preparations",
    "StatePrep": "prepares a state: see preparations",
    "QubitDensityMatrix": "prepares a state that default.qubit does not know",
    "TmpPauliRot": "PennyLane's private part of SpecialUnitary's gradient",
}


@dataclass(frozen=True)
class Gate:
    """A gate or channel as a line of source code.

    Parameters
    ----------
    name : str
        The name in PennyLane.
    n_wires : int
        Number of wires.
    n_angles : int
        Number of real parameters.
    template : str
        Source of the call, with ``{0}``, ``{1}`` … for the parameters and ``{wires}``.
    """

    name: str
    n_wires: int
    n_angles: int
    template: str

    def call(self, angles: Sequence[str], wires: Sequence[Any]) -> str:
        """Return the source of the gate, given the sources of its parameters."""
        return self.template.format(*angles, wires=list(wires))


def rotation(angle: Any) -> torch.Tensor:
    """Return the real rotation by `angle`, ``(..., 2, 2)``: a unitary that depends on a parameter."""
    angle = torch.as_tensor(angle)
    cos, sin = torch.cos(angle), torch.sin(angle)
    return torch.stack([torch.stack([cos, -sin], -1), torch.stack([sin, cos], -1)], -2)


def phases(angle: Any) -> torch.Tensor:
    """Return two opposite phases, ``(..., 2)``: the diagonal of a unitary that depends on a parameter."""
    angle = torch.as_tensor(angle)
    return torch.exp(1j * torch.stack([angle, -angle], -1))


def vector(*angles: Any) -> torch.Tensor:
    """Stack parameters, some of which may be one for each row, to a vector of parameters."""
    return torch.stack(torch.broadcast_tensors(*map(torch.as_tensor, angles)), -1)


def spread(values: torch.Tensor, *shape: int) -> torch.Tensor:
    """Return parameters of any shape, computed from a few."""
    size = math.prod(shape)
    factors = torch.linspace(0.5, 1.5, size, dtype=values.dtype)
    return (values[torch.arange(size) % len(values)] * factors).reshape(shape)


def _unitary(n_wires: int) -> np.ndarray:
    draw = np.random.default_rng(n_wires)
    shape = (2**n_wires, 2**n_wires)
    return np.linalg.qr(draw.normal(size=shape) + 1j * draw.normal(size=shape))[0]


UNITARY_1, UNITARY_2 = _unitary(1), _unitary(2)
# The halves of a random isometry from one qubit to two are the Kraus matrices of a channel.
KRAUS_1 = [UNITARY_2[:2, :2], UNITARY_2[2:, :2]]
KRAUS_2 = [_unitary(3)[:4, :4], _unitary(3)[4:, :4]]

NAMES = {
    "qml": qml,
    "np": np,
    "torch": torch,
    "rotation": rotation,
    "phases": phases,
    "vector": vector,
    "spread": spread,
    "UNITARY_1": UNITARY_1,
    "UNITARY_2": UNITARY_2,
    "KRAUS_1": KRAUS_1,
    "KRAUS_2": KRAUS_2,
}
"""The names that a line of source code may use."""


def subclasses(parent: type) -> Iterator[type]:
    """Yield all descendants of a class."""
    for child in parent.__subclasses__():
        yield child
        yield from subclasses(child)


def _fixed(operation: type) -> bool:
    return isinstance(operation.num_wires, int) and isinstance(operation.num_params, int)


def _from_class(operation: type) -> Gate:
    blanks = "".join(f"{{{index}}}, " for index in range(operation.num_params))
    call = f"qml.{operation.__name__}({blanks}wires={{wires}})"
    return Gate(operation.__name__, operation.num_wires, operation.num_params, call)


OPERATIONS = {
    operation.__name__: operation
    for operation in subclasses(Operation)
    if operation.__module__.startswith(GATE_MODULES) and not operation.__name__.startswith("_")
}

WRITTEN_OUT = [
    Gate("Identity", 2, 0, "qml.Identity(wires={wires})"),
    Gate("GlobalPhase", 1, 1, "qml.GlobalPhase({0}, wires={wires})"),
    Gate("MultiRZ", 3, 1, "qml.MultiRZ({0}, wires={wires})"),
    Gate("PauliRot", 3, 1, "qml.PauliRot({0}, 'XZY', wires={wires})"),
    # Without the letter I, which PennyLane computes wrongly for a batch of one.
    Gate("PauliRot", 2, 1, "qml.PauliRot({0}, 'ZY', wires={wires})"),
    Gate("PCPhase", 2, 1, "qml.PCPhase({0}, dim=3, wires={wires})"),
    Gate("QubitUnitary", 1, 0, "qml.QubitUnitary(UNITARY_1, wires={wires})"),
    Gate("QubitUnitary", 2, 0, "qml.QubitUnitary(UNITARY_2, wires={wires})"),
    Gate("QubitUnitary", 1, 1, "qml.QubitUnitary(rotation({0}), wires={wires})"),
    Gate("DiagonalQubitUnitary", 1, 1, "qml.DiagonalQubitUnitary(phases({0}), wires={wires})"),
    Gate("DiagonalQubitUnitary", 2, 0, "qml.DiagonalQubitUnitary([1, 1j, -1, 1], wires={wires})"),
    Gate("ControlledQubitUnitary", 2, 0, "qml.ControlledQubitUnitary(UNITARY_1, wires={wires})"),
    # With one control, because on more than three wires PennyLane decomposes it by the values of its matrix,
    # which the engine does not support.
    Gate(
        "ControlledQubitUnitary",
        2,
        1,
        "qml.ControlledQubitUnitary(rotation({0}), wires={wires}, control_values=[0])",
    ),
    Gate("MultiControlledX", 3, 0, "qml.MultiControlledX(wires={wires}, control_values=[0, 1])"),
    Gate("MultiControlledX", 4, 0, "qml.MultiControlledX(wires={wires})"),
    Gate("BlockEncode", 2, 0, "qml.BlockEncode([[0.1, 0.2], [0.3, 0.4]], wires={wires})"),
    Gate("IntegerComparator", 3, 0, "qml.IntegerComparator(2, geq=True, wires={wires})"),
    Gate("SpecialUnitary", 1, 3, "qml.SpecialUnitary(vector({0}, {1}, {2}), wires={wires})"),
]

GATES = [_from_class(operation) for operation in OPERATIONS.values() if _fixed(operation)] + WRITTEN_OUT

CHANNELS = [
    Gate("AmplitudeDamping", 1, 1, "qml.AmplitudeDamping({0}, wires={wires})"),
    Gate("BitFlip", 1, 1, "qml.BitFlip({0}, wires={wires})"),
    Gate("DepolarizingChannel", 1, 1, "qml.DepolarizingChannel({0}, wires={wires})"),
    # PennyLane cannot differentiate its probabilities.
    Gate("GeneralizedAmplitudeDamping", 1, 0, "qml.GeneralizedAmplitudeDamping(0.2, 0.7, wires={wires})"),
    # Without a Y, PennyLane warns about a real Y that it does not use.
    Gate("PauliError", 1, 1, "qml.PauliError('Y', {0}, wires={wires})"),
    Gate("PauliError", 2, 1, "qml.PauliError('XY', {0}, wires={wires})"),
    Gate("PhaseDamping", 1, 1, "qml.PhaseDamping({0}, wires={wires})"),
    Gate("PhaseFlip", 1, 1, "qml.PhaseFlip({0}, wires={wires})"),
    Gate("QubitChannel", 1, 0, "qml.QubitChannel(KRAUS_1, wires={wires})"),
    Gate("QubitChannel", 2, 0, "qml.QubitChannel(KRAUS_2, wires={wires})"),
    Gate("ResetError", 1, 2, "qml.ResetError({0} / 2, {1} / 2, wires={wires})"),
    # Its two branches: relaxation faster and slower than dephasing.
    Gate(
        "ThermalRelaxationError",
        1,
        0,
        "qml.ThermalRelaxationError(0.1, 1.0, 1.4, 0.3, wires={wires})",
    ),
    Gate(
        "ThermalRelaxationError",
        1,
        0,
        "qml.ThermalRelaxationError(0.1, 1.0, 0.4, 0.3, wires={wires})",
    ),
]

CHANNEL_CLASSES = {
    channel.__name__ for channel in subclasses(Channel) if channel.__module__ == "pennylane.ops.channel"
}
