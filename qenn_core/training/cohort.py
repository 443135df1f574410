"""Models that learn side by side, in one set of tensors."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from time import perf_counter
from typing import NamedTuple

import torch

from qenn_core.data.prepared import PartName, PreparedData
from qenn_core.model.network import HybridModel
from qenn_core.spec import TrainingSpec
from qenn_core.training.measuring import Measured, measure, probabilities
from qenn_core.training.optimizers import build_optimizer
from qenn_core.training.records import Epoch, Finished
from qenn_core.training.reports import report_end
from qenn_core.training.table import Batch, Table, losses_of_rows
from qenn_core.training.trainee import Trainee


class Entry(NamedTuple):
    """What sets one model apart from those beside it: its seed and its data."""

    seed: int
    data: PreparedData


class Cohort:
    """Models that learn side by side, each as if it were alone; or one that is alone.

    All take their steps at once, and the optimizer changes each weight by its own gradient only. So what a
    model learns does not depend on the others: neither on their weights, nor on when they end. Models are
    known by their numbers, in the order of the entries.

    Parameters
    ----------
    settings : TrainingSpec
        How all of them are trained.
    entries : sequence of Entry
        One for each model.
    model : HybridModel
        All of them.
    """

    def __init__(self, settings: TrainingSpec, entries: Sequence[Entry], model: HybridModel) -> None:
        self._model = model
        self._batch_size = settings.batch_size
        self._weights = list(model.parameters())
        # Views: what the optimizer does to a part, it does to the weights of the model.
        parts = zip(*(weight.detach().view(len(entries), -1) for weight in self._weights), strict=True)
        self._trainees = [
            Trainee(part, entry.data, entry.seed, settings)
            for part, entry in zip(parts, entries, strict=True)
        ]
        self._optimizer = build_optimizer(
            settings.optimizer,
            (weight for trainee in self._trainees for weight in trainee.weights),
            settings.learning_rate,
        )

    def __len__(self) -> int:
        return len(self._trainees)

    @cached_property
    def _tables(self) -> dict[PartName, Table]:
        # Not before the first epoch, whose time shall tell what encoding takes.
        datas = [trainee.data for trainee in self._trainees]
        return {name: Table.of([data.parts[name] for data in datas], self._model) for name in datas[0].parts}

    def epoch(self, stop: Callable[[], bool]) -> dict[int, Epoch]:
        """Train for an epoch; return the records of the models that completed it.

        Parameters
        ----------
        stop : callable
            Asked before each step; once it says ``True`` all models end.
        """
        starting = self._learning()
        begun = perf_counter()
        self._step_through(stop)
        measured = self._measure()
        seconds = perf_counter() - begun
        for number in starting:
            self._trainees[number].seconds += seconds
        epochs = {number: self._trainees[number].conclude(*of, seconds) for number, of in measured.items()}
        return {number: epoch for number, epoch in epochs.items() if epoch}

    def end(self, numbers: Collection[int]) -> dict[int, Finished]:
        """Give models their best weights back; return their last records.

        Raises
        ------
        TrainingError
            If not even the untrained model gives numbers.
        """
        if not numbers:
            return {}
        for number in numbers:
            self._trainees[number].restore()
        answers = {name: probabilities(self._model, table) for name, table in self._tables.items()}
        return {
            number: report_end(self._trainees[number], {name: of[number] for name, of in answers.items()})
            for number in numbers
        }

    def _learning(self) -> list[int]:
        return [number for number, trainee in enumerate(self._trainees) if trainee.learning]

    def _step_through(self, stop: Callable[[], bool]) -> None:
        self._model.train()
        generators = [trainee.shuffle for trainee in self._trainees]
        for batch in self._tables["train"].shuffled(generators, self._batch_size):
            if not self._learning():
                return
            if stop():
                for number in self._learning():
                    self._trainees[number].end("user")
                return
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

    def _measure(self) -> dict[int, tuple[Measured, Measured]]:
        """Return how the models that are learning do on their training and on their validation part."""
        learning = self._learning()
        if not learning:
            return {}
        on_train, on_validation = (
            measure(self._model, self._tables[name]) for name in ("train", "validation")
        )
        return {number: (on_train[number], on_validation[number]) for number in learning}
