"""The exclusive or: a square cut into four fields of alternating class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qenn_core.data.sets._frames import N_SAMPLES, SEED, frame_of, noise, numbered
from qenn_core.registry import DATASETS, Dataset

if TYPE_CHECKING:
    import pandas as pd


def make(n_samples: int, noise: float, seed: int) -> pd.DataFrame:
    """Draw points in the square from -1 to 1; the class tells whether the two signs differ."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(-1, 1, (n_samples, 2))
    differ = (points.prod(axis=1) < 0).astype(int)
    points += rng.normal(0, noise, points.shape)
    return frame_of(points, numbered(2), "signs", differ, ("same", "different"))


DATASETS.add(
    Dataset(
        key="xor",
        label="XOR",
        help="Four fields of a chessboard: each feature alone says nothing, both together say all.",
        order=30,
        params=(N_SAMPLES, noise(0.1, 0.5), SEED),
        target="signs",
        make=make,
    )
)
