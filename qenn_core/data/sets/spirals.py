"""Two arms of a spiral."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qenn_core.data.sets._frames import N_SAMPLES, SEED, class_sizes, make_frame, noise_param, numbered_names
from qenn_core.registry import DATASETS, Dataset, Param

if TYPE_CHECKING:
    import pandas as pd


def make(n_samples: int, noise: float, turns: float, seed: int) -> pd.DataFrame:
    """Draw points on two Archimedean spirals of radius 0 to 1, the second half a turn behind the first."""
    rng = np.random.default_rng(seed)
    arm = np.repeat([0, 1], class_sizes(n_samples))
    # The square root spreads the points evenly along the arm instead of crowding them at its centre.
    radius = np.sqrt(rng.uniform(0, 1, n_samples))
    angle = 2 * np.pi * turns * radius + np.pi * arm
    points = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    points += rng.normal(0, noise, points.shape)
    return make_frame(points, numbered_names(2), "arm", arm, ("first", "second"))


DATASETS.add(
    Dataset(
        key="spirals",
        label="Spirals",
        help="Two arms wound around each other: the hardest of the two-dimensional shapes.",
        order=40,
        params=(
            N_SAMPLES,
            noise_param(0.03, 0.3),
            Param("turns", "Turns", "How often each arm winds around the centre.", 1.0, 0.5, 3.0, 0.25),
            SEED,
        ),
        target="arm",
        make=make,
    )
)
