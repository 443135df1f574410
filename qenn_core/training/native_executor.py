"""Training by native code: some steps of a replicate as one call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from time import perf_counter
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from qenn_core.data import PartName
from qenn_core.engine import (
    ACTIVATIONS,
    OPTIMIZERS,
    Encoded,
    NativeCircuit,
    Network,
    Optimizer,
    Rows,
    evaluate_network,
    train_network,
)
from qenn_core.experiment import TrainingSpec
from qenn_core.model import HybridModel, ScaledTanh
from qenn_core.training.replicate import ReplicateState
from qenn_core.training.stacked_data import StackedData

# Steps between two looks at whether to stop take about this long.
_PORTION_SECONDS = 0.02
# The names of PyTorch for the averages of gradients and of their squares.
_MEANS = {"exp_avg": 0, "exp_avg_sq": 1, "square_avg": 1}
_AVERAGES: dict[type[torch.optim.Optimizer], tuple[str, ...]] = {
    torch.optim.Adam: ("exp_avg", "exp_avg_sq"),
    torch.optim.RMSprop: ("square_avg",),
}


class NativeExecutor:
    """Computes the steps of one replicate after the other.

    Parameters
    ----------
    network : Network
        The model.
    data : dict of str to StackedData
        The parts of the replicates' data.
    rows : dict of str to Rows
        The same as arrays.
    states : sequence of ReplicateState
        The replicates.
    optimizer : torch.optim.Optimizer
        Holds the state of the optimizer between two epochs.
    settings : TrainingSpec
        Has the optimizer's name and the size of a batch.
    evaluation_rows : int
        How many rows to evaluate at once.
    """

    def __init__(
        self,
        network: Network,
        data: dict[PartName, StackedData],
        rows: dict[PartName, Rows],
        states: Sequence[ReplicateState],
        optimizer: torch.optim.Optimizer,
        settings: TrainingSpec,
        evaluation_rows: int,
    ) -> None:
        self._network = network
        self._data = data
        self._rows = rows
        self._states = states
        self._optimizer = optimizer
        self._averages = _AVERAGES.get(type(optimizer), ())
        self._batch_size = settings.batch_size
        self._evaluation_rows = evaluation_rows
        self._steps_per_portion = 1

    def train_epoch(self, before_step: Callable[[], object]) -> None:
        """Train the active replicates on all their rows, in an order drawn for each."""
        data = self._data["train"]
        # All are drawn at once, as by `TorchExecutor`.
        orders = [
            torch.randperm(n, generator=s.shuffle) for n, s in zip(data.counts, self._states, strict=True)
        ]
        ends = accumulate(data.counts)
        for state, order, n_rows, end in zip(self._states, orders, data.counts, ends, strict=True):
            if state.active:
                self._train_replicate(state, (order + end - n_rows).numpy(), before_step)

    def compute_logits(self, part: PartName, before_batch: Callable[[], object]) -> torch.Tensor:
        """Return the logits (n_models, size, n_classes) for all rows of a part."""
        selected = self._data[part].all_rows.rows.numpy()
        logits = []
        for order, state in zip(selected, self._states, strict=True):
            weights = _join(state.weights)
            for start in range(0, len(order), self._evaluation_rows):
                before_batch()
                batch = order[start : start + self._evaluation_rows]
                logits.append(evaluate_network(self._network, self._rows[part], batch, weights))
        joined = np.concatenate(logits).reshape(*selected.shape, -1)
        return torch.from_numpy(joined).double()

    def _train_replicate(
        self, state: ReplicateState, order: NDArray[np.int64], before_step: Callable[[], object]
    ) -> None:
        labels = self._data["train"].labels.numpy()
        weights = _join(state.weights)
        optimizer, n_steps = self._read_optimizer(state.weights)
        remaining = order
        try:
            while len(remaining) and state.active:
                before_step()
                portion = remaining[: self._steps_per_portion * self._batch_size]
                remaining = remaining[len(portion) :]
                start = perf_counter()
                norms = train_network(
                    self._network,
                    self._rows["train"],
                    labels,
                    portion,
                    batch_size=self._batch_size,
                    optimizer=optimizer,
                    n_steps=n_steps,
                    weights=weights,
                )
                n_batches = -(-len(portion) // self._batch_size)
                seconds_per_step = (perf_counter() - start) / n_batches
                self._steps_per_portion = max(1, int(_PORTION_SECONDS / seconds_per_step))
                n_steps += len(norms)
                state.add_steps(norms)
                if len(norms) < n_batches:
                    state.stop("not_finite")
        finally:
            _split(weights, state.weights)
            self._write_optimizer(state.weights, optimizer, n_steps)

    def _read_optimizer(self, weights: Sequence[torch.Tensor]) -> tuple[Optimizer, int]:
        """Return the optimizer of some weights, and how many steps it has taken."""
        [group] = self._optimizer.param_groups
        beta_1, beta_2 = group.get("betas", (group.get("alpha", 0.0), 0.0))
        constants = np.array([group["lr"], beta_1, beta_2, group.get("eps", 0.0)])
        states = [self._optimizer.state.get(weight, {}) for weight in weights]
        averages = np.zeros(
            (2, sum(weight.numel() for weight in weights)), self._network.circuit.numbers.dtype
        )
        for name in self._averages:
            if all(name in state for state in states):
                averages[_MEANS[name]] = _join(state[name] for state in states)
        n_steps = int(states[0].get("step", 0))
        return Optimizer(np.array([OPTIMIZERS[type(self._optimizer)]]), constants, averages), n_steps

    def _write_optimizer(self, weights: Sequence[torch.Tensor], optimizer: Optimizer, n_steps: int) -> None:
        if not self._averages:
            return
        for weight in weights:
            state = self._optimizer.state[weight]
            state["step"] = torch.tensor(float(n_steps))
            for name in self._averages:
                state.setdefault(name, torch.zeros_like(weight))
        for name in self._averages:
            _split(optimizer.state[_MEANS[name]], [self._optimizer.state[weight][name] for weight in weights])


def build_native_executor(
    model: HybridModel,
    data: dict[PartName, StackedData],
    states: Sequence[ReplicateState],
    optimizer: torch.optim.Optimizer,
    settings: TrainingSpec,
) -> NativeExecutor | None:
    """Return an executor for a model, or ``None`` if native training does not support it."""
    circuit = model.quantum.native_circuit(torch.empty(1, model.shape.n_encoded, dtype=model.dtype))
    network = None if circuit is None else build_network(model, circuit)
    if circuit is None or network is None:
        return None
    slots = [part.inputs.slots if isinstance(part.inputs, Encoded) else {} for part in data.values()]
    if network.first[0] and not all(circuit.register_slot in known for known in slots):
        # Too large to encode at once.
        return None
    rows = {name: build_rows(part, circuit) for name, part in data.items()}
    return NativeExecutor(network, data, rows, states, optimizer, settings, model.evaluation_batch_size)


def build_network(model: HybridModel, circuit: NativeCircuit) -> Network | None:
    """Return a model as arrays, or ``None`` if native training does not support it.

    It supports models whose circuits have the weights as angles and, behind a linear layer, its outputs.
    """
    dtype, shape, layers = circuit.arrays.numbers.dtype, model.shape, list(model.linear)
    n_angles = {slot: circuit.n_angles[source] for source, slot in circuit.angle_slots.items()}
    expected = {circuit.weights_slot: shape.n_angles}
    if layers:
        expected[circuit.inputs_slot] = shape.n_encoded
    if None in expected or not expected.items() <= n_angles.items() or len(n_angles) > 2:
        return None
    ranges = [(layer.low, layer.high) for layer in layers if isinstance(layer, ScaledTanh)]
    sizes = [weight.numel() // (model.n_models or 1) for weight in model.parameters()]
    return Network(
        circuit=circuit.arrays,
        first=np.array([0 if layers else circuit.n_encoding]),
        linear=np.array([shape.n_inputs, shape.n_encoded] if layers else [0, 0]),
        input_range=np.array(ranges[0] if ranges else (0, 0), dtype),
        sizes=np.array(shape.classical_sizes),
        activation=np.array([_activation(model)]),
        offsets=np.cumsum([0, *sizes[:-1]]),
    )


def _activation(model: HybridModel) -> int:
    kinds = [ACTIVATIONS[type(layer)] for layer in model.classical if type(layer) in ACTIVATIONS]
    return kinds[0] if kinds else 0


def build_rows(data: StackedData, circuit: NativeCircuit) -> Rows:
    """Return rows of data as arrays."""
    slots = data.inputs.slots if isinstance(data.inputs, Encoded) else {}
    inputs = data.inputs.inputs if isinstance(data.inputs, Encoded) else data.inputs
    if circuit.inputs_slot is not None:
        # The angles of the circuit, some of which may be computed from the inputs.
        inputs = slots.get(circuit.inputs_slot, inputs)
    registers = slots.get(circuit.register_slot)
    nothing = np.zeros((1, 1), np.result_type(circuit.arrays.numbers.dtype, np.complex64))
    return Rows(inputs.numpy(), nothing if registers is None else registers.numpy())


def _join(tensors: Iterable[torch.Tensor]) -> NDArray[Any]:
    return np.concatenate([tensor.numpy().ravel() for tensor in tensors])


def _split(numbers: NDArray[Any], tensors: Iterable[torch.Tensor]) -> None:
    """Write numbers into tensors, one after the other."""
    start = 0
    for tensor in tensors:
        stop = start + tensor.numel()
        tensor.copy_(torch.from_numpy(numbers[start:stop]).view_as(tensor))
        start = stop
