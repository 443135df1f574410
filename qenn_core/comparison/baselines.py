"""Fit the classical baselines on the rows that the QENN is trained on."""

from __future__ import annotations

import warnings
from time import perf_counter
from typing import Literal, TypeAlias

import numpy as np

from qenn_core.comparison.results import ModelResult
from qenn_core.data import Floats, Part, PreparedData
from qenn_core.metrics import score
from qenn_core.registry import BASELINES, Baseline

Columns: TypeAlias = Literal["inputs", "features"]


def fit_baselines(data: PreparedData, seed: int) -> tuple[ModelResult, ...]:
    """Fit every registered baseline on the training part, and score it on all three parts.

    Each baseline gives two results: one with the inputs of the circuit, one with all features before they
    were reduced to the circuit's size, so that the comparison is fair in both respects. If these columns
    differ only in scale, which does not matter because every baseline rescales its columns, there is one
    result. A constant that the encoding needs is left out.
    """
    return tuple(
        _fit(baseline, baseline.label + suffix, data, columns, seed)
        for baseline in BASELINES
        for columns, suffix in _distinct_columns(data).items()
    )


def _distinct_columns(data: PreparedData) -> dict[Columns, str]:
    # Only the training part is compared: inputs of the other parts may be clipped to the encoding's range.
    inputs, features = (_select(data, data.train, columns) for columns in ("inputs", "features"))
    if inputs.shape == features.shape and np.allclose(_standardise(inputs), _standardise(features)):
        return {"inputs": ""}
    return {"inputs": " (same inputs as the circuit)", "features": " (all features)"}


def _select(data: PreparedData, part: Part, columns: Columns) -> Floats:
    """Return those of the columns of a part that vary in the training part."""
    varies = np.ptp(getattr(data.train, columns), axis=0) > 0
    selected: Floats = getattr(part, columns)[:, varies]
    return selected


def _standardise(columns: Floats) -> Floats:
    from sklearn.preprocessing import StandardScaler

    scaled: Floats = StandardScaler().fit_transform(columns)
    return scaled


def _fit(baseline: Baseline, name: str, data: PreparedData, columns: Columns, seed: int) -> ModelResult:
    from sklearn.exceptions import ConvergenceWarning

    estimator = baseline.make(seed)
    start = perf_counter()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        estimator.fit(_select(data, data.train, columns), data.train.labels)
    seconds = perf_counter() - start
    converged = not any(issubclass(warning.category, ConvergenceWarning) for warning in caught)

    def predict_probabilities(part: Part) -> Floats:
        # One column per class, also for classes that do not occur in the training part.
        probabilities = np.zeros((len(part.labels), data.n_classes))
        probabilities[:, estimator.classes_] = estimator.predict_proba(_select(data, part, columns))
        return probabilities

    test_probabilities = predict_probabilities(data.test)
    return ModelResult(
        name=name,
        kind="classical",
        train=score(data.train.labels, predict_probabilities(data.train)),
        validation=score(data.validation.labels, predict_probabilities(data.validation)),
        test=score(data.test.labels, test_probabilities),
        parameters=baseline.count_parameters(estimator),
        epochs=None,
        seconds=seconds,
        predictions=tuple(test_probabilities.argmax(axis=1).tolist()),
        remark="" if converged else "The fit was stopped before it converged; it might do slightly better.",
    )
