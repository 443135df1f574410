"""Logistic regression, the baseline of the paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qenn_core.registry import BASELINES, Baseline

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline


def make(seed: int) -> Pipeline:
    """Return logistic regression on standardised columns, with scikit-learn's default penalty (C = 1).

    The inputs are scaled for a circuit, and with such a scale the penalty on the weights would put the
    baseline at a disadvantage. It therefore standardises them again, using the rows that it is fitted on.
    Its hyperparameters are not tuned, just as those of the circuit are not. The solver is deterministic, so
    `seed` has no effect.
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
