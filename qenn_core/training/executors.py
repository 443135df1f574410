"""How the steps of a training are computed: by PyTorch or, where it supports the model, by native code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import torch

from qenn_core.data import PartName
from qenn_core.experiment import TrainingSpec
from qenn_core.model import HybridModel
from qenn_core.training.inference import compute_logits
from qenn_core.training.native_executor import build_native_executor
from qenn_core.training.replicate import ReplicateState
from qenn_core.training.stacked_data import Batch, StackedData, cross_entropy_per_row


class Executor(Protocol):
    """Computes steps and logits of all replicates of a training."""

    def train_epoch(self, before_step: Callable[[], object]) -> None:
        """Train the active replicates on all their rows, in an order drawn for each.

        `before_step` is called before each step, or each few that take no longer than one notices; it may
        raise to end the epoch.
        """

    def compute_logits(self, part: PartName, before_batch: Callable[[], object]) -> torch.Tensor:
        """Return the logits for all rows of a part, in double precision.

        Returns
        -------
        tensor, shape (n_models, size, n_classes)
            Padded to the same number of rows for each model.
        """


class TorchExecutor:
    """Computes the steps of all replicates at once, with PyTorch's operations.

    Parameters
    ----------
    model : HybridModel
        All replicates, stacked.
    data : dict of str to StackedData
        The parts of their data.
    states : sequence of ReplicateState
        Their states; the optimizer updates their weights.
    optimizer : torch.optim.Optimizer
        The optimizer of all weights.
    settings : TrainingSpec
        Has the size of a batch.
    """

    def __init__(
        self,
        model: HybridModel,
        data: dict[PartName, StackedData],
        states: Sequence[ReplicateState],
        optimizer: torch.optim.Optimizer,
        settings: TrainingSpec,
    ) -> None:
        self._model = model
        self._parameters = list(model.parameters())
        self._data = data
        self._states = states
        self._optimizer = optimizer
        self._batch_size = settings.batch_size

    def train_epoch(self, before_step: Callable[[], object]) -> None:
        """Train the active replicates on all their rows, in an order drawn for each."""
        self._model.train()
        generators = [state.shuffle for state in self._states]
        for batch in self._data["train"].shuffled_batches(generators, self._batch_size):
            if not any(state.active for state in self._states):
                return
            before_step()
            self._train_step(batch)

    def compute_logits(self, part: PartName, before_batch: Callable[[], object]) -> torch.Tensor:
        """Return the logits (n_models, size, n_classes) for all rows of a part."""
        data = self._data[part]
        return compute_logits(self._model, data.inputs, data.all_rows.rows, before_batch)

    def _train_step(self, batch: Batch) -> None:
        logits = self._model(self._data["train"].inputs[batch.rows])
        row_losses = cross_entropy_per_row(logits, batch.labels)
        sample_weights = batch.sample_weights.to(row_losses.dtype)
        # The gradient of the sum of all mean losses: each depends only on the weights of its own replicate.
        gradients = torch.autograd.grad(row_losses, self._parameters, sample_weights, materialize_grads=True)
        losses = (row_losses.detach() * sample_weights).sum(dim=1)
        by_parameter = [gradient.reshape(len(self._states), -1) for gradient in gradients]
        norms = torch.cat(by_parameter, dim=1).norm(dim=1)
        have_rows = sample_weights.any(dim=1)
        for state, has_rows, loss, norm, *own_gradients in zip(
            self._states, have_rows.tolist(), losses.tolist(), norms.tolist(), *by_parameter, strict=True
        ):
            state.set_gradients(own_gradients, loss, norm, has_rows)
        self._optimizer.step()


def choose_executor(
    model: HybridModel,
    data: dict[PartName, StackedData],
    states: Sequence[ReplicateState],
    optimizer: torch.optim.Optimizer,
    settings: TrainingSpec,
) -> Executor:
    """Return the quickest executor that supports a model; see `TorchExecutor` for the parameters."""
    native = build_native_executor(model, data, states, optimizer, settings)
    return native or TorchExecutor(model, data, states, optimizer, settings)
