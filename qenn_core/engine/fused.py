"""A drop-in replacement for ``pennylane.qnn.TorchLayer`` that compiles its circuit."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np
import pennylane as qml
import torch

from qenn_core.engine import pennylane_compat, torch_compat
from qenn_core.engine.compiled import Encoded
from qenn_core.engine.evaluation import Evaluation, Exact, PennyLaneEvaluation, Sampled
from qenn_core.engine.native.arrays import NativeCircuit
from qenn_core.engine.shift import Shifted
from qenn_core.engine.trace import trace
from qenn_core.engine.unsupported import UnsupportedError
from qenn_core.engine.weights import Weights

Gradient = Literal["backprop", "parameter-shift"]
# Too coarse for amplitudes, so results are computed in single precision and rounded.
_HALF_TYPES = (torch.float16, torch.bfloat16)
# Frames from a warning to the code that called the layer: two of this class, two of torch.nn.Module.
_CALLER = 5


class FallbackWarning(UserWarning):
    """PennyLane evaluates a circuit that the engine cannot compile."""


@pennylane_compat.accept_in_tools
class FusedTorchLayer(qml.qnn.TorchLayer):  # type: ignore[misc]
    """A QNode as a torch module, like ``pennylane.qnn.TorchLayer``, but compiled.

    It takes the same arguments and inputs as ``TorchLayer``, and gives the same results, of the same shape
    and type, with the same gradients. The first call records the circuit; from then on it is evaluated as a
    few tensor operations, in the precision of the inputs. So its quantum function must do the same in every
    call, apart from the values of its arguments. A circuit that cannot be compiled is evaluated by
    ``TorchLayer``, with a `FallbackWarning` that states the reason.

    Parameters
    ----------
    qnode : pennylane.QNode
        The circuit; one of its arguments is called ``inputs``.
    weight_shapes : mapping of str to int or tuple of int
        Shape of each other argument.
    init_method : callable or mapping of str to callable or tensor, optional
        Initialises the weights; by default they are drawn uniformly from [0, 2π). With `n_models`, tensors
        have a leading axis for it.
    n_models : int, optional
        Number of models to evaluate side by side. Weights then have a leading axis for it. Inputs are (batch,
        n_inputs), shared by all models, or (n_models, batch, n_inputs), and results have a leading axis, too.
    gradient : {"backprop", "parameter-shift"}
        How to compute gradients: exactly, even where shots make the results random; or as on a quantum
        computer, from further circuits with shifted angles and the same number of shots.
    seed : int or sequence of int, optional
        Seed of the shots, or one for each model. In training mode, successive calls draw from one stream; in
        evaluation mode, each call draws the same shots again.
    compiles : bool
        Whether to compile at all. Otherwise PennyLane evaluates the circuit, and the QNode determines the
        gradients and the shots of training. This class then adds models side by side and, with a seed, the
        same shots in each call in evaluation mode, on simulators that draw them from a NumPy generator.

    Attributes
    ----------
    fallback_cause : str or None
        Why PennyLane evaluates the circuit, once a call has found that it must.
    """

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
        models = () if n_models is None else (n_models,)
        shapes = {name: (*models, *_shape(size)) for name, size in weight_shapes.items()}
        self._weight_names = tuple(shapes)
        super().__init__(qnode, shapes, init_method)
        self.n_models = n_models
        self.gradient = gradient
        self.compiles = compiles
        self.seeds = (seed,) * (n_models or 1) if seed is None or isinstance(seed, int) else tuple(seed)
        if len(self.seeds) != (n_models or 1):
            raise ValueError(
                f"{len(self.seeds)} seeds for {n_models or 1} models; pass one seed, or one per model"
            )
        self.fallback_cause: str | None = None
        self._evaluations: dict[object, Evaluation] = {}
        self._training_streams = self._new_streams()

    @property
    def qnode_weights(self) -> Weights:
        """The weights by name; setting one replaces it."""
        return Weights(self, self._weight_names)

    @qnode_weights.setter
    def qnode_weights(self, values: Mapping[str, torch.Tensor]) -> None:
        for name, value in values.items():
            self.qnode_weights[name] = value

    @property
    def executions(self) -> int:
        """Number of circuits that a quantum computer would have run so far, each with the number of shots.

        Circuits are counted where results come from shots or gradients from the parameter-shift rule.
        """
        return sum(evaluation.executions for evaluation in self._evaluations.values())

    @property
    def stream_states(self) -> Sequence[Mapping[str, Any]]:
        """The states of the random number generators from which training draws its shots, as plain values.

        Setting them repeats the draws that followed when they were read. A device that does not draw from a
        NumPy generator, such as a quantum computer, has no state here.
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
            What ``TorchLayer`` returns, with a leading axis if there are several models.

        Raises
        ------
        TypeError
            If the inputs are not a tensor of floating-point numbers.
        """
        rows = inputs if isinstance(inputs, Encoded) else Encoded(_plain(inputs))
        if torch.compiler.is_dynamo_compiling():
            # The layer is compiled already, and its first call cannot be traced.
            result: torch.Tensor = torch.compiler.disable(self._evaluate)(rows)  # type: ignore[no-untyped-call]
            return result
        return self._evaluate(rows)

    def _evaluate(self, rows: Encoded) -> torch.Tensor:
        dtype = rows.inputs.dtype
        if dtype in _HALF_TYPES:
            return self._evaluate(Encoded(rows.inputs.float())).to(dtype)
        evaluation = self._evaluation(rows.inputs)
        results = evaluation.evaluate(rows, self._stacked_weights(), self._streams())
        # After the evaluation, because if PennyLane refuses the circuit as well, its own error says more.
        if isinstance(evaluation, PennyLaneEvaluation) and self.compiles and self.fallback_cause is None:
            self.fallback_cause = evaluation.reason
            warnings.warn(evaluation.reason, FallbackWarning, stacklevel=_CALLER)
        return results

    def encode(self, inputs: torch.Tensor) -> Encoded:
        """Compute what depends only on the data, once, without gradients.

        Parameters
        ----------
        inputs : tensor, shape (n_rows, n_inputs)
            Rows of data.

        Returns
        -------
        Encoded
            Rows that the layer accepts in place of inputs, whole or indexed: ``layer(encoded[rows])``.
        """
        return self._evaluation(inputs).encode(inputs)

    def native_circuit(self, inputs: torch.Tensor) -> NativeCircuit | None:
        """Return the circuit for native execution on inputs like these, if that is possible."""
        evaluation = self._evaluation(inputs)
        return evaluation.native_circuit(inputs) if isinstance(evaluation, Exact) else None

    def __str__(self) -> str:
        """Return what ``TorchLayer`` returns, for any callable."""
        circuit = self.qnode.func
        return f"<Quantum Torch Layer: func={getattr(circuit, '__name__', type(circuit).__name__)}>"

    __repr__ = __str__

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the evaluations, which are compiled again when required."""
        return {**self.__dict__, "_evaluations": {}}

    def _evaluation(self, inputs: torch.Tensor) -> Evaluation:
        """Return the evaluation for inputs of this width, type and device, with or without a batch."""
        if not (inputs.dtype.is_floating_point or inputs.dtype.is_complex):
            raise TypeError(
                f"inputs of type {inputs.dtype}, to which weights would be rounded; convert them by .float()"
            )
        key = (inputs.ndim > 1, inputs.shape[-1:], inputs.dtype, inputs.device)
        if key not in self._evaluations:
            weight_shapes = [values.shape[1:] for values in self._stacked_weights()]
            row_shape = (1, inputs.shape[-1]) if inputs.ndim > 1 else inputs.shape
            with torch_compat.outside_transforms():
                row = torch.empty(row_shape, dtype=inputs.dtype, device=inputs.device)
                weights = [row.new_empty(shape) for shape in weight_shapes]
                self._evaluations[key] = self._compile(row, weights)
        return self._evaluations[key]

    def _compile(self, row: torch.Tensor, weights: Sequence[torch.Tensor]) -> Evaluation:
        """Compile for tensors like these, of whatever values."""
        if not self.compiles:
            reason = "PennyLane evaluates this circuit, as requested."
            return PennyLaneEvaluation(reason, self._run_pennylane)
        try:
            if row.ndim == 0:
                raise UnsupportedError("its inputs have no dimension")
            if row.dtype.is_complex:
                raise UnsupportedError("its inputs are complex numbers")
            n_weights = sum(values.numel() for values in weights)
            named = dict(zip(self._weight_names, weights, strict=True))
            recorded = trace(self.qnode, named, row, self.input_arg)
            exact_or_sampled = Sampled if recorded.shots else Exact
            kind = Shifted if self.gradient == "parameter-shift" else exact_or_sampled
            return kind(recorded, n_weights, row.shape[-1], self.n_models)
        except UnsupportedError as error:
            reason = f"PennyLane evaluates this circuit, which is slower: {error}."
            return PennyLaneEvaluation(reason, self._run_pennylane)

    def _stacked_weights(self) -> list[torch.Tensor]:
        """Return the weights with an axis for models."""
        weights = self.qnode_weights
        stacked = [weights[name] for name in self._weight_names]
        return [weight.unsqueeze(0) for weight in stacked] if self.n_models is None else stacked

    def _new_streams(self) -> list[np.random.Generator]:
        if self.training or None in self.seeds:
            return [np.random.default_rng(None if seed is None else (seed, 1)) for seed in self.seeds]
        return [np.random.default_rng((seed, 0)) for seed in self.seeds if seed is not None]

    def _streams(self) -> list[np.random.Generator]:
        return self._training_streams if self.training else self._new_streams()

    def _all_streams(self) -> list[np.random.Generator]:
        device_stream = pennylane_compat.device_generator(self.qnode.device)
        return [*self._training_streams, *([device_stream] if device_stream else [])]

    @contextmanager
    def _repeatable_shots(self) -> Iterator[None]:
        """In evaluation mode, draw the same shots again, and leave the stream of training as it was."""
        stream = pennylane_compat.device_generator(self.qnode.device)
        if stream is None or self.training or None in self.seeds:
            yield
            return
        # Some simulators hold references to the original generator, so its state is replaced, not the object.
        training_state = stream.bit_generator.state
        stream.bit_generator.state = self._new_streams()[0].bit_generator.state
        try:
            yield
        finally:
            stream.bit_generator.state = training_state

    def _run_pennylane(self, inputs: torch.Tensor, weights: Sequence[torch.Tensor]) -> torch.Tensor:
        """Return the results of PennyLane for weights with an axis for models."""
        own_rows = self.n_models is not None and inputs.ndim > 2
        with self._repeatable_shots():
            results = [
                _TorchLayer(
                    self.qnode,
                    {name: values[m] for name, values in zip(self._weight_names, weights, strict=True)},
                ).forward(inputs[m] if own_rows else inputs)
                for m in range(self.n_models or 1)
            ]
        return results[0] if self.n_models is None else torch.stack(results)


class _TorchLayer(qml.qnn.TorchLayer):  # type: ignore[misc]
    """PennyLane's layer with given weights, instead of parameters of its own."""

    def __init__(self, qnode: qml.QNode, weights: dict[str, torch.Tensor]) -> None:
        torch.nn.Module.__init__(self)
        self.qnode = qnode
        self.qnode_weights = weights


def _plain(inputs: torch.Tensor) -> torch.Tensor:
    """Return inputs whose memory NumPy can read and autograd can save, as that of a lazy view cannot be."""
    if not isinstance(inputs, torch.Tensor):
        raise TypeError(f"inputs are a {type(inputs).__name__}; convert them by torch.as_tensor(inputs)")
    if inputs.is_inference() and torch.is_grad_enabled():
        return inputs.clone()
    return inputs.resolve_neg()


def _shape(size: int | Iterable[int]) -> tuple[int, ...]:
    """Return a shape as ``TorchLayer`` understands it."""
    if isinstance(size, Iterable):
        return tuple(size)
    return () if size == 1 else (size,)
