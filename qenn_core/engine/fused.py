"""A drop-in for ``pennylane.qnn.TorchLayer`` that compiles its circuit."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import prod
from typing import Any, Literal

import numpy as np
import pennylane as qml
import torch

from qenn_core.engine.compiled import Encoded
from qenn_core.engine.evaluation import Evaluation, Exact, Sampled
from qenn_core.engine.measured import Expectation
from qenn_core.engine.recording import UnsupportedError
from qenn_core.engine.shift import Shifted
from qenn_core.engine.trace import trace

Gradient = Literal["backprop", "parameter-shift"]
# Too coarse for amplitudes: results are computed in single precision and rounded.
_HALF_TYPES = (torch.float16, torch.bfloat16)


class FallbackWarning(UserWarning):
    """PennyLane evaluates a circuit that the engine cannot compile."""


class FusedTorchLayer(qml.qnn.TorchLayer):  # type: ignore[misc]
    """A QNode as a torch module, as ``pennylane.qnn.TorchLayer`` is one, but compiled.

    Takes the same arguments and inputs, and gives the same results, of the same shape and type, with the
    same gradients. The circuit is recorded at the first call and evaluated as a few tensor operations from
    then on, in the precision of the inputs; so its quantum function must do the same things whenever it is
    called, apart from the values of its arguments. What cannot be compiled is left to ``TorchLayer``, with
    a `FallbackWarning` that says why.

    Parameters
    ----------
    qnode : pennylane.QNode
        The circuit; one of its arguments is called ``inputs``.
    weight_shapes : mapping of str to int or tuple of int
        Shape of each other argument.
    init_method : callable or mapping of str to callable or tensor, optional
        How weights begin; drawn uniformly from [0, 2π) by default. With `n_models`, tensors have a leading
        axis for it.
    n_models : int, optional
        Evaluate so many models side by side: weights get a leading axis. Inputs are (batch, n_inputs) for all
        models or (n_models, batch, n_inputs), and results have a leading axis, too.
    gradient : {"backprop", "parameter-shift"}
        How gradients come about: exactly, also where shots make the results random; or as on a quantum
        computer, from further circuits with shifted angles and the same number of shots.
    seed : int or sequence of int, optional
        Seed of the shots, or one for each model. In training mode calls draw from one stream; in evaluation
        mode each call draws the same shots anew.
    compiles : bool
        Whether to compile at all; if not, PennyLane evaluates the circuit in its own ways. `gradient` and the
        shots of training are then the QNode's affair; what is added are models side by side, and with a seed
        the same shots anew in evaluation mode, on simulators that draw them from a NumPy generator.

    Attributes
    ----------
    fallback_cause : str or None
        Why PennyLane evaluates the circuit, once a call has shown that it must.
    """

    qnode_weights: dict[str, Any]

    def __init__(
        self,
        qnode: qml.QNode,
        weight_shapes: Mapping[str, int | Iterable[int]],
        init_method: Callable[..., Any] | Mapping[str, Any] | None = None,
        *,
        n_models: int | None = None,
        gradient: Gradient = "backprop",
        seed: int | Sequence[int] | None = None,
        compiles: bool = True,
    ) -> None:
        if gradient not in ("backprop", "parameter-shift"):
            raise ValueError(f"unknown gradient {gradient!r}; known: backprop, parameter-shift")
        lead = () if n_models is None else (n_models,)
        shapes = {name: (*lead, *_shape(size)) for name, size in weight_shapes.items()}
        super().__init__(qnode, shapes, init_method)
        self.n_models = n_models
        self.gradient = gradient
        self.compiles = compiles
        self.seeds = (seed,) * (n_models or 1) if seed is None or isinstance(seed, int) else tuple(seed)
        if len(self.seeds) != (n_models or 1):
            raise ValueError(
                f"{len(self.seeds)} seeds for {n_models or 1} models; give one seed, or one a model"
            )
        self.fallback_cause: str | None = None
        self._evaluations: dict[object, Evaluation | str] = {}
        self._training_streams = self._new_streams()

    @property
    def executions(self) -> int:
        """How many circuits a quantum computer would have run so far, each with the given number of shots.

        Counted where results come from shots or gradients from the parameter-shift rule.
        """
        return sum(one.executions for one in self._evaluations.values() if isinstance(one, Evaluation))

    @property
    def stream_states(self) -> Sequence[Mapping[str, Any]]:
        """Where the random streams stand from which training draws its shots; plain values.

        To set them is to draw from then on what would have been drawn. A device that draws by itself, such
        as a quantum computer, has no stream here.
        """
        return [stream.bit_generator.state for stream in self._all_streams()]

    @stream_states.setter
    def stream_states(self, states: Sequence[Mapping[str, Any]]) -> None:
        for stream, state in zip(self._all_streams(), states, strict=True):
            stream.bit_generator.state = state

    def forward(self, inputs: torch.Tensor | Encoded) -> torch.Tensor:
        """Evaluate the circuit.

        Parameters
        ----------
        inputs : tensor, shape (n_inputs,) or (..., n_inputs), or Encoded
            Rows of data.

        Returns
        -------
        tensor
            What ``TorchLayer`` returns; with a leading axis if there are several models.

        Raises
        ------
        TypeError
            If the inputs are not floating-point numbers.
        """
        values = inputs.inputs if isinstance(inputs, Encoded) else inputs
        if values.dtype in _HALF_TYPES:
            return self.forward(values.float()).to(values.dtype)
        evaluation = self._evaluation(values)
        if isinstance(evaluation, str):
            return self._by_pennylane(values, evaluation)
        *lead, n_inputs = values.shape
        own_rows = self.n_models is not None and len(lead) > 1
        if own_rows and lead[0] != self.n_models:
            raise ValueError(
                f"inputs of shape {tuple(values.shape)} are {lead[0]} sets of rows for {self.n_models} models"
            )
        n_sets = lead.pop(0) if own_rows else 1
        n_rows = prod(lead)
        rows = inputs.reshape(n_sets, n_rows, *(() if isinstance(inputs, Encoded) else (n_inputs,)))
        results = evaluation.evaluate(rows, self._stacked_weights(), self._streams())
        whole = (self.n_models or 1, n_rows, results.shape[2])
        if results.shape != whole:
            # Nothing of it depends on the inputs, or on the weights.
            results = results.expand(whole)
        return self._shaped(results, evaluation, lead)

    def encode(self, inputs: torch.Tensor) -> Encoded:
        """Compute what the circuit makes of data that do not change, without gradients.

        Parameters
        ----------
        inputs : tensor, shape (n_rows, n_inputs)
            Rows of data.

        Returns
        -------
        Encoded
            Rows that the layer takes in place of inputs, also some of them: ``layer(encoded[rows])``.
        """
        evaluation = self._evaluation(inputs)
        return Encoded(inputs.detach()) if isinstance(evaluation, str) else evaluation.encode(inputs)

    def __str__(self) -> str:
        """Name the circuit, which need not be a function."""
        circuit = self.qnode.func
        return f"<{type(self).__name__}: {getattr(circuit, '__name__', type(circuit).__name__)}>"

    __repr__ = __str__

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what is compiled again when needed."""
        return {**self.__dict__, "_evaluations": {}}

    def _evaluation(self, inputs: torch.Tensor) -> Evaluation | str:
        """Return how inputs of this form are evaluated, or why PennyLane does it."""
        if not inputs.dtype.is_floating_point:
            raise TypeError(
                f"inputs of type {inputs.dtype}, to which weights would be rounded; convert them by .float()"
            )
        form = (inputs.ndim > 1, inputs.shape[-1], inputs.dtype, inputs.device)
        if form not in self._evaluations:
            self._evaluations[form] = self._compile(inputs)
        return self._evaluations[form]

    def _compile(self, inputs: torch.Tensor) -> Evaluation | str:
        if not self.compiles:
            return "PennyLane evaluates this circuit, as asked."
        weights = {name: values[0].detach() for name, values in self._named_weights()}
        row = inputs.detach().new_zeros((1, inputs.shape[-1]) if inputs.ndim > 1 else inputs.shape[-1:])
        n_weights = sum(values.numel() for values in weights.values())
        try:
            recorded = trace(self.qnode, weights, row, self.input_arg)
            if self.gradient == "parameter-shift":
                return Shifted(recorded, n_weights, inputs.shape[-1])
            kind = Sampled if recorded.shots else Exact
            return kind(recorded, n_weights, inputs.shape[-1])
        except UnsupportedError as error:
            return f"PennyLane evaluates this circuit, which is slower: {error}."

    def _named_weights(self) -> Iterator[tuple[str, torch.Tensor]]:
        """Return weights with an axis for models."""
        for name in self.qnode_weights:
            values = self._parameters[name]
            yield name, values.unsqueeze(0) if self.n_models is None else values

    def _stacked_weights(self) -> list[torch.Tensor]:
        return [values for _, values in self._named_weights()]

    def _new_streams(self) -> list[np.random.Generator]:
        if self.training or None in self.seeds:
            return [np.random.default_rng(None if seed is None else (seed, 1)) for seed in self.seeds]
        return [np.random.default_rng((seed, 0)) for seed in self.seeds if seed is not None]

    def _streams(self) -> list[np.random.Generator]:
        return self._training_streams if self.training else self._new_streams()

    @property
    def _device_stream(self) -> np.random.Generator | None:
        """What PennyLane's simulator draws from, if it is one that draws by NumPy."""
        stream = getattr(self.qnode.device, "_rng", None)
        return stream if isinstance(stream, np.random.Generator) else None

    def _all_streams(self) -> list[np.random.Generator]:
        of_device = self._device_stream
        return [*self._training_streams, *([of_device] if of_device else [])]

    @contextmanager
    def _own_shots(self) -> Iterator[None]:
        """Have PennyLane's simulator draw the shots of the mode: so a look at a model changes no training."""
        stream = self._device_stream
        if stream is None or self.training or None in self.seeds:
            yield
            return
        # In place, since some simulators hold on to the generator that they began with.
        before = stream.bit_generator.state
        stream.bit_generator.state = self._new_streams()[0].bit_generator.state
        try:
            yield
        finally:
            stream.bit_generator.state = before

    def _shaped(self, results: torch.Tensor, evaluation: Evaluation, lead: Sequence[int]) -> torch.Tensor:
        """Bring results (n_models, n_rows, n_outputs) into the shape that ``TorchLayer`` returns."""
        measurements, returns = evaluation.trace.measurements, evaluation.trace.returns
        models = () if self.n_models is None else (self.n_models,)
        if returns == "tuple" and len(measurements) > 1:
            parts = results.split_with_sizes([one.n_outputs for one in measurements], dim=-1)
            return torch.stack(
                [part.reshape((*models, *lead, part.shape[-1])) for part in parts], dim=len(models)
            )
        if returns != "single" or not isinstance(measurements[0], Expectation):
            return results.reshape((*models, *lead, results.shape[-1]))
        return results.reshape((*models, *lead))

    def _by_pennylane(self, inputs: torch.Tensor, cause: str) -> torch.Tensor:
        with self._own_shots():
            if self.n_models is None:
                results: torch.Tensor = qml.qnn.TorchLayer.forward(self, inputs)
            else:
                shared = inputs.ndim < 3
                results = torch.stack(
                    [self._one_by_pennylane(inputs if shared else inputs[m], m) for m in range(self.n_models)]
                )
        # Only now: if PennyLane refuses the circuit as well, its own error says more.
        if self.compiles and self.fallback_cause is None:
            self.fallback_cause = cause
            warnings.warn(cause, FallbackWarning, stacklevel=4)
        return results

    def _one_by_pennylane(self, inputs: torch.Tensor, model: int) -> torch.Tensor:
        stacked = self.qnode_weights
        self.qnode_weights = {name: values[model] for name, values in stacked.items()}
        try:
            result: torch.Tensor = qml.qnn.TorchLayer.forward(self, inputs)
            return result
        finally:
            self.qnode_weights = stacked


def _shape(size: int | Iterable[int]) -> tuple[int, ...]:
    """Return a shape as ``TorchLayer`` understands it."""
    if isinstance(size, int):
        return () if size == 1 else (size,)
    return tuple(size)
