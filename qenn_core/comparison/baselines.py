"""Fit the classical models on the very rows that the QENN is trained on."""

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
    """Fit every registered baseline on the training part, and score it on all three.

    Each gives two rows: on exactly what the circuit receives, and on all features before they were reduced
    to the circuit's size, so that the reduction is held against neither side. Where these are the same
    columns but for their scale, which every baseline sets for itself, one row says it all.
    """
    return tuple(
        _fit(baseline, baseline.label + suffix, data, columns, seed)
        for baseline in BASELINES
        for columns, suffix in _distinct_columns(data).items()
    )


def _distinct_columns(data: PreparedData) -> dict[Columns, str]:
    # Compared where it is learnt from: held-out inputs may be cut to the range of the encoding.
    if data.n_inputs == data.n_features and np.allclose(
        _standardised(data.train.inputs), _standardised(data.train.features)
    ):
        return {"inputs": ""}
    return {"inputs": " (same inputs as the circuit)", "features": " (all features)"}


def _standardised(columns: Floats) -> Floats:
    from sklearn.preprocessing import StandardScaler

    scaled: Floats = StandardScaler().fit_transform(columns)
    return scaled


def _fit(baseline: Baseline, name: str, data: PreparedData, columns: Columns, seed: int) -> ModelResult:
    from sklearn.exceptions import ConvergenceWarning

    estimator = baseline.make(seed)
    begun = perf_counter()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        estimator.fit(getattr(data.train, columns), data.train.labels)
    seconds = perf_counter() - begun
    unsettled = any(issubclass(warning.category, ConvergenceWarning) for warning in caught)

    def probabilities(part: Part) -> Floats:
        # A column for every class, also for one that the training part lacks.
        full = np.zeros((len(part.labels), data.n_classes))
        full[:, estimator.classes_] = estimator.predict_proba(getattr(part, columns))
        return full

    of_test = probabilities(data.test)
    return ModelResult(
        name=name,
        kind="classical",
        train=score(data.train.labels, probabilities(data.train)),
        validation=score(data.validation.labels, probabilities(data.validation)),
        test=score(data.test.labels, of_test),
        parameters=baseline.count_parameters(estimator),
        epochs=None,
        seconds=seconds,
        predictions=tuple(of_test.argmax(axis=1).tolist()),
        remark="Its fit had not settled when it was cut off; it may do a little better." if unsettled else "",
    )
