"""Train a model, or several side by side, telling after each epoch how it goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from qenn_core.data.prepared import PreparedData
from qenn_core.errors import TrainingError
from qenn_core.model.network import HybridModel, build_model, build_side_by_side
from qenn_core.spec import ExperimentSpec
from qenn_core.training.cohort import Cohort, Entry
from qenn_core.training.records import Record
from qenn_core.training.reports import report_start

Stop = Callable[[], bool]


def train(
    spec: ExperimentSpec,
    data: PreparedData,
    model: HybridModel | None = None,
    stop: Stop = lambda: False,
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
    yield from filter(None, chain.from_iterable(_rounds(spec, [Entry(spec.seed, data)], model, stop)))


def train_together(
    spec: ExperimentSpec,
    entries: Sequence[Entry],
    model: HybridModel | None = None,
    stop: Stop = lambda: False,
) -> Iterator[tuple[Record | None, ...]]:
    """Train models with several seeds or on several splits side by side, in one set of tensors.

    Each model learns as `train` has it learn with its seed and its data, up to the rounding of floating
    point; with shots, up to what the measurements happen to give. It ends when it would end by itself.

    Parameters
    ----------
    spec : ExperimentSpec
        What all of them have in common; its seed is not used.
    entries : sequence of Entry
        One for each model. Their data have the same inputs and classes, and may differ in rows.
    model : HybridModel, optional
        The models, freshly built by `build_side_by_side`.
    stop : callable, optional
        Asked before each step; once it says ``True`` all end.

    Yields
    ------
    tuple of Record or None
        The next record of each model, in the order of `entries`; ``None`` for one that has told its last. The
        seconds are those that all of them took together.

    Raises
    ------
    TrainingError
        If the data differ in inputs or classes, or an untrained model does not give numbers.
    """
    widths = {(entry.data.n_inputs, entry.data.n_classes) for entry in entries}
    if len(widths) != 1:
        raise TrainingError(
            "These models cannot be trained side by side.",
            "The parts of the data that they learn from do not have the same inputs and classes.",
            "Train them one after the other.",
        )
    if model is None:
        model = build_side_by_side(spec, [entry.seed for entry in entries], *widths.pop())
    yield from _rounds(spec, entries, model, stop)


def _rounds(
    spec: ExperimentSpec, entries: Sequence[Entry], model: HybridModel, stop: Stop
) -> Iterator[tuple[Record | None, ...]]:
    yield tuple(report_start(entry.data, model.shape) for entry in entries)
    cohort = Cohort(spec.training, entries, model)
    numbers = range(len(entries))
    remaining = set(numbers)
    while remaining:
        epochs = cohort.epoch(stop)
        endings = cohort.end(remaining - epochs.keys())
        remaining -= endings.keys()
        yield tuple(epochs.get(number) or endings.get(number) for number in numbers)
