"""Train one or several models in one set of tensors."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from time import perf_counter
from typing import NamedTuple

import torch

from qenn_core.data import PartName, PreparedData
from qenn_core.experiment import TrainingSpec
from qenn_core.model import HybridModel
from qenn_core.training.evaluation import Evaluation, class_probabilities, evaluate
from qenn_core.training.executors import Executor, choose_executor
from qenn_core.training.optimizers import build_optimizer
from qenn_core.training.record_builders import build_finished, build_started
from qenn_core.training.records import Epoch, Finished, Record, StopReason
from qenn_core.training.replicate import Progress, ReplicateState
from qenn_core.training.serialization import Payload
from qenn_core.training.stacked_data import StackedData

ShouldStop = Callable[[], StopReason | None]


class _StoppedError(Exception):
    """Ends an epoch early because `should_stop` returned a reason."""

    def __init__(self, reason: StopReason) -> None:
        super().__init__(reason)
        self.reason = reason


class Replicate(NamedTuple):
    """The seed and the data of one of the models that are trained together."""

    seed: int
    data: PreparedData


class Trainer:
    """Trains one or several models, called replicates, in one set of tensors.

    Each step updates all replicates at once, but the gradient of a weight comes from the loss of its own
    replicate only. So a replicate is trained as it would be alone, whatever the weights of the others are and
    whenever they stop. Replicates are numbered in the order given.

    Parameters
    ----------
    settings : TrainingSpec
        The settings that all replicates share.
    replicates : sequence of Replicate
        One per model.
    model : HybridModel
        All replicates, stacked.
    should_stop : callable
        Called before each step and before each batch of rows that is evaluated. If it returns a reason, all
        replicates stop. It is also called while the final scores are computed; its result is then ignored.
    """

    def __init__(
        self,
        settings: TrainingSpec,
        replicates: Sequence[Replicate],
        model: HybridModel,
        should_stop: ShouldStop,
    ) -> None:
        self._model = model
        self._should_stop = should_stop
        self._settings = settings
        # Views: the optimizer updates the slices of the replicates, and thereby the parameters of the model.
        slices = zip(
            *(weight.detach().view(len(replicates), -1) for weight in model.parameters()), strict=True
        )
        self._states = [
            ReplicateState(weights, replicate.data, replicate.seed, settings)
            for weights, replicate in zip(slices, replicates, strict=True)
        ]
        self._optimizer = build_optimizer(
            settings.optimizer,
            (weight for state in self._states for weight in state.weights),
            settings.learning_rate,
        )

    def __len__(self) -> int:
        return len(self._states)

    @cached_property
    def _data(self) -> dict[PartName, StackedData]:
        # Computed in the first epoch, so that its duration includes the time for encoding.
        replicates = [state.data for state in self._states]
        return {
            name: StackedData.from_parts([data.parts[name] for data in replicates], self._model)
            for name in replicates[0].parts
        }

    @cached_property
    def _executor(self) -> Executor:
        return choose_executor(self._model, self._data, self._states, self._optimizer, self._settings)

    def run(self) -> Iterator[tuple[Record | None, ...]]:
        """Train until all replicates have stopped.

        Yields
        ------
        tuple of Record or None
            The next record of each replicate; ``None`` for one that has finished.

        Raises
        ------
        TrainingError
            If the output of an untrained model is not finite.
        """
        yield tuple(build_started(state.data, self._model.shape) for state in self._states)
        indices = range(len(self))
        unfinished = set(indices)
        while unfinished:
            epochs = self._run_epoch()
            finished = self._finish(unfinished - epochs.keys())
            unfinished -= finished.keys()
            yield tuple(epochs.get(index) or finished.get(index) for index in indices)

    def state_dict(self) -> Payload:
        """Return everything that further epochs depend on; call it between two epochs."""
        # Stored checkpoints contain these names, including "kept" for the best weights.
        tensors = {
            **{f"weights.{name}": weight for name, weight in self._model.state_dict().items()},
            **{
                f"optimizer.{index}.{name}": value
                for index, values in self._optimizer.state_dict()["state"].items()
                for name, value in values.items()
                if value is not None
            },
            **{
                f"kept.{index}.{position}": weight
                for index, state in enumerate(self._states)
                for position, weight in enumerate(state.best_weights)
            },
            **{f"shuffle.{index}": state.shuffle.get_state() for index, state in enumerate(self._states)},
        }
        metadata = {
            "progress": [state.progress.model_dump() for state in self._states],
            "shots": self._model.quantum.stream_states,
        }
        return Payload(metadata, {name: tensor.clone() for name, tensor in tensors.items()})

    def load_state_dict(self, saved: Payload) -> None:
        """Restore what `state_dict` returned for a trainer of the same replicates."""
        metadata, tensors = saved
        self._model.load_state_dict(_with_prefix("weights", tensors))
        optimizer_state: dict[int, dict[str, torch.Tensor]] = {}
        for key, value in _with_prefix("optimizer", tensors).items():
            index, _, name = key.partition(".")
            optimizer_state.setdefault(int(index), {})[name] = value
        param_groups = self._optimizer.state_dict()["param_groups"]
        self._optimizer.load_state_dict({"state": optimizer_state, "param_groups": param_groups})
        for number, (state, progress) in enumerate(zip(self._states, metadata["progress"], strict=True)):
            best_weights = _with_prefix(f"kept.{number}", tensors)
            state.load_progress(
                Progress.model_validate(progress),
                [best_weights[str(position)] for position in range(len(best_weights))],
            )
            state.shuffle.set_state(tensors[f"shuffle.{number}"])
        self._model.quantum.stream_states = metadata["shots"]

    def best_weights(self) -> dict[str, torch.Tensor]:
        """Return the best weights of all replicates so far, by the names of the model's parameters."""
        per_parameter = zip(*(state.best_weights for state in self._states), strict=True)
        return {
            name: torch.stack(weights).view_as(parameter)
            for (name, parameter), weights in zip(self._model.named_parameters(), per_parameter, strict=True)
        }

    def _run_epoch(self) -> dict[int, Epoch]:
        """Train for one epoch; return the records of the replicates that completed it."""
        started = self._active()
        start = perf_counter()
        try:
            self._executor.train_epoch(self._raise_if_stopped)
            evaluations = self._evaluate_epoch()
        except _StoppedError as stopped:
            evaluations = {}
            for index in self._active():
                self._states[index].stop(stopped.reason)
        seconds = perf_counter() - start
        for index in started:
            self._states[index].seconds += seconds
        epochs = {
            index: self._states[index].end_epoch(train, validation, seconds)
            for index, (train, validation) in evaluations.items()
        }
        return {index: epoch for index, epoch in epochs.items() if epoch}

    def _finish(self, indices: Collection[int]) -> dict[int, Finished]:
        """Load the best weights of the given replicates; return their last records."""
        if not indices:
            return {}
        for index in indices:
            self._states[index].load_best_weights()
        probabilities = {
            name: class_probabilities(self._executor.compute_logits(name, self._should_stop), data)
            for name, data in self._data.items()
        }
        return {
            index: build_finished(
                self._states[index], {name: stacked[index] for name, stacked in probabilities.items()}
            )
            for index in indices
        }

    def _active(self) -> list[int]:
        return [index for index, state in enumerate(self._states) if state.active]

    def _raise_if_stopped(self) -> None:
        if reason := self._should_stop():
            raise _StoppedError(reason)

    def _evaluate_epoch(self) -> dict[int, tuple[Evaluation, Evaluation]]:
        """Return the training and validation results of the replicates that are still training."""
        active = self._active()
        if not active:
            return {}
        parts: tuple[PartName, PartName] = ("train", "validation")
        train, validation = (
            evaluate(self._executor.compute_logits(name, self._raise_if_stopped), self._data[name])
            for name in parts
        )
        return {index: (train[index], validation[index]) for index in active}


def _with_prefix(prefix: str, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return the tensors whose names start with `prefix` and a dot, without them in their names."""
    start = f"{prefix}."
    return {name.removeprefix(start): value for name, value in tensors.items() if name.startswith(start)}
