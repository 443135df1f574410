"""Round clouds of points, one per class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qenn_core.data.sets._frames import N_SAMPLES, SEED, make_frame, numbered_names
from qenn_core.registry import DATASETS, Dataset, Param

if TYPE_CHECKING:
    import pandas as pd

CIRCLE_RADIUS = 3.0


def make(n_samples: int, n_classes: int, spread: float, seed: int) -> pd.DataFrame:
    """Draw Gaussian clouds of standard deviation `spread` around points evenly spaced on a circle."""
    from sklearn.datasets import make_blobs

    angles = 2 * np.pi * np.arange(n_classes) / n_classes
    centres = CIRCLE_RADIUS * np.column_stack([np.cos(angles), np.sin(angles)])
    points, blob = make_blobs(n_samples, centers=centres, cluster_std=spread, random_state=seed)
    return make_frame(points, numbered_names(2), "blob", blob, [f"blob {letter}" for letter in "ABCD"])


DATASETS.add(
    Dataset(
        key="blobs",
        label="Blobs",
        help="Two to four round clouds: the easiest shape, with up to four classes.",
        order=50,
        params=(
            N_SAMPLES,
            Param("n_classes", "Classes", "Number of clouds.", 3, 2, 4, step=1),
            Param("spread", "Spread", "Width of each cloud; wide clouds overlap.", 1.2, 0.2, 3.0, 0.1),
            SEED,
        ),
        target="blob",
        make=make,
    )
)
