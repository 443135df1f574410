"""Wines of three cultivars (Forina and others; UCI Machine Learning Repository, 1991)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qenn_core.data.sets._frames import make_frame
from qenn_core.registry import DATASETS, Dataset

if TYPE_CHECKING:
    import pandas as pd

READABLE = {"od280/od315_of_diluted_wines": "OD280/OD315"}


def make() -> pd.DataFrame:
    """Return the 178 wines of scikit-learn's copy."""
    from sklearn.datasets import load_wine

    wine = load_wine()
    names = [READABLE.get(name, name.replace("_", " ")) for name in wine.feature_names]
    return make_frame(wine.data, names, "cultivar", wine.target, [f"cultivar {k}" for k in (1, 2, 3)])


DATASETS.add(
    Dataset(
        key="wine",
        label="Wine",
        help="178 wines from three grape varieties, with 13 chemical measurements each.",
        order=80,
        target="cultivar",
        make=make,
    )
)
