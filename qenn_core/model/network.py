"""The hybrid network: quantum in the middle, classical at the ends."""

from __future__ import annotations

from itertools import pairwise

import torch

from qenn_core.engine.layer import quantum_layer
from qenn_core.errors import TrainingError
from qenn_core.model.circuit import build_circuit
from qenn_core.model.shape import ModelPart, ModelShape, model_shape
from qenn_core.registry import ENCODINGS
from qenn_core.spec import ExperimentSpec

ACTIVATIONS: dict[str, type[torch.nn.Module]] = {
    "relu": torch.nn.ReLU,
    "tanh": torch.nn.Tanh,
    "sigmoid": torch.nn.Sigmoid,
}


class Squash(torch.nn.Module):
    """Bring any numbers smoothly into a range, by the hyperbolic tangent."""

    def __init__(self, low: float, high: float) -> None:
        super().__init__()
        self.low = low
        self.high = high

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return numbers within the range, of the same shape."""
        return self.low + (self.high - self.low) * (1 + torch.tanh(inputs)) / 2


class HybridModel(torch.nn.Module):
    """[trainable linear layer] → quantum layer → classical layers → logits.

    All of it is in double precision, as the simulator is.

    Parameters
    ----------
    linear, quantum, classical : torch.nn.Module
        The parts, in order; `linear` may be empty.
    shape : ModelShape
        The widths between them.
    """

    def __init__(
        self,
        linear: torch.nn.Module,
        quantum: torch.nn.Module,
        classical: torch.nn.Module,
        shape: ModelShape,
    ) -> None:
        super().__init__()
        self.linear = linear
        self.quantum = quantum
        self.classical = classical
        self.shape = shape

    @property
    def parameter_counts(self) -> dict[ModelPart, int]:
        """Trainable numbers of each part."""
        parts: dict[ModelPart, torch.nn.Module] = {
            "linear": self.linear,
            "quantum": self.quantum,
            "classical": self.classical,
        }
        return {name: sum(p.numel() for p in part.parameters()) for name, part in parts.items()}

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return logits, shape ``(batch, n_classes)``, for inputs of shape ``(batch, n_inputs)``.

        Weights that are not finite give logits that are not a number, for the training to notice.

        Raises
        ------
        TrainingError
            If inputs have another shape, or hold NaN or infinity.
        """
        if inputs.ndim != 2 or inputs.shape[1] != self.shape.n_inputs:
            raise TrainingError(
                f"The model got inputs of shape {tuple(inputs.shape)}.",
                f"It was built for rows of {self.shape.n_inputs} numbers.",
                "Prepare the data in the same way as for training.",
            )
        if not torch.isfinite(inputs).all():
            raise TrainingError(
                "The model got inputs that are missing or infinite.",
                "A rotation by such an angle has no meaning.",
                "Fill or leave out missing values before training.",
                place="data.roles",
            )
        expectations = self.quantum(self.linear(inputs.double()))
        logits: torch.Tensor = self.classical(expectations)
        return logits


def build_model(spec: ExperimentSpec, n_inputs: int, n_classes: int) -> HybridModel:
    """Build the network that `spec` describes, its weights drawn from ``spec.seed``.

    Torch's own generator is left as it was.

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
    shape = model_shape(spec, n_inputs, n_classes)
    circuit = build_circuit(spec)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(spec.seed)
        return HybridModel(
            linear=_linear(spec, shape),
            quantum=quantum_layer(
                circuit,
                {"weights": circuit.weight_shape},
                n_qubits=circuit.n_qubits,
                mixed=circuit.mixed,
                shots=spec.noise.shots,
                seed=spec.seed,
            ),
            classical=_classical(spec, shape),
            shape=shape,
        ).double()


def _linear(spec: ExperimentSpec, shape: ModelShape) -> torch.nn.Sequential:
    if spec.encoding.reduction != "linear":
        return torch.nn.Sequential()
    layers: list[torch.nn.Module] = [torch.nn.Linear(shape.n_inputs, shape.n_encoded)]
    input_range = ENCODINGS[spec.encoding.kind].input_range
    if input_range is not None:
        layers.append(Squash(*input_range))
    return torch.nn.Sequential(*layers)


def _classical(spec: ExperimentSpec, shape: ModelShape) -> torch.nn.Sequential:
    layers: list[torch.nn.Module] = []
    for n_in, n_out in pairwise(shape.classical_sizes):
        layers += [torch.nn.Linear(n_in, n_out), ACTIVATIONS[spec.head.activation]()]
    return torch.nn.Sequential(*layers[:-1])
