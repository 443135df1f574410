"""The circuit of a spec: one PennyLane quantum function, made of named sections."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

from qenn_core.experiment import ExperimentSpec
from qenn_core.registry import ANSATZE, ENCODINGS, NOISE_CHANNELS

SectionKind = Literal["encoding", "layer", "noise", "measurement"]
Gates = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Section:
    """A stretch of the circuit that does one thing.

    Parameters
    ----------
    kind : str
        ``"encoding"``, ``"layer"``, ``"noise"`` or ``"measurement"``. Noise that strikes after each gate
        belongs to the section of the gate.
    layer : int or None
        Number of the layer that the section belongs to, from 0; ``None`` for what belongs to none.
    gates : callable
        A PennyLane quantum function of ``(inputs, weights)``; that of the measurement returns it.
    """

    kind: SectionKind
    layer: int | None
    gates: Gates


@dataclass(frozen=True)
class Circuit:
    """A quantum function of ``(inputs, weights)`` that returns the expectation of Z on each qubit.

    Training, drawing, export and the engines all start from it. It broadcasts over a batch of inputs.

    Parameters
    ----------
    n_qubits : int
        Number of wires, 0 (leftmost, most significant) to ``n_qubits - 1``.
    weight_shape : tuple of int
        Shape of `weights`: layers first.
    mixed : bool
        Whether noise makes the state mixed.
    sections : tuple of Section
        What the circuit does, in order; the last one measures.
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
        *before, measurement = self.sections
        for section in before:
            section.gates(inputs, weights)
        return measurement.gates(inputs, weights)


def build_circuit(spec: ExperimentSpec) -> Circuit:
    """Build the circuit that `spec` describes.

    Noise at level 0 inserts nothing: the circuit is then the noiseless one.
    """
    ansatz = ANSATZE[spec.circuit.ansatz]
    sections = _noiseless(spec)
    if spec.noise.active:
        sections = _noisy(sections, spec)
    return Circuit(
        n_qubits=spec.circuit.n_qubits,
        weight_shape=(spec.circuit.n_layers, *ansatz.weight_shape(spec.circuit.n_qubits)),
        mixed=spec.noise.active,
        sections=tuple(sections),
    )


def _noiseless(spec: ExperimentSpec) -> Iterator[Section]:
    wires = range(spec.circuit.n_qubits)
    encoding = ENCODINGS[spec.encoding.kind]
    ansatz = ANSATZE[spec.circuit.ansatz]

    def encode(inputs: Any, weights: Any) -> None:
        encoding.apply(inputs, wires)

    def layer(inputs: Any, weights: Any, index: int) -> None:
        ansatz.layer(weights[index], wires, index, spec.circuit.entanglement)

    def measure(inputs: Any, weights: Any) -> Any:
        import pennylane as qml

        return [qml.expval(qml.Z(wire)) for wire in wires]

    for index in range(spec.circuit.n_layers):
        if index == 0 or encoding.repeated:
            yield Section("encoding", index if encoding.repeated else None, encode)
        yield Section("layer", index, partial(layer, index=index))
    yield Section("measurement", None, measure)


def _noisy(sections: Iterable[Section], spec: ExperimentSpec) -> Iterator[Section]:
    import pennylane as qml

    channel = NOISE_CHANNELS[spec.noise.channel]
    level = spec.noise.level

    def strike(inputs: Any, weights: Any) -> None:
        for wire in range(spec.circuit.n_qubits):
            channel.apply(level, wire)

    def strike_after(gate: Any, **metadata: Any) -> None:
        for wire in gate.wires:
            channel.apply(level, wire)

    after_every_gate = qml.NoiseModel({qml.BooleanFn(lambda gate: True): strike_after})
    for section in sections:
        if channel.on_measurement:
            if section.kind == "measurement":
                yield Section("noise", None, strike)
            yield section
        elif spec.noise.placement == "layer":
            yield section
            if section.kind == "layer":
                yield Section("noise", section.layer, strike)
        elif section.kind == "measurement":
            yield section
        else:
            yield replace(section, gates=qml.add_noise(section.gates, after_every_gate))
