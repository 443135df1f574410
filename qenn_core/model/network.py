"""The hybrid network: quantum in the middle, classical at the ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise

import torch

from qenn_core.engine import Encoded, FusedTorchLayer, quantum_layer
from qenn_core.errors import TrainingError
from qenn_core.experiment import ExperimentSpec
from qenn_core.model.circuit import build_circuit
from qenn_core.model.cost import BYTES_AT_ONCE, ENCODED_BYTES, rows_in_time
from qenn_core.model.feasibility import require_feasible
from qenn_core.model.shape import ModelPart, ModelShape, model_shape
from qenn_core.model.stacked import StackedLinear
from qenn_core.registry import ENCODINGS

ACTIVATIONS: dict[str, type[torch.nn.Module]] = {
    "relu": torch.nn.ReLU,
    "tanh": torch.nn.Tanh,
    "sigmoid": torch.nn.Sigmoid,
}

ModelInputs = torch.Tensor | Encoded
Dense = Callable[[int, int], torch.nn.Module]


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

    Or several such networks side by side, alike but for their weights, which then have the networks as
    their first axis.

    Parameters
    ----------
    linear : torch.nn.Sequential
        What comes before the circuit; may be empty.
    quantum : FusedTorchLayer
        The circuit.
    classical : torch.nn.Sequential
        What comes after it.
    shape : ModelShape
        The widths between them.
    state_size : int
        Real numbers in a state of the circuit.
    rows_in_time : int
        How many rows one of the networks evaluates in a time that a stop may wait.
    n_models : int or None
        Number of networks side by side; ``None`` for one whose weights have no such axis.
    dtype : torch.dtype
        What it computes in.
    """

    def __init__(
        self,
        linear: torch.nn.Sequential,
        quantum: FusedTorchLayer,
        classical: torch.nn.Sequential,
        shape: ModelShape,
        *,
        state_size: int,
        rows_in_time: int,
        n_models: int | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__()
        self.linear = linear
        self.quantum = quantum
        self.classical = classical
        self.shape = shape
        self.state_size = state_size
        self.rows_in_time = rows_in_time
        self.n_models = n_models
        self.dtype = dtype
        self.to(dtype)

    @property
    def parameter_counts(self) -> dict[ModelPart, int]:
        """Trainable numbers of each part, of all networks together."""
        parts: dict[ModelPart, torch.nn.Module] = {
            "linear": self.linear,
            "quantum": self.quantum,
            "classical": self.classical,
        }
        return {name: sum(p.numel() for p in part.parameters()) for name, part in parts.items()}

    @property
    def rows_at_once(self) -> int:
        """How many rows, of each network, are evaluated at once to good effect."""
        state_bytes = self.state_size * self.dtype.itemsize
        return max(1, min(BYTES_AT_ONCE // state_bytes, self.rows_in_time) // (self.n_models or 1))

    def encode(self, inputs: torch.Tensor) -> ModelInputs:
        """Do once for all with `inputs` what does not depend on the weights.

        Parameters
        ----------
        inputs : tensor, shape (rows, n_inputs)
            What would be given to `forward`.

        Returns
        -------
        Tensor or Encoded
            What `forward` takes in place of `inputs`, and quicker: ``model(model.encode(inputs)[rows])`` is
            ``model(inputs[rows])``, for an index tensor of any shape or a slice. The states of the circuit
            where the inputs enter it directly and memory allows; else the inputs, checked and cast.

        Raises
        ------
        TrainingError
            If inputs have another shape, or hold NaN or infinity.
        """
        checked = self._checked(inputs)
        if len(self.linear):
            return checked
        one = self.quantum.encode(checked[:1])
        bytes_a_row = sum(values.nbytes for values in one.slots.values())
        return self.quantum.encode(checked) if bytes_a_row * len(checked) <= ENCODED_BYTES else checked

    def forward(self, inputs: ModelInputs) -> torch.Tensor:
        """Return logits, shape ``([n_models,] batch, n_classes)``.

        Weights that are not finite give logits that are not a number, for the training to notice; those of
        one network do not touch the others.

        Parameters
        ----------
        inputs : tensor, shape (batch, n_inputs), or what `encode` makes of it
            With networks side by side also ``(n_models, batch, n_inputs)``, rows for each of them.

        Raises
        ------
        TrainingError
            If inputs have another shape, or hold NaN or infinity.
        """
        if isinstance(inputs, torch.Tensor):
            inputs = self._checked(inputs)
        expectations = self.quantum(self.linear(inputs))
        logits: torch.Tensor = self.classical(expectations)
        return logits

    def _checked(self, inputs: torch.Tensor) -> torch.Tensor:
        if inputs.ndim < 2 or inputs.shape[-1] != self.shape.n_inputs:
            raise TrainingError(
                f"The model got inputs of shape {tuple(inputs.shape)}.",
                f"It was built for rows of {self.shape.n_inputs} numbers.",
                "Prepare the data in the same way as for training.",
            )
        inputs = inputs.to(self.dtype)
        if not torch.isfinite(inputs).all():
            raise TrainingError(
                "The model got inputs that are missing or infinite.",
                "A rotation by such an angle has no meaning.",
                "Fill or leave out missing values before training.",
                place="data.roles",
            )
        return inputs


def build_model(
    spec: ExperimentSpec, n_inputs: int, n_classes: int, dtype: torch.dtype = torch.float32
) -> HybridModel:
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
    dtype : torch.dtype
        What it computes in.

    Raises
    ------
    TrainingError
        If the circuit cannot take `n_inputs` numbers, or a step would take too much memory or time.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(spec.seed)
        return _assemble(spec, model_shape(spec, n_inputs, n_classes), spec.seed, dtype)


def build_replicates(
    spec: ExperimentSpec,
    seeds: Sequence[int],
    n_inputs: int,
    n_classes: int,
    dtype: torch.dtype = torch.float32,
) -> HybridModel:
    """Build a network for each of `seeds`, all in one set of tensors.

    Network number m has the weights that `build_model` gives `spec` with the m-th seed. See there for the
    other parameters and the errors raised.
    """
    alone = [build_model(spec.with_(seed=seed), n_inputs, n_classes, dtype).state_dict() for seed in seeds]
    with torch.random.fork_rng(devices=[]):
        together = _assemble(spec, model_shape(spec, n_inputs, n_classes), seeds, dtype)
    together.load_state_dict({name: torch.stack([state[name] for state in alone]) for name in alone[0]})
    return together


def _assemble(
    spec: ExperimentSpec, shape: ModelShape, seed: int | Sequence[int], dtype: torch.dtype
) -> HybridModel:
    """Put a network together, or, given several seeds, as many side by side."""
    require_feasible(spec)
    circuit = build_circuit(spec)
    n_models = None if isinstance(seed, int) else len(seed)
    dense: Dense = torch.nn.Linear if n_models is None else partial(StackedLinear, n_models)
    quantum = quantum_layer(
        circuit,
        {"weights": circuit.weight_shape},
        n_qubits=circuit.n_qubits,
        mixed=circuit.mixed,
        shots=spec.noise.shots,
        seed=seed,
        engine=spec.engine.kind,
        device=spec.engine.device,
        gradient=spec.engine.gradient,
        n_models=n_models,
    )
    return HybridModel(
        linear=_linear(spec, shape, dense),
        quantum=quantum,
        classical=_classical(spec, shape, dense),
        shape=shape,
        state_size=4**circuit.n_qubits if circuit.mixed else 2 * 2**circuit.n_qubits,
        rows_in_time=rows_in_time(spec),
        n_models=n_models,
        dtype=dtype,
    )


def _linear(spec: ExperimentSpec, shape: ModelShape, dense: Dense) -> torch.nn.Sequential:
    if spec.encoding.reduction != "linear":
        return torch.nn.Sequential()
    layers = [dense(shape.n_inputs, shape.n_encoded)]
    input_range = ENCODINGS[spec.encoding.kind].input_range
    if input_range is not None:
        layers.append(Squash(*input_range))
    return torch.nn.Sequential(*layers)


def _classical(spec: ExperimentSpec, shape: ModelShape, dense: Dense) -> torch.nn.Sequential:
    layers: list[torch.nn.Module] = []
    for n_in, n_out in pairwise(shape.classical_sizes):
        layers += [dense(n_in, n_out), ACTIVATIONS[spec.head.activation]()]
    return torch.nn.Sequential(*layers[:-1])
