"""The drawing of a circuit as data, traced from the same quantum functions that are trained."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pennylane as qml
import torch

from qenn_core.experiment import ExperimentSpec, display_value
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

# Common short names, where PennyLane's names are longer.
SHORT_NAMES = {"Hadamard": "H", "IsingZZ": "RZZ", "StatePrep": "|ψ⟩"}
SYMBOLS: dict[str, Symbol] = {"CNOT": "cnot", "CZ": "cz"}
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def draw_circuit(spec: ExperimentSpec, n_inputs: int) -> Drawing:
    """Lay out the circuit of `spec`, including its noise, for a model with `n_inputs` inputs.

    Gates that act on different wires share a column, but only within a section.

    Raises
    ------
    TrainingError
        If the circuit cannot encode that many inputs.
    """
    circuit = build_circuit(spec)
    variables = _TracedVariables(circuit, encoded_width(spec, n_inputs))
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


class _TracedVariables:
    """Inputs and weights to trace a circuit with, to find what its gate parameters depend on."""

    def __init__(self, circuit: Circuit, n_encoded: int) -> None:
        # Arbitrary values, but not special ones at which a derivative could be zero.
        self.inputs = torch.linspace(0.3, 1.3, n_encoded, dtype=torch.float64, requires_grad=True)
        self.weights = torch.full(circuit.weight_shape, 0.7, dtype=torch.float64, requires_grad=True)

    def dependencies(self, parameter: Any) -> str:
        """Name the inputs and weights that a parameter depends on: ``"x₀"``, ``"θ₃"``, ``"x₀, x₁"``."""
        if not (isinstance(parameter, torch.Tensor) and parameter.requires_grad):
            return ""
        # With unequal factors, the derivatives of different entries do not cancel.
        factors = torch.linspace(1, 2, parameter.numel(), dtype=torch.float64).reshape(parameter.shape)
        gradients = torch.autograd.grad(
            parameter, (self.inputs, self.weights), factors, retain_graph=True, allow_unused=True
        )
        return ", ".join(
            _indexed_names(letter, gradient.flatten().nonzero().flatten().tolist())
            for letter, gradient in zip("xθ", gradients, strict=True)
            if gradient is not None
        )


def _indexed_names(letter: str, indices: list[int]) -> str:
    names = [letter + str(index).translate(SUBSCRIPTS) for index in indices]
    return ", ".join(names) if len(names) <= 3 else f"{names[0]} … {names[-1]}"


def _draw(
    section: Section, variables: _TracedVariables, channel: NoiseChannel, *, first_column: int
) -> Iterator[DrawnGate]:
    script = qml.tape.make_qscript(section.gates)(variables.inputs, variables.weights)
    operations = [*script.operations, *script.measurements]
    columns = _assign_columns([operation.wires for operation in operations], first_column)
    for operation, column in zip(operations, columns, strict=True):
        symbol, name, text = _describe(operation, variables, channel)
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


def _assign_columns(wires_of_gates: Iterable[Iterable[int]], first_column: int) -> Iterator[int]:
    """Yield for each gate the first column in which its wires, and the wires between them, are free."""
    next_free: dict[int, int] = {}
    for wires in wires_of_gates:
        spanned = range(min(wires), max(wires) + 1)
        column = max(next_free.get(wire, first_column) for wire in spanned)
        next_free |= dict.fromkeys(spanned, column + 1)
        yield column


def _describe(operation: Any, variables: _TracedVariables, channel: NoiseChannel) -> tuple[Symbol, str, str]:
    """Return the symbol, name and tooltip of an operation or a measurement."""
    if isinstance(operation, qml.measurements.ExpectationMP):
        name = f"⟨{operation.obs.label()}⟩"
        return "measurement", name, f"{name} of qubit {operation.wires[0]}, between -1 and +1"
    if isinstance(operation, qml.operation.Channel):
        level = display_value("noise.level", float(operation.parameters[0]))
        return "noise", channel.label, f"{channel.label}, level {level}"
    name = SHORT_NAMES.get(operation.name, operation.name)
    symbol = SYMBOLS.get(operation.name, "box" if len(operation.wires) == 1 else "multi")
    dependencies = ", ".join(filter(None, map(variables.dependencies, operation.parameters)))
    return symbol, name, f"{name}({dependencies})" if dependencies else name


def _caption(section: Section) -> str:
    if section.kind == "layer" and section.layer is not None:
        return f"Layer {section.layer + 1}"
    return section.kind.capitalize()
