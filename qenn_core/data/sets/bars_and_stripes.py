"""Bars and stripes, from Bowles, Ahmed and Schuld 2024 (arXiv 2403.07059)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qenn_core.data.sets._frames import N_SAMPLES, SEED, make_frame, noise_param
from qenn_core.registry import DATASETS, Dataset, Param

if TYPE_CHECKING:
    import pandas as pd


def make(n_samples: int, side: int, noise: float, seed: int) -> pd.DataFrame:
    """Draw square images of -1 (dark) and 1 (bright) in which random columns, or random rows, are bright."""
    rng = np.random.default_rng(seed)
    stripes = rng.integers(0, 2, n_samples)
    bright = rng.choice([-1.0, 1.0], (n_samples, side))
    images = np.broadcast_to(bright[:, None, :], (n_samples, side, side)).copy()
    images[stripes == 1] = images[stripes == 1].transpose(0, 2, 1)
    images += rng.normal(0, noise, images.shape)
    pixels = [f"pixel {row},{column}" for row in range(1, side + 1) for column in range(1, side + 1)]
    return make_frame(images.reshape(n_samples, -1), pixels, "pattern", stripes, ("bars", "stripes"))


DATASETS.add(
    Dataset(
        key="bars_and_stripes",
        label="Bars and stripes",
        help="Small noisy images of vertical bars or horizontal stripes.",
        order=240,
        params=(
            N_SAMPLES,
            Param("side", "Image side", "Pixels along each side of the image.", 4, 2, 8, step=1),
            noise_param(0.5, 2.0),
            SEED,
        ),
        target="pattern",
        make=make,
        brightness=(-1, 1),
    )
)
