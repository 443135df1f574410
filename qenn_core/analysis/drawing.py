"""The circuit as a picture in words: traced from the very function that trains."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pennylane as qml
import torch

from qenn_core.experiment import ExperimentSpec
from qenn_core.model import (
    Circuit,
    Drawing,
    DrawnGate,
    DrawnSection,
    Section,
    Symbol,
    build_circuit,
    encoded_width,
)
from qenn_core.registry import NOISE_CHANNELS, NoiseChannel

# The field's short names, where PennyLane's own are longer.
NAMES = {"Hadamard": "H", "IsingZZ": "RZZ", "StatePrep": "|ψ⟩"}
SYMBOLS: dict[str, Symbol] = {"CNOT": "cnot", "CZ": "cz"}
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def draw_circuit(spec: ExperimentSpec, n_inputs: int) -> Drawing:
    """Describe the circuit of `spec`, noise included, for a model of `n_inputs` inputs.

    Gates side by side share a column; sections do not.

    Raises
    ------
    TrainingError
        If the circuit cannot take the inputs.
    """
    circuit = build_circuit(spec)
    variables = _Variables(circuit, encoded_width(spec, n_inputs))
    channel = NOISE_CHANNELS[spec.noise.channel]
    gates: list[DrawnGate] = []
    sections: list[DrawnSection] = []
    n_columns = 0
    for section in circuit.sections:
        drawn = list(_draw(section, variables, channel, first_column=n_columns))
        last_column = max(gate.column for gate in drawn)
        sections.append(
            DrawnSection(
                kind=section.kind,
                layer=section.layer,
                caption=_caption(section),
                first_column=n_columns,
                last_column=last_column,
            )
        )
        gates += drawn
        n_columns = last_column + 1
    return Drawing(
        n_wires=circuit.n_qubits, n_columns=n_columns, gates=tuple(gates), sections=tuple(sections)
    )


class _Variables:
    """Inputs and weights to trace a circuit with, which tell what of them a gate's parameter is made of."""

    def __init__(self, circuit: Circuit, n_encoded: int) -> None:
        # Any values will do but special ones, at which a derivative could vanish.
        self.inputs = torch.linspace(0.3, 1.3, n_encoded, dtype=torch.float64, requires_grad=True)
        self.weights = torch.full(circuit.weight_shape, 0.7, dtype=torch.float64, requires_grad=True)

    def feeding(self, parameter: Any) -> str:
        """Name the inputs and angles that a parameter depends on: ``"x₀"``, ``"θ₃"``, ``"x₀, x₁"``."""
        if not (isinstance(parameter, torch.Tensor) and parameter.requires_grad):
            return ""
        # Unequal factors, so that dependences of several entries do not cancel out.
        factors = torch.linspace(1, 2, parameter.numel(), dtype=torch.float64).reshape(parameter.shape)
        gradients = torch.autograd.grad(
            parameter, (self.inputs, self.weights), factors, retain_graph=True, allow_unused=True
        )
        return ", ".join(
            _listed(letter, gradient.flatten().nonzero().flatten().tolist())
            for letter, gradient in zip("xθ", gradients, strict=True)
            if gradient is not None
        )


def _listed(letter: str, numbers: list[int]) -> str:
    names = [letter + str(number).translate(SUBSCRIPTS) for number in numbers]
    return ", ".join(names) if len(names) <= 3 else f"{names[0]} … {names[-1]}"


def _draw(
    section: Section, variables: _Variables, channel: NoiseChannel, *, first_column: int
) -> Iterator[DrawnGate]:
    script = qml.tape.make_qscript(section.gates)(variables.inputs, variables.weights)
    operations = [*script.operations, *script.measurements]
    columns = _packed([operation.wires for operation in operations], first_column)
    for operation, column in zip(operations, columns, strict=True):
        symbol, name, text = _look(operation, variables, channel)
        yield DrawnGate(
            name=name,
            symbol=symbol,
            wires=tuple(operation.wires),
            controls=tuple(getattr(operation, "control_wires", ())),
            column=column,
            section=section.kind,
            layer=section.layer,
            text=text,
        )


def _packed(wires_of_gates: Iterable[Iterable[int]], first_column: int) -> Iterator[int]:
    """Yield for each gate the first column in which its wires, and those that it crosses, are free."""
    next_free: dict[int, int] = {}
    for wires in wires_of_gates:
        crossed = range(min(wires), max(wires) + 1)
        column = max(next_free.get(wire, first_column) for wire in crossed)
        next_free |= dict.fromkeys(crossed, column + 1)
        yield column


def _look(operation: Any, variables: _Variables, channel: NoiseChannel) -> tuple[Symbol, str, str]:
    """Return symbol, name and text of an operation or measurement."""
    if isinstance(operation, qml.measurements.ExpectationMP):
        name = f"⟨{operation.obs.label()}⟩"
        return "measurement", name, f"{name} of qubit {operation.wires[0]}, between -1 and +1"
    if isinstance(operation, qml.operation.Channel):
        return "noise", channel.label, f"{channel.label}, level {operation.parameters[0]:g}"
    name = NAMES.get(operation.name, operation.name)
    symbol = SYMBOLS.get(operation.name, "box" if len(operation.wires) == 1 else "multi")
    fed_by = ", ".join(filter(None, map(variables.feeding, operation.parameters)))
    return symbol, name, f"{name}({fed_by})" if fed_by else name


def _caption(section: Section) -> str:
    if section.kind == "layer" and section.layer is not None:
        return f"Layer {section.layer + 1}"
    return section.kind.capitalize()
