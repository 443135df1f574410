"""Models that learn side by side, in one set of tensors."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from time import perf_counter
from typing import NamedTuple

import torch

from qenn_core.data import PartName, PreparedData
from qenn_core.experiment import TrainingSpec
from qenn_core.model import HybridModel
from qenn_core.training.loss_accuracy import Measured, measure, probabilities
from qenn_core.training.optimizers import build_optimizer
from qenn_core.training.records import Epoch, Finished, Record, StopReason
from qenn_core.training.replicate import Progress, ReplicateState
from qenn_core.training.serialization import Contents
from qenn_core.training.stacked_data import Batch, StackedData, losses_of_rows
from qenn_core.training.summaries import report_end, report_start

Stop = Callable[[], StopReason | None]


class _StoppedError(Exception):
    """The training ends in the middle of an epoch, for the reason given."""

    def __init__(self, reason: StopReason) -> None:
        super().__init__(reason)
        self.reason = reason


class Replicate(NamedTuple):
    """What sets one model apart from those beside it: its seed and its data."""

    seed: int
    data: PreparedData


class Trainer:
    """Models that learn side by side, each as if it were alone; or one that is alone.

    All take their steps at once, and the optimizer changes each weight by its own gradient only. So what a
    model learns does not depend on the others: neither on their weights, nor on when they end. Models are
    known by their numbers, in the order of the replicates.

    Parameters
    ----------
    settings : TrainingSpec
        How all of them are trained.
    replicates : sequence of Replicate
        One for each model.
    model : HybridModel
        All of them.
    """

    def __init__(self, settings: TrainingSpec, replicates: Sequence[Replicate], model: HybridModel) -> None:
        self._model = model
        self._batch_size = settings.batch_size
        self._weights = list(model.parameters())
        # Views: what the optimizer does to a part, it does to the weights of the model.
        parts = zip(*(weight.detach().view(len(replicates), -1) for weight in self._weights), strict=True)
        self._trainees = [
            ReplicateState(part, replicate.data, replicate.seed, settings)
            for part, replicate in zip(parts, replicates, strict=True)
        ]
        self._optimizer = build_optimizer(
            settings.optimizer,
            (weight for trainee in self._trainees for weight in trainee.weights),
            settings.learning_rate,
        )

    def __len__(self) -> int:
        return len(self._trainees)

    @cached_property
    def _tables(self) -> dict[PartName, StackedData]:
        # Not before the first epoch, whose time shall tell what encoding takes.
        datas = [trainee.data for trainee in self._trainees]
        return {
            name: StackedData.of([data.parts[name] for data in datas], self._model) for name in datas[0].parts
        }

    def rounds(self, stop: Stop) -> Iterator[tuple[Record | None, ...]]:
        """Train to the end, telling the next record of each model; ``None`` once one has told its last.

        Parameters
        ----------
        stop : callable
            Asked before each step and each portion of rows that is evaluated; once it gives a reason all end.
            Scores at the end are worked out whatever it says.

        Raises
        ------
        TrainingError
            If not even an untrained model gives numbers.
        """
        yield tuple(report_start(trainee.data, self._model.shape) for trainee in self._trainees)
        numbers = range(len(self))
        remaining = set(numbers)
        while remaining:
            epochs = self._epoch(stop)
            endings = self._end(remaining - epochs.keys(), stop)
            remaining -= endings.keys()
            yield tuple(epochs.get(number) or endings.get(number) for number in numbers)

    def state(self) -> Contents:
        """Return all that the epochs to come depend on; to be asked for between two epochs."""
        of_optimizer = self._optimizer.state_dict()["state"]
        tensors = {
            **{f"weights.{name}": weight for name, weight in self._model.state_dict().items()},
            **{
                f"optimizer.{number}.{name}": value
                for number, values in of_optimizer.items()
                for name, value in values.items()
                if value is not None
            },
            **{
                f"kept.{number}.{place}": weight
                for number, trainee in enumerate(self._trainees)
                for place, weight in enumerate(trainee.best_weights)
            },
            **{
                f"shuffle.{number}": trainee.shuffle.get_state()
                for number, trainee in enumerate(self._trainees)
            },
        }
        facts = {
            "progress": [trainee.progress.model_dump() for trainee in self._trainees],
            "shots": self._model.quantum.stream_states,
        }
        return Contents(facts, {name: tensor.clone() for name, tensor in tensors.items()})

    def resume(self, state: Contents) -> None:
        """Go on from there, where a cohort of the same replicates once was, instead of from the beginning."""
        facts, tensors = state
        self._model.load_state_dict(_under("weights", tensors))
        of_optimizer: dict[int, dict[str, torch.Tensor]] = {}
        for key, value in _under("optimizer", tensors).items():
            part, _, name = key.partition(".")
            of_optimizer.setdefault(int(part), {})[name] = value
        groups = self._optimizer.state_dict()["param_groups"]
        self._optimizer.load_state_dict({"state": of_optimizer, "param_groups": groups})
        for number, (trainee, progress) in enumerate(zip(self._trainees, facts["progress"], strict=True)):
            kept = _under(f"kept.{number}", tensors)
            trainee.resume(Progress(**progress), [kept[str(place)] for place in range(len(kept))])
            trainee.shuffle.set_state(tensors[f"shuffle.{number}"])
        self._model.quantum.stream_states = facts["shots"]

    def kept(self) -> dict[str, torch.Tensor]:
        """Return the best weights of all models so far, by their names in the model."""
        of_all = zip(*(trainee.best_weights for trainee in self._trainees), strict=True)
        return {
            name: torch.stack(kept).view_as(weight)
            for (name, weight), kept in zip(self._model.named_parameters(), of_all, strict=True)
        }

    def _epoch(self, stop: Stop) -> dict[int, Epoch]:
        """Train for an epoch; return the records of the models that completed it."""

        def go_on() -> None:
            if reason := stop():
                raise _StoppedError(reason)

        starting = self._learning()
        begun = perf_counter()
        try:
            self._step_through(go_on)
            measured = self._measure(go_on)
        except _StoppedError as stopped:
            measured = {}
            for number in self._learning():
                self._trainees[number].end(stopped.reason)
        seconds = perf_counter() - begun
        for number in starting:
            self._trainees[number].seconds += seconds
        epochs = {number: self._trainees[number].conclude(*of, seconds) for number, of in measured.items()}
        return {number: epoch for number, epoch in epochs.items() if epoch}

    def _end(self, numbers: Collection[int], stop: Stop) -> dict[int, Finished]:
        """Give models their best weights back; return their last records."""
        if not numbers:
            return {}
        for number in numbers:
            self._trainees[number].restore()
        answers = {name: probabilities(self._model, table, stop) for name, table in self._tables.items()}
        return {
            number: report_end(self._trainees[number], {name: of[number] for name, of in answers.items()})
            for number in numbers
        }

    def _learning(self) -> list[int]:
        return [number for number, trainee in enumerate(self._trainees) if trainee.learning]

    def _step_through(self, go_on: Callable[[], None]) -> None:
        self._model.train()
        generators = [trainee.shuffle for trainee in self._trainees]
        for batch in self._tables["train"].shuffled(generators, self._batch_size):
            if not self._learning():
                return
            go_on()
            self._step(batch)

    def _step(self, batch: Batch) -> None:
        answers = self._model(self._tables["train"].inputs[batch.rows])
        of_rows = losses_of_rows(answers, batch.labels)
        shares = batch.shares.to(of_rows.dtype)
        # That of the sum of all models' mean losses: each depends on the weights of its own model only.
        gradients = torch.autograd.grad(of_rows, self._weights, shares, materialize_grads=True)
        losses = (of_rows.detach() * shares).sum(dim=1)
        by_weight = [gradient.reshape(len(self), -1) for gradient in gradients]
        norms = torch.cat(by_weight, dim=1).norm(dim=1)
        has_rows = shares.any(dim=1)
        for trainee, takes_part, loss, norm, *own in zip(
            self._trainees, has_rows.tolist(), losses.tolist(), norms.tolist(), *by_weight, strict=True
        ):
            trainee.receive(own, loss, norm, takes_part)
        self._optimizer.step()

    def _measure(self, go_on: Callable[[], None]) -> dict[int, tuple[Measured, Measured]]:
        """Return how the models that are learning do on their training and on their validation part."""
        learning = self._learning()
        if not learning:
            return {}
        on_train, on_validation = (
            measure(self._model, self._tables[name], go_on) for name in ("train", "validation")
        )
        return {number: (on_train[number], on_validation[number]) for number in learning}


def _under(name: str, tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return the tensors whose names begin with this one, by the rest of their names."""
    prefix = f"{name}."
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
