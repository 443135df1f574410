"""The shapes of the model by arithmetic alone, without building it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import Literal

from qenn_core.errors import TrainingError
from qenn_core.experiment import ExperimentSpec
from qenn_core.registry import ANSATZE, ENCODINGS
from qenn_core.text import count

ModelPart = Literal["linear", "quantum", "classical"]


@dataclass(frozen=True)
class ModelShape:
    """The number of values that pass from each stage of the model to the next.

    Parameters
    ----------
    n_inputs : int
        Number of inputs of the model.
    n_encoded : int
        Number of inputs of the circuit: the outputs of the trainable linear layer, if there is one.
    n_qubits : int
        Width of the circuit.
    n_angles : int
        Number of trainable angles of the circuit.
    n_expectations : int
        Number of outputs of the circuit.
    hidden : tuple of int
        Sizes of the classical layers between circuit and output.
    n_classes : int
        Number of outputs of the model.
    parameters : dict of str to int
        Number of trainable parameters of each part: ``"linear"``, ``"quantum"``, ``"classical"``.
    """

    n_inputs: int
    n_encoded: int
    n_qubits: int
    n_angles: int
    n_expectations: int
    hidden: tuple[int, ...]
    n_classes: int
    parameters: dict[ModelPart, int]

    @property
    def classical_sizes(self) -> tuple[int, ...]:
        """Widths from the circuit's expectations through the classical layers to the classes."""
        return (self.n_expectations, *self.hidden, self.n_classes)


def model_shape(spec: ExperimentSpec, n_inputs: int, n_classes: int) -> ModelShape:
    """Compute the shapes of the model that `spec` describes.

    Parameters
    ----------
    spec : ExperimentSpec
        The experiment.
    n_inputs : int
        Number of inputs of the model, at least 1.
    n_classes : int
        Number of classes, at least 2.

    Raises
    ------
    TrainingError
        If the circuit cannot encode `n_inputs` numbers.
    """
    n_qubits = spec.circuit.n_qubits
    n_encoded = encoded_width(spec, n_inputs)
    n_angles = trainable_angles(spec)
    parameters: dict[ModelPart, int] = {
        "linear": _dense_parameters(n_inputs, n_encoded) if spec.encoding.reduction == "linear" else 0,
        "quantum": n_angles,
        "classical": sum(
            _dense_parameters(*sizes) for sizes in pairwise((n_qubits, *spec.head.hidden, n_classes))
        ),
    }
    return ModelShape(
        n_inputs=n_inputs,
        n_encoded=n_encoded,
        n_qubits=n_qubits,
        n_angles=n_angles,
        n_expectations=n_qubits,
        hidden=spec.head.hidden,
        n_classes=n_classes,
        parameters=parameters,
    )


def trainable_angles(spec: ExperimentSpec) -> int:
    """Return the number of trainable angles of the circuit."""
    shape = ANSATZE[spec.circuit.ansatz].weight_shape(spec.circuit.n_qubits)
    return spec.circuit.n_layers * prod(shape)


def input_angles(spec: ExperimentSpec) -> int | None:
    """Return the number of angles computed from inputs; ``None`` if inputs are not encoded as angles."""
    encoding = ENCODINGS[spec.encoding.kind]
    if encoding.n_angles is None:
        return None
    return encoding.n_angles(spec.circuit.n_qubits) * (spec.circuit.n_layers if encoding.repeated else 1)


def model_inputs(spec: ExperimentSpec, n_features: int) -> int:
    """Return how many inputs the model has for rows of `n_features` features, after their reduction."""
    if spec.encoding.reduction == "linear":
        return n_features
    most = ENCODINGS[spec.encoding.kind].max_features(spec.circuit.n_qubits)
    return min(n_features, most) + spec.encoding.appends_constant


def encoded_width(spec: ExperimentSpec, n_inputs: int) -> int:
    """Return how many numbers the circuit encodes if the model has `n_inputs` inputs.

    A trainable linear layer has as many outputs as inputs, but at least one per qubit and at most the
    capacity of the encoding. So every qubit has an input; and amplitude encoding, with its capacity of 2^n
    numbers, does not lead to a linear layer that is far larger than the circuit.

    Raises
    ------
    TrainingError
        If the circuit cannot encode `n_inputs` numbers.
    """
    n_qubits = spec.circuit.n_qubits
    capacity = ENCODINGS[spec.encoding.kind].capacity(n_qubits)
    if n_inputs < 1:
        raise TrainingError(
            "There is nothing to encode.", "No feature is left.", "Choose other columns.", place="data.roles"
        )
    if spec.encoding.reduction == "linear":
        return min(capacity, max(n_inputs, n_qubits))
    if n_inputs > capacity:
        raise TrainingError(
            f"The circuit is too small for {count(n_inputs, 'input')}.",
            f"With this encoding, {count(n_qubits, 'qubit')} can hold at most {count(capacity, 'input')}.",
            "Use more qubits, fewer inputs, or a trainable linear layer before the circuit.",
            place="circuit.n_qubits",
        )
    return n_inputs


def _dense_parameters(n_in: int, n_out: int) -> int:
    """Return the number of weights and biases of a dense layer."""
    return n_in * n_out + n_out
