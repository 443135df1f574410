"""The circuit of a spec: one PennyLane quantum function, made of named sections."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

from qenn_core.experiment import ExperimentSpec
from qenn_core.registry import ANSATZE, ENCODINGS, NOISE_CHANNELS

SectionKind = Literal["encoding", "layer", "noise", "measurement"]
QuantumFunction = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Section:
    """A stretch of the circuit with a single purpose.

    Parameters
    ----------
    kind : str
        ``"encoding"``, ``"layer"``, ``"noise"`` or ``"measurement"``. Noise after each gate is part of the
        gate's section.
    layer : int or None
        Index of the layer that the section belongs to, from 0; ``None`` outside the layers.
    gates : callable
        A PennyLane quantum function of ``(inputs, weights)``; that of the measurement section returns the
        measurements.
    """

    kind: SectionKind
    layer: int | None
    gates: QuantumFunction


@dataclass(frozen=True)
class Circuit:
    """A quantum function of ``(inputs, weights)`` that returns the expectation of Z on each qubit.

    Training, drawing and the engines all use this function. It broadcasts over a batch of inputs.

    Parameters
    ----------
    n_qubits : int
        Number of wires, 0 (leftmost, most significant) to ``n_qubits - 1``.
    weight_shape : tuple of int
        Shape of `weights`; the first axis is the layer.
    mixed : bool
        Whether noise makes the state mixed.
    sections : tuple of Section
        The sections in order; the last one measures.
    """

    n_qubits: int
    weight_shape: tuple[int, ...]
    mixed: bool
    sections: tuple[Section, ...]

    def __call__(self, inputs: Any, weights: Any) -> Any:
        """Apply all sections.

        Parameters
        ----------
        inputs : tensor, shape (..., n_encoded)
            Numbers to encode.
        weights : tensor, shape `weight_shape`
            Trainable angles in radians.

        Returns
        -------
        list of n_qubits measurements
            The expectation of Z on each wire.
        """
        *sections, measurement = self.sections
        for section in sections:
            section.gates(inputs, weights)
        return measurement.gates(inputs, weights)


def build_circuit(spec: ExperimentSpec) -> Circuit:
    """Build the circuit that `spec` describes.

    Noise at level 0 inserts nothing: the circuit is then the noiseless one.
    """
    ansatz = ANSATZE[spec.circuit.ansatz]
    sections = _noiseless_sections(spec)
    if spec.noise.active:
        sections = _add_noise(sections, spec)
    return Circuit(
        n_qubits=spec.circuit.n_qubits,
        weight_shape=(spec.circuit.n_layers, *ansatz.weight_shape(spec.circuit.n_qubits)),
        mixed=spec.noise.active,
        sections=tuple(sections),
    )


def _noiseless_sections(spec: ExperimentSpec) -> Iterator[Section]:
    wires = range(spec.circuit.n_qubits)
    encoding = ENCODINGS[spec.encoding.kind]
    ansatz = ANSATZE[spec.circuit.ansatz]

    def encode(inputs: Any, weights: Any) -> None:
        encoding.apply(inputs, wires)

    def apply_layer(inputs: Any, weights: Any, index: int) -> None:
        ansatz.layer(weights[index], wires, index, spec.circuit.entanglement)

    def measure(inputs: Any, weights: Any) -> Any:
        import pennylane as qml

        return [qml.expval(qml.Z(wire)) for wire in wires]

    for index in range(spec.circuit.n_layers):
        if index == 0 or encoding.repeated:
            yield Section("encoding", index if encoding.repeated else None, encode)
        yield Section("layer", index, partial(apply_layer, index=index))
    yield Section("measurement", None, measure)


def _add_noise(sections: Iterable[Section], spec: ExperimentSpec) -> Iterator[Section]:
    import pennylane as qml

    channel = NOISE_CHANNELS[spec.noise.channel]
    level = spec.noise.level

    def apply_to_all_wires(inputs: Any, weights: Any) -> None:
        for wire in range(spec.circuit.n_qubits):
            channel.apply(level, wire)

    def apply_after(gate: Any, **metadata: Any) -> None:
        for wire in gate.wires:
            channel.apply(level, wire)

    every_gate = qml.NoiseModel({qml.BooleanFn(lambda gate: True): apply_after})
    for section in sections:
        if channel.on_measurement:
            if section.kind == "measurement":
                yield Section("noise", None, apply_to_all_wires)
            yield section
        elif spec.noise.placement == "layer":
            yield section
            if section.kind == "layer":
                yield Section("noise", section.layer, apply_to_all_wires)
        elif section.kind == "measurement":
            yield section
        else:
            yield replace(section, gates=qml.add_noise(section.gates, every_gate))
