"""Two concentric rings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qenn_core.data.sets._frames import N_SAMPLES, SEED, make_frame, noise_param, numbered_names
from qenn_core.registry import DATASETS, Dataset, Param

if TYPE_CHECKING:
    import pandas as pd


def make(n_samples: int, noise: float, factor: float, seed: int) -> pd.DataFrame:
    """Draw points on a unit circle and on one of radius `factor`."""
    from sklearn.datasets import make_circles

    points, ring = make_circles(n_samples, noise=noise, factor=factor, random_state=seed)
    return make_frame(points, numbered_names(2), "ring", ring, ("outer", "inner"))


DATASETS.add(
    Dataset(
        key="circles",
        label="Circles",
        help="A small ring inside a large one: only the distance from the centre separates them.",
        order=20,
        params=(
            N_SAMPLES,
            noise_param(0.08, 0.5),
            Param(
                "factor",
                "Inner radius",
                "Radius of the inner ring; the outer ring has radius 1.",
                0.5,
                0.1,
                0.9,
                0.05,
            ),
            SEED,
        ),
        target="ring",
        make=make,
    )
)
