"""The hybrid network: a quantum layer between classical layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise

import torch

from qenn_core.engine import Encoded, FusedTorchLayer, quantum_layer
from qenn_core.errors import TrainingError
from qenn_core.experiment import ExperimentSpec
from qenn_core.model.circuit import build_circuit
from qenn_core.model.cost import EVALUATION_STATE_BYTES, MAX_ENCODED_BYTES, max_evaluation_rows
from qenn_core.model.feasibility import require_feasible
from qenn_core.model.shape import ModelShape, model_shape
from qenn_core.model.stacked import StackedLinear
from qenn_core.registry import ENCODINGS

ACTIVATIONS: dict[str, type[torch.nn.Module]] = {
    "relu": torch.nn.ReLU,
    "tanh": torch.nn.Tanh,
    "sigmoid": torch.nn.Sigmoid,
}

ModelInputs = torch.Tensor | Encoded
LinearFactory = Callable[[int, int], torch.nn.Module]


class ScaledTanh(torch.nn.Module):
    """A hyperbolic tangent, scaled and shifted to the range `low` to `high`."""

    def __init__(self, low: float, high: float) -> None:
        super().__init__()
        self.low = low
        self.high = high

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return numbers within the range, of the same shape."""
        return self.low + (self.high - self.low) * (1 + torch.tanh(inputs)) / 2


