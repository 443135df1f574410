"""Breast tumours (Wolberg, Street and Mangasarian; UCI Machine Learning Repository, 1995)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qenn_core.data.sets._frames import make_frame
from qenn_core.registry import DATASETS, Dataset

if TYPE_CHECKING:
    import pandas as pd


def make() -> pd.DataFrame:
    """Return the 569 tumours of scikit-learn's copy."""
    from sklearn.datasets import load_breast_cancer

    cancer = load_breast_cancer()
    return make_frame(cancer.data, cancer.feature_names, "diagnosis", cancer.target, cancer.target_names)


DATASETS.add(
    Dataset(
        key="breast_cancer",
        label="Breast cancer",
        help="569 tumours, benign or malignant, with 30 measurements of their cells.",
        order=90,
        target="diagnosis",
        make=make,
    )
)
