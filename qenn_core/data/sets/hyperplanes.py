"""Hyperplanes and parity, from Bowles, Ahmed and Schuld 2024 (arXiv 2403.07059)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qenn_core.data.sets._frames import (
    N_SAMPLES,
    SEED,
    class_sizes,
    make_frame,
    n_features_param,
    numbered_names,
)
from qenn_core.registry import DATASETS, Dataset, Param

if TYPE_CHECKING:
    import pandas as pd


def make(n_samples: int, n_features: int, n_hyperplanes: int, dimension: int, seed: int) -> pd.DataFrame:
    """Draw Gaussian points and label them by whether they lie above an even or odd number of random planes.

    Each class has half of the rows. Features are random linear mixtures of the points' coordinates.
    """
    rng = np.random.default_rng(seed)
    sizes = class_sizes(n_samples)
    rows: list[np.ndarray] = []
    # Planes that nearly coincide leave almost no odd points between them, so draw other planes.
    while not rows or any(len(row) < size for row, size in zip(rows, sizes, strict=True)):
        normals = rng.uniform(size=(dimension, n_hyperplanes))
        biases = rng.uniform(size=n_hyperplanes)
        points = rng.normal(size=(10 * n_samples, dimension))
        odd = (points @ normals + biases > 0).sum(axis=1) % 2
        rows = [np.flatnonzero(odd == parity)[:size] for parity, size in enumerate(sizes)]
    features = points[np.concatenate(rows)] @ rng.uniform(size=(dimension, n_features))
    return make_frame(
        features, numbered_names(n_features), "parity", np.repeat([0, 1], sizes), ("even", "odd")
    )


DATASETS.add(
    Dataset(
        key="hyperplanes",
        label="Hyperplanes",
        help="The class is whether a point lies above an even or odd number of random planes.",
        order=230,
        params=(
            N_SAMPLES,
            n_features_param(10),
            Param("n_hyperplanes", "Planes", "Number of planes that divide the space.", 2, 1, 20, step=1),
            Param(
                "dimension", "Dimension", "Dimension of the space that the planes divide.", 3, 2, 10, step=1
            ),
            SEED,
        ),
        target="parity",
        make=make,
    )
)
