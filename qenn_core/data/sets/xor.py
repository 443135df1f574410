"""Exclusive or: a square divided into four fields of alternating class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qenn_core.data.sets._frames import N_SAMPLES, SEED, make_frame, noise_param, numbered_names
from qenn_core.registry import DATASETS, Dataset

if TYPE_CHECKING:
    import pandas as pd


def make(n_samples: int, noise: float, seed: int) -> pd.DataFrame:
    """Draw points in the square from -1 to 1; the class is whether the two signs differ."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(-1, 1, (n_samples, 2))
    differ = (points.prod(axis=1) < 0).astype(int)
    points += rng.normal(0, noise, points.shape)
    return make_frame(points, numbered_names(2), "signs", differ, ("same", "different"))


DATASETS.add(
    Dataset(
        key="xor",
        label="XOR",
        help="Four squares of a chessboard: each feature alone is useless, both together give the class.",
        order=30,
        params=(N_SAMPLES, noise_param(0.1, 0.5), SEED),
        target="signs",
        make=make,
    )
)
