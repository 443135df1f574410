"""Train a model, or several side by side, telling after each epoch how it goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qenn_core.data import PreparedData
from qenn_core.errors import TrainingError
from qenn_core.experiment import ExperimentSpec
from qenn_core.model import HybridModel, build_replicates
from qenn_core.training.records import Record
from qenn_core.training.trainer import Replicate, Stop, Trainer
from qenn_core.training.training import Training


def train(
    spec: ExperimentSpec,
    data: PreparedData,
    model: HybridModel | None = None,
    stop: Stop = lambda: None,
) -> Iterator[Record]:
    """Train a model epoch by epoch; see `Training`, whose records these are."""
    yield from Training(spec, data, model, stop)


def train_replicates(
    spec: ExperimentSpec,
    replicates: Sequence[Replicate],
    model: HybridModel | None = None,
    stop: Stop = lambda: None,
) -> Iterator[tuple[Record | None, ...]]:
    """Train models with several seeds or on several splits side by side, in one set of tensors.

    Each model learns as `train` has it learn with its seed and its data, up to the rounding of floating
    point; with shots, up to what the measurements happen to give. It ends when it would end by itself.

    Parameters
    ----------
    spec : ExperimentSpec
        What all of them have in common; its seed is not used.
    replicates : sequence of Replicate
        One for each model. Their data have the same inputs and classes, and may differ in rows.
    model : HybridModel, optional
        The models, freshly built by `build_replicates`.
    stop : callable, optional
        Asked as in `Training`; once it gives a reason all end.

    Yields
    ------
    tuple of Record or None
        The next record of each model, in the order of `replicates`; ``None`` for one that has told its
        last. The seconds are those that all of them took together.

    Raises
    ------
    TrainingError
        If the data differ in inputs or classes, or an untrained model does not give numbers.
    """
    widths = {(replicate.data.n_inputs, replicate.data.n_classes) for replicate in replicates}
    if len(widths) != 1:
        raise TrainingError(
            "These models cannot be trained side by side.",
            "The parts of the data that they learn from do not have the same inputs and classes.",
            "Train them one after the other.",
        )
    if model is None:
        model = build_replicates(spec, [replicate.seed for replicate in replicates], *widths.pop())
    yield from Trainer(spec.training, replicates, model).rounds(stop)
