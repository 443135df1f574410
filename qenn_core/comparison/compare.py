"""Set the QENN beside the baselines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qenn_core.comparison.results import Comparison, ModelResult
from qenn_core.comparison.verdict import judge
from qenn_core.data import PreparedData
from qenn_core.training import Finished, Started

ONE_EXPERIMENT = (
    "This is one split of the data and one seed: a single experiment. Another seed may turn the order round."
)


def quantum_result(started: Started, finished: Finished) -> ModelResult:
    """Return the QENN's row from the first and the last record of its training."""
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
    majority = float(np.mean(labels == np.bincount(data.train.labels).argmax()))
    return Comparison(
        rows=rows,
        verdicts=tuple(
            judge(labels.tolist(), quantum.predictions, row.predictions, row.name) for row in baselines
        ),
        majority_accuracy=majority,
        cautions=(ONE_EXPERIMENT, _majority_sentence(majority, max(row.test.accuracy for row in rows))),
    )


def _majority_sentence(majority: float, best: float) -> str:
    sentence = f"Always naming the most frequent class is right on {majority:.1%} of the test rows"
    if best > majority:
        return sentence + "."
    return sentence + ", and no model here does better than that."
