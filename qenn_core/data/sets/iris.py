"""Iris flowers, after R. A. Fisher, "The use of multiple measurements in taxonomic problems" (1936)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qenn_core.data.sets._frames import make_frame
from qenn_core.registry import DATASETS, Dataset

if TYPE_CHECKING:
    import pandas as pd


def make() -> pd.DataFrame:
    """Return the 150 flowers of scikit-learn's copy."""
    from sklearn.datasets import load_iris

    iris = load_iris()
    return make_frame(iris.data, iris.feature_names, "species", iris.target, iris.target_names)


DATASETS.add(
    Dataset(
        key="iris",
        label="Iris flowers",
        help="150 flowers of three species, with the length and width of their petals and sepals.",
        order=60,
        target="species",
        make=make,
    )
)
