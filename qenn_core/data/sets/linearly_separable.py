"""Points on two sides of a plane, from Bowles, Ahmed and Schuld 2024 (arXiv 2403.07059)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qenn_core.data.sets._frames import N_SAMPLES, SEED, make_frame, n_features_param, numbered_names
from qenn_core.registry import DATASETS, Dataset, Param

if TYPE_CHECKING:
    import pandas as pd


def make(n_samples: int, n_features: int, margin: float, seed: int) -> pd.DataFrame:
    """Draw points in the cube from -1 to 1 whose sum is further from 0 than `margin` per feature."""
    rng = np.random.default_rng(seed)
    points = np.empty((0, n_features))
    while len(points) < n_samples:
        drawn = rng.uniform(-1, 1, (2 * n_samples, n_features))
        points = np.vstack([points, drawn[np.abs(drawn.sum(axis=1)) > margin * n_features]])
    points = points[:n_samples]
    above = (points.sum(axis=1) > 0).astype(int)
    return make_frame(points, numbered_names(n_features), "side", above, ("below", "above"))


DATASETS.add(
    Dataset(
        key="linearly_separable",
        label="Linearly separable",
        help="Points on two sides of a flat boundary: logistic regression is good enough here.",
        order=200,
        params=(
            N_SAMPLES,
            n_features_param(4),
            Param("margin", "Margin", "Free space at the boundary, per feature.", 0.02, 0.0, 0.2, 0.01),
            SEED,
        ),
        target="side",
        make=make,
    )
)
