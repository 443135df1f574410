"""Train one model, or several at once, and yield a record after each epoch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qenn_core.data import PreparedData
from qenn_core.errors import TrainingError
from qenn_core.experiment import ExperimentSpec
from qenn_core.model import HybridModel, build_replicates
from qenn_core.training.records import Record
from qenn_core.training.trainer import Replicate, ShouldStop, Trainer
from qenn_core.training.training import Training


def train(
    spec: ExperimentSpec,
    data: PreparedData,
    model: HybridModel | None = None,
    should_stop: ShouldStop = lambda: None,
) -> Iterator[Record]:
    """Train one model and yield its records; see `Training` for parameters and errors."""
    yield from Training(spec, data, model, should_stop)


def train_replicates(
    spec: ExperimentSpec,
    replicates: Sequence[Replicate],
    model: HybridModel | None = None,
    should_stop: ShouldStop = lambda: None,
) -> Iterator[tuple[Record | None, ...]]:
    """Train models with different seeds or splits at once, in one set of tensors.

    Each model is trained as `train` would train it with the same seed and data: up to floating-point
    rounding, and with shots up to the randomness of the measurements. Each stops independently.

    Parameters
    ----------
    spec : ExperimentSpec
        The settings that all models share; its seed is ignored.
    replicates : sequence of Replicate
        One per model. Their data have the same numbers of inputs and classes, but may differ in rows.
    model : HybridModel, optional
        The stacked models, freshly built by `build_replicates`.
    should_stop : callable, optional
        Called as in `Training`; a reason stops all models.

    Yields
    ------
    tuple of Record or None
        The next record of each model, in the order of `replicates`; ``None`` for a model that has finished.
        Durations are those of all models together.

    Raises
    ------
    TrainingError
        If the data differ in the number of inputs or classes, or if the output of an untrained model is not
        finite.
    """
    widths = {(replicate.data.n_inputs, replicate.data.n_classes) for replicate in replicates}
    if len(widths) != 1:
        raise TrainingError(
            "These models cannot be trained together.",
            "Their data differ in the number of inputs or classes.",
            "Train them one after the other.",
        )
    if model is None:
        model = build_replicates(spec, [replicate.seed for replicate in replicates], *widths.pop())
    yield from Trainer(spec.training, replicates, model, should_stop).run()
