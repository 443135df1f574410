"""Compare automatic settings with fixed ones by test accuracy, and write the table.

Run it in the parent folder: ``python -m benchmarks.automatic``.
"""

from __future__ import annotations

import argparse
import logging
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from statistics import mean, median, stdev

from benchmarks.document import DOCUMENT, table, write
from benchmarks.process import ONE_THREAD
from qenn_core.comparison import fit_baselines
from qenn_core.data import PreparedData, Table, load_builtin, prepare
from qenn_core.experiment import ExperimentSpec, label_of
from qenn_core.model import AUTOMATIC_FIELDS, Workload, choose_circuit, choose_training, max_automatic_qubits
from qenn_core.registry import DATASETS, Scalar
from qenn_core.training import Finished, Replicate, train_replicates

SECTION = "automatic"
SEEDS = range(10)

# Built-in data sets with other parameters than their defaults: key and parameters by title.
VARIANTS: dict[str, tuple[str, dict[str, Scalar]]] = {
    "Two moons, 60 rows": ("moons", {"n_samples": 60}),
    "Two moons, 2,000 rows": ("moons", {"n_samples": 2000}),
    "Linearly separable, 6 features": ("linearly_separable", {"n_features": 6}),
    "Linearly separable, 10 features": ("linearly_separable", {"n_features": 10}),
    "Hidden manifold, 10 hidden numbers": ("hidden_manifold", {"manifold_dimension": 10}),
    "Two curves, degree 10": ("two_curves", {"degree": 10, "offset": 0.05}),
    "Two curves, 20 features": ("two_curves", {"n_features": 20}),
}

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Result:
    """What one setting gave on one data set.

    Parameters
    ----------
    spec : ExperimentSpec
        The settings.
    accuracies : tuple of float
        Test accuracy with each seed, 0 to 1.
    epochs : tuple of int
        Completed epochs with each seed.
    """

    spec: ExperimentSpec
    accuracies: tuple[float, ...]
    epochs: tuple[int, ...]


@dataclass(frozen=True)
class Problem:
    """A data set, with the results of logistic regression (all features) and of both settings.

    Parameters
    ----------
    title : str
        Its name.
    n_features : int
        Number of prepared features.
    classical : tuple of float
        Test accuracy of logistic regression with each seed, 0 to 1.
    fixed, automatic : Result
        The results of a link without settings, and of a new session.
    """

    title: str
    n_features: int
    classical: tuple[float, ...]
    fixed: Result
    automatic: Result

    @property
    def gain(self) -> tuple[float, float]:
        """The mean gain by automatic settings over all seeds, and half of its 95% interval, in points."""
        pairs = zip(self.automatic.accuracies, self.fixed.accuracies, strict=True)
        return mean_interval([100 * (automatic - fixed) for automatic, fixed in pairs])


def mean_interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the mean and half of its 95% interval, by Student's t distribution."""
    from scipy.stats import t

    half = float(t.ppf(0.975, len(values) - 1)) * stdev(values) / sqrt(len(values))
    return mean(values), half


def measure(title: str, spec: ExperimentSpec, seeds: Iterable[int] = SEEDS) -> Problem:
    """Train with fixed and with automatic settings, once for each seed of split and weights.

    Parameters
    ----------
    title : str
        Name of the data set.
    spec : ExperimentSpec
        The fixed settings.
    seeds : iterable of int
        At least two.
    """
    data_table, seeds = load_builtin(spec.data), tuple(seeds)
    prepared = _prepare(spec, data_table, seeds)
    first = prepared[seeds[0]]
    automatic = automatic_settings(spec, first)
    return Problem(
        title,
        first.n_features,
        tuple(fit_baselines(data, seed)[-1].test.accuracy for seed, data in prepared.items()),
        _train(spec, prepared),
        _train(automatic, _prepare(automatic, data_table, seeds)),
    )


def automatic_settings(spec: ExperimentSpec, data: PreparedData) -> ExperimentSpec:
    """Choose the automatic settings for prepared data, as the app does."""
    spec = choose_circuit(
        spec,
        AUTOMATIC_FIELDS,
        n_features=data.n_features,
        n_classes=data.n_classes,
        max_qubits=max_automatic_qubits(spec),
    )
    return choose_training(spec, AUTOMATIC_FIELDS, Workload(data.part_sizes, data.n_features, data.n_classes))


def _prepare(spec: ExperimentSpec, data: Table, seeds: Iterable[int]) -> dict[int, PreparedData]:
    return {seed: prepare(spec.with_(seed=seed), data) for seed in seeds}


def _train(spec: ExperimentSpec, prepared: Mapping[int, PreparedData]) -> Result:
    # Rare categories may be features with one split, but not with another.
    groups: dict[int, list[Replicate]] = defaultdict(list)
    for seed, data in prepared.items():
        groups[data.n_inputs].append(Replicate(seed, data))
    finished: dict[int, Finished] = {}
    for group in groups.values():
        for records in train_replicates(spec, group):
            for replicate, record in zip(group, records, strict=True):
                if isinstance(record, Finished):
                    finished[replicate.seed] = record
    ends = [finished[seed] for seed in prepared]
    return Result(spec, tuple(end.test.accuracy for end in ends), tuple(end.epochs for end in ends))


def report(problems: Sequence[Problem]) -> str:
    """Return the table of all data sets, and a summary."""
    gains = [problem.gain for problem in problems]
    won = sum(gain - half > 0 for gain, half in gains)
    lost = sum(gain + half < 0 for gain, half in gains)
    head = ("data", "features", "logistic regression", "fixed", "automatic", "gain, points", "chosen")
    summary = (
        f"Over {len(problems[0].classical)} seeds, automatic settings are more accurate on {won} of "
        f"{len(problems)} data sets, and less accurate on {lost}, by more than the 95% interval."
    )
    return f"{table(head, map(_line, problems))}\n\n{summary}"


def _line(problem: Problem) -> tuple[str, ...]:
    gain, half = problem.gain
    means = (problem.classical, problem.fixed.accuracies, problem.automatic.accuracies)
    return (
        problem.title,
        str(problem.n_features),
        *(f"{100 * mean(accuracies):.1f}%" for accuracies in means),
        # Without a zero that is negative.
        f"{round(gain, 1) + 0.0:+.1f} ± {half:.1f}",
        _chosen(problem.automatic),
    )


def _chosen(result: Result) -> str:
    circuit, training = result.spec.circuit, result.spec.training
    reduction = result.spec.encoding.reduction
    method = f", {label_of('encoding.reduction', reduction).lower()}" if reduction == "linear" else ""
    return f"{circuit.n_qubits} qubits{method}; {median(result.epochs):g} of {training.epochs} epochs"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark with command-line options, print the table, and write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--output", type=Path, help=f"write the table into this file, such as {DOCUMENT.name}"
    )
    options = parser.parse_args(arguments)
    os.environ.update(ONE_THREAD)
    built_in: dict[str, tuple[str, dict[str, Scalar]]] = {entry.label: (entry.key, {}) for entry in DATASETS}
    problems = []
    for title, (source, params) in (built_in | VARIANTS).items():
        spec = ExperimentSpec().with_(data={"source": source, "params": params})
        problems.append(measure(title, spec))
        logger.info(" | ".join(_line(problems[-1])))
    tables = report(problems)
    print(tables)
    if options.output is not None:
        write(options.output, tables, SECTION)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    main()