class HybridModel(torch.nn.Module):
    """[trainable linear layer] → quantum layer → classical layers → logits.

    Or several such networks of the same shape in one set of tensors, stacked along the first axis of the
    weights.

    Parameters
    ----------
    linear : torch.nn.Sequential
        The layers before the circuit; may be empty.
    quantum : FusedTorchLayer
        The circuit.
    classical : torch.nn.Sequential
        The layers after the circuit.
    shape : ModelShape
        The widths between them.
    state_size : int
        Number of real numbers in a state of the circuit.
    max_evaluation_rows : int
        How many rows one network can evaluate at once without delaying a stop noticeably.
    n_models : int or None
        Number of stacked networks; ``None`` for a single one, whose weights lack the additional axis.
    dtype : torch.dtype
        Floating-point type of the computation.
    """

    def __init__(
        self,
        linear: torch.nn.Sequential,
        quantum: FusedTorchLayer,
        classical: torch.nn.Sequential,
        shape: ModelShape,
        *,
        state_size: int,
        max_evaluation_rows: int,
        n_models: int | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__()
        self.linear = linear
        self.quantum = quantum
        self.classical = classical
        self.shape = shape
        self.state_size = state_size
        self.max_evaluation_rows = max_evaluation_rows
        self.n_models = n_models
        self.dtype = dtype
        self.to(dtype)

    @property
    def evaluation_batch_size(self) -> int:
        """How many rows of each network to evaluate at once, limited by the cache and by time."""
        state_bytes = self.state_size * self.dtype.itemsize
        rows = min(EVALUATION_STATE_BYTES // state_bytes, self.max_evaluation_rows)
        return max(1, rows // (self.n_models or 1))

    def encode(self, inputs: torch.Tensor) -> ModelInputs:
        """Precompute everything about `inputs` that does not depend on the weights.

        Parameters
        ----------
        inputs : tensor, shape (rows, n_inputs)
            The inputs of `forward`.

        Returns
        -------
        Tensor or Encoded
            A replacement for `inputs` that makes `forward` faster: ``model(model.encode(inputs)[rows])``
            equals ``model(inputs[rows])`` for a slice or an index tensor of any shape. These are the encoded
            states of the circuit if there is no linear layer before it and memory allows; otherwise the
            validated inputs in the model's floating-point type.

        Raises
        ------
        TrainingError
            If the inputs have the wrong shape, or contain NaN or infinity.
        """
        valid = self._validate(inputs)
        if len(self.linear):
            return valid
        first_row = self.quantum.encode(valid[:1])
        bytes_per_row = sum(values.nbytes for values in first_row.slots.values())
        return self.quantum.encode(valid) if bytes_per_row * len(valid) <= MAX_ENCODED_BYTES else valid

    def forward(self, inputs: ModelInputs) -> torch.Tensor:
        """Return logits, shape ``([n_models,] batch, n_classes)``.

        Weights that are not finite give logits that are not finite, which the training detects; the weights
        of one network do not affect the logits of the others.

        Parameters
        ----------
        inputs : tensor, shape (batch, n_inputs), or the result of `encode`
            For stacked networks also ``(n_models, batch, n_inputs)``, rows for each of them.

        Raises
        ------
        TrainingError
            If the inputs have the wrong shape, or contain NaN or infinity.
        """
        if isinstance(inputs, torch.Tensor):
            inputs = self._validate(inputs)
        expectations = self.quantum(self.linear(inputs))
        logits: torch.Tensor = self.classical(expectations)
        return logits

    def _validate(self, inputs: torch.Tensor) -> torch.Tensor:
        if inputs.ndim < 2 or inputs.shape[-1] != self.shape.n_inputs:
            raise TrainingError(
                f"The model was given inputs of shape {tuple(inputs.shape)}.",
                f"It was built for rows of {self.shape.n_inputs} numbers.",
                "Prepare the data in the same way as for training.",
            )
        inputs = inputs.to(self.dtype)
        if not torch.isfinite(inputs).all():
            raise TrainingError(
                "The model was given inputs that are missing or infinite.",
                "A qubit cannot be rotated by such an angle.",
                "Fill in or leave out missing values before training.",
                place="data.roles",
            )
        return inputs


def build_model(
    spec: ExperimentSpec, n_inputs: int, n_classes: int, dtype: torch.dtype = torch.float32
) -> HybridModel:
    """Build the network that `spec` describes, with initial weights drawn from ``spec.seed``.

    The state of torch's global generator does not change.

    Parameters
    ----------
    spec : ExperimentSpec
        The experiment.
    n_inputs : int
        Number of inputs of the model, at least 1.
    n_classes : int
        Number of classes, at least 2.
    dtype : torch.dtype
        Floating-point type of the computation.

    Raises
    ------
    TrainingError
        If the circuit cannot encode `n_inputs` numbers, or a step would take too much memory or time.
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
    """Build a network for each of `seeds`, stacked in one set of tensors.

    Network i has the weights that `build_model` gives `spec` with the i-th seed. See there for the other
    parameters and the errors raised.
    """
    states = [build_model(spec.with_(seed=seed), n_inputs, n_classes, dtype).state_dict() for seed in seeds]
    with torch.random.fork_rng(devices=[]):
        stacked = _assemble(spec, model_shape(spec, n_inputs, n_classes), seeds, dtype)
    stacked.load_state_dict({name: torch.stack([state[name] for state in states]) for name in states[0]})
    return stacked


def _assemble(
    spec: ExperimentSpec, shape: ModelShape, seed: int | Sequence[int], dtype: torch.dtype
) -> HybridModel:
    """Build a network or, given several seeds, that many stacked networks."""
    require_feasible(spec)
    circuit = build_circuit(spec)
    n_models = None if isinstance(seed, int) else len(seed)
    make_linear: LinearFactory = torch.nn.Linear if n_models is None else partial(StackedLinear, n_models)
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
        linear=_linear(spec, shape, make_linear),
        quantum=quantum,
        classical=_classical(spec, shape, make_linear),
        shape=shape,
        state_size=4**circuit.n_qubits if circuit.mixed else 2 * 2**circuit.n_qubits,
        max_evaluation_rows=max_evaluation_rows(spec),
        n_models=n_models,
        dtype=dtype,
    )


def _linear(spec: ExperimentSpec, shape: ModelShape, make_linear: LinearFactory) -> torch.nn.Sequential:
    if spec.encoding.reduction != "linear":
        return torch.nn.Sequential()
    layers = [make_linear(shape.n_inputs, shape.n_encoded)]
    input_range = ENCODINGS[spec.encoding.kind].input_range
    if input_range is not None:
        layers.append(ScaledTanh(*input_range))
    return torch.nn.Sequential(*layers)


def _classical(spec: ExperimentSpec, shape: ModelShape, make_linear: LinearFactory) -> torch.nn.Sequential:
    layers: list[torch.nn.Module] = []
    for n_in, n_out in pairwise(shape.classical_sizes):
        layers += [make_linear(n_in, n_out), ACTIVATIONS[spec.head.activation]()]
    return torch.nn.Sequential(*layers[:-1])
