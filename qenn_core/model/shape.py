"""The model's shapes by arithmetic alone, for those who only want to show them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import Literal

from qenn_core.errors import TrainingError
from qenn_core.experiment import ExperimentSpec
from qenn_core.registry import ANSATZE, ENCODINGS

ModelPart = Literal["linear", "quantum", "classical"]


@dataclass(frozen=True)
class ModelShape:
    """How many numbers go from each stage of the model to the next.

    Parameters
    ----------
    n_inputs : int
        Numbers of a row that enter the model.
    n_encoded : int
        Numbers that enter the circuit: those of the trainable linear layer, if there is one.
    n_qubits : int
        Width of the circuit.
    n_angles : int
        Trainable angles of the circuit.
    n_expectations : int
        Numbers that leave the circuit.
    hidden : tuple of int
        Sizes of the classical layers between circuit and output.
    n_classes : int
        Numbers that leave the model.
    parameters : dict of str to int
        Trainable numbers of each part: ``"linear"``, ``"quantum"``, ``"classical"``.
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
        Numbers of a row that enter the model, at least 1.
    n_classes : int
        Number of classes, at least 2.

    Raises
    ------
    TrainingError
        If the circuit cannot take `n_inputs` numbers.
    """
    n_qubits = spec.circuit.n_qubits
    n_encoded = encoded_width(spec, n_inputs)
    n_angles = trainable_angles(spec)
    parameters: dict[ModelPart, int] = {
        "linear": _dense(n_inputs, n_encoded) if spec.encoding.reduction == "linear" else 0,
        "quantum": n_angles,
        "classical": sum(_dense(*sizes) for sizes in pairwise((n_qubits, *spec.head.hidden, n_classes))),
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
    """Return how many angles of the circuit training changes."""
    shape = ANSATZE[spec.circuit.ansatz].weight_shape(spec.circuit.n_qubits)
    return spec.circuit.n_layers * prod(shape)


def input_angles(spec: ExperimentSpec) -> int | None:
    """Return how many angles of the circuit are made of inputs; ``None`` if inputs enter in another way."""
    encoding = ENCODINGS[spec.encoding.kind]
    if encoding.n_angles is None:
        return None
    return encoding.n_angles(spec.circuit.n_qubits) * (spec.circuit.n_layers if encoding.repeated else 1)


def encoded_width(spec: ExperimentSpec, n_inputs: int) -> int:
    """Return how many numbers enter the circuit when `n_inputs` enter the model.

    A trainable linear layer is as wide as its inputs, but at least one number a qubit and at most what
    the encoding holds. So no qubit goes without, and amplitude encoding, which could hold 2^n numbers,
    does not grow a layer that dwarfs the circuit.

    Raises
    ------
    TrainingError
        If the circuit cannot take `n_inputs` numbers.
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
            f"The circuit is too small for {n_inputs} inputs.",
            f"With this encoding it holds {capacity}, and has {n_qubits} qubits.",
            "Use more qubits, fewer inputs, or a trainable linear layer before the circuit.",
            place="circuit.n_qubits",
        )
    return n_inputs


def _dense(n_in: int, n_out: int) -> int:
    """Return the weights and biases of a dense layer."""
    return n_in * n_out + n_out
