"""Compare the QENN with the baselines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qenn_core.comparison.results import Comparison, ModelResult
from qenn_core.comparison.verdict import compare_predictions
from qenn_core.data import Ints, PreparedData
from qenn_core.text import percent
from qenn_core.training import Finished, Started

SINGLE_EXPERIMENT = (
    "This is a single experiment: one split of the data and one seed. Another seed may reverse the ranking."
)


def quantum_result(started: Started, finished: Finished) -> ModelResult:
    """Return the QENN's result from the first and the last record of its training."""
    return ModelResult(
        name="QENN",
        kind="quantum",
        train=finished.train,
        validation=finished.validation,
        test=finished.test,
        parameters=started.n_parameters,
        epochs=finished.epochs,
        seconds=finished.seconds,
        predictions=finished.predictions,
    )


def compare_models(quantum: ModelResult, baselines: Sequence[ModelResult], data: PreparedData) -> Comparison:
    """Compare the QENN with each baseline on the test rows of `data`, which all of them predicted."""
    labels = data.test.labels
    rows = (quantum, *baselines)
    majority_accuracy = float(np.mean(labels == np.bincount(data.train.labels).argmax()))
    best_accuracy = max(row.test.accuracy for row in rows)
    return Comparison(
        rows=rows,
        verdicts=tuple(
            compare_predictions(
                labels.tolist(),
                quantum.predictions,
                row.predictions,
                row.name,
                groups=None if data.test_groups is None else data.test_groups.tolist(),
                n_seen=data.n_seen,
            )
            for row in baselines
        ),
        majority_accuracy=majority_accuracy,
        cautions=(SINGLE_EXPERIMENT, _describe_majority(majority_accuracy, best_accuracy), *data.cautions),
        n_seen=data.n_seen,
        n_test_groups=_count_groups(data.test_groups),
    )


def _count_groups(groups: Ints | None) -> int:
    """Return the number of groups; 0 if each row is a group of its own."""
    if groups is None:
        return 0
    n_groups = len(np.unique(groups))
    return n_groups if n_groups < len(groups) else 0


def _describe_majority(majority_accuracy: float, best_accuracy: float) -> str:
    sentence = (
        f"Always predicting the most frequent class is correct for {percent(majority_accuracy)} of the test "
        "rows"
    )
    if best_accuracy > majority_accuracy:
        return sentence + "."
    return sentence + ", and no model here does better."
