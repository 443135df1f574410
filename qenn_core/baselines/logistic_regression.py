"""Logistic regression, the paper's own baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qenn_core.registry import BASELINES, Baseline

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


def make(seed: int) -> Pipeline:
    """Return logistic regression on standardised columns, with scikit-learn's default penalty (C = 1).

    Inputs are scaled to suit a circuit, which a penalty on the weights would hold against the baseline:
    so it standardises them for itself, by the rows that it is fitted on. Nothing is tuned, as nothing of
    the circuit is. The solver draws nothing at random, so `seed` changes nothing.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=10_000, random_state=seed))


def count_parameters(fitted: Any) -> int:
    """Count coefficients and intercepts."""
    model = fitted[-1]
    return int(model.coef_.size + model.intercept_.size)


BASELINES.add(
    Baseline(
        key="logistic_regression",
        label="Logistic regression",
        help="A weighted sum of the features, turned into a probability: the classic first model to try.",
        order=10,
        make=make,
        count_parameters=count_parameters,
    )
)
