"""Train a model, telling after each epoch how it goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from math import inf, isfinite
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from qenn_core.data.prepared import Part, PreparedData
from qenn_core.errors import TrainingError
from qenn_core.metrics import score
from qenn_core.model.network import HybridModel, build_model
from qenn_core.spec import ExperimentSpec
from qenn_core.training.optimizers import build_optimizer
from qenn_core.training.prediction import logits, predict
from qenn_core.training.records import Epoch, Finished, Record, Started, StopReason


def train(
    spec: ExperimentSpec,
    data: PreparedData,
    model: HybridModel | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Record]:
    """Train a model epoch by epoch.

    The caller owns the loop: to pause is not to ask for the next record, to step is to ask for one. The
    same spec and data give the same records bit for bit, but for the seconds.

    Losses and accuracies of an epoch are measured after its last step, on the whole training and
    validation part, with the same weights: so that the two curves can be laid over each other, as they
    could not with an average over weights that move through the epoch.

    Parameters
    ----------
    spec : ExperimentSpec
        What to train, and how.
    data : PreparedData
        Steps see its training part; the validation part chooses the weights that are kept and decides
        about stopping early; the test part is only scored, after the last step.
    model : HybridModel, optional
        The model, freshly built from `spec`, for a caller who wants to look into it between two records.
        With the record of an epoch it holds that epoch's weights, with the last record the weights kept.
    stop : callable, optional
        Asked before each step; once it says ``True`` the training ends, and tells its scores.

    Yields
    ------
    Record
        One `Started`, an `Epoch` for each complete epoch, one `Finished`.

    Raises
    ------
    TrainingError
        If not even the untrained model gives numbers.
    """
    if model is None:
        model = build_model(spec, data.n_inputs, data.n_classes)
    yield _started(data, model)

    settings = spec.training
    rows = _tensors(data.train)
    held_out = _tensors(data.validation)
    optimizer = build_optimizer(settings.optimizer, model.parameters(), settings.learning_rate)
    shuffle = torch.Generator().manual_seed(spec.seed)
    kept = _Kept(_weights(model))
    reason: StopReason = "epochs"
    complete = 0
    seconds = 0.0
    while complete < settings.epochs:
        begun = perf_counter()
        try:
            order = torch.randperm(len(rows.labels), generator=shuffle)
            batches = torch.split(order, settings.batch_size)
            gradient_norm = _step_through(model, optimizer, rows, batches, stop)
            on_train, on_validation = _measure(model, rows), _measure(model, held_out)
        except _Halt as halt:
            reason = halt.reason
            break
        finally:
            duration = perf_counter() - begun
            seconds += duration
        complete += 1
        if on_validation.loss < kept.loss:
            kept = _Kept(_weights(model), complete, on_validation.loss)
        yield Epoch(
            epoch=complete,
            train_loss=on_train.loss,
            validation_loss=on_validation.loss,
            train_accuracy=on_train.accuracy,
            validation_accuracy=on_validation.accuracy,
            gradient_norm=gradient_norm,
            seconds=duration,
        )
        if settings.patience and complete - kept.epoch >= settings.patience and complete < settings.epochs:
            reason = "patience"
            break

    model.load_state_dict(kept.weights)
    yield _finished(spec, data, model, reason, complete, kept.epoch, seconds)


class _Rows(NamedTuple):
    inputs: torch.Tensor
    labels: torch.Tensor


class _Measured(NamedTuple):
    loss: float
    accuracy: float


@dataclass(frozen=True)
class _Kept:
    """The weights with the lowest validation loss so far; at first the untrained ones."""

    weights: dict[str, Any] = field(repr=False)
    epoch: int = 0
    loss: float = inf


class _Halt(Exception):  # noqa: N818 (it is no error)
    """Leave the epoch."""

    def __init__(self, reason: StopReason) -> None:
        super().__init__(reason)
        self.reason = reason


def _tensors(part: Part) -> _Rows:
    return _Rows(torch.from_numpy(part.inputs.copy()), torch.from_numpy(part.labels.copy()))


def _weights(model: torch.nn.Module) -> dict[str, Any]:
    return deepcopy(model.state_dict())


def _step_through(
    model: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    rows: _Rows,
    batches: Iterable[torch.Tensor],
    stop: Callable[[], bool],
) -> float:
    """Take a step for each batch of row numbers; return the mean norm of their gradients."""
    model.train()
    norms = []
    for batch in batches:
        if stop():
            raise _Halt("user")
        optimizer.zero_grad()
        loss = cross_entropy(model(rows.inputs[batch]), rows.labels[batch])
        loss.backward()  # type: ignore[no-untyped-call]
        gradients = [weight.grad for weight in model.parameters() if weight.grad is not None]
        norms.append(torch.nn.utils.get_total_norm(gradients).item())
        if not (isfinite(loss.item()) and isfinite(norms[-1])):
            raise _Halt("not_finite")
        optimizer.step()
    return float(np.mean(norms))


def _measure(model: torch.nn.Module, rows: _Rows) -> _Measured:
    outputs = logits(model, rows.inputs)
    loss = cross_entropy(outputs, rows.labels).item()
    if not isfinite(loss):
        raise _Halt("not_finite")
    return _Measured(loss, (outputs.argmax(dim=1) == rows.labels).double().mean().item())


def _started(data: PreparedData, model: HybridModel) -> Started:
    shape = model.shape
    return Started(
        n_inputs=shape.n_inputs,
        n_qubits=shape.n_qubits,
        n_classes=shape.n_classes,
        n_parameters=sum(shape.parameters.values()),
        parameters={str(name): count for name, count in shape.parameters.items()},
        rows={name: len(part.labels) for name, part in data.parts.items()},
    )


def _finished(
    spec: ExperimentSpec,
    data: PreparedData,
    model: torch.nn.Module,
    reason: StopReason,
    complete: int,
    kept: int,
    seconds: float,
) -> Finished:
    probabilities = {name: predict(model, part.inputs) for name, part in data.parts.items()}
    if not all(np.isfinite(values).all() for values in probabilities.values()):
        raise TrainingError(
            "The network's output is not a number, even before training.",
            "Some inputs are too large to compute with.",
            "Look for extreme values among the features, or choose another encoding.",
            place="encoding.kind",
        )
    scores = {name: score(part.labels, probabilities[name]) for name, part in data.parts.items()}
    return Finished(
        reason=reason,
        message=f"{_why(spec, reason, complete)} {_which(kept, complete)}",
        epochs=complete,
        best_epoch=kept,
        seconds=seconds,
        train=scores["train"],
        validation=scores["validation"],
        test=scores["test"],
        predictions=tuple(probabilities["test"].argmax(axis=1).tolist()),
    )


def _why(spec: ExperimentSpec, reason: StopReason, complete: int) -> str:
    settings = spec.training
    match reason:
        case "epochs":
            return f"All {complete} epochs are done."
        case "patience":
            return f"Stopped early: the validation loss has not fallen for {settings.patience} epochs."
        case "user":
            return f"Stopped by you after {complete} of {settings.epochs} epochs."
        case "not_finite":
            return (
                f"Stopped in epoch {complete + 1}: the loss was no longer a finite number. "
                f"Try a learning rate below {settings.learning_rate:g}, or another optimizer."
            )


def _which(kept: int, complete: int) -> str:
    if not kept:
        return "No epoch was completed, so the scores are those of the untrained network."
    if kept == complete:
        return "The scores are those of the last complete epoch, which had the lowest validation loss."
    return f"The scores are those of epoch {kept}, which had the lowest validation loss."
