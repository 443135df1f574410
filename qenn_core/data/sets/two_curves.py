"""Two close curves in space, from Bowles, Ahmed and Schuld 2024 (arXiv 2403.07059).

The paper's benchmark "two curves" varies the features at degree 5 and offset 0.1; its "two curves diff"
varies the degree at 10 features, with offset 1 / (2 degree).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qenn_core.data.sets._frames import (
    N_SAMPLES,
    SEED,
    class_sizes,
    make_frame,
    n_features_param,
    noise_param,
    numbered_names,
)
from qenn_core.registry import DATASETS, Dataset, Param

if TYPE_CHECKING:
    import pandas as pd


def make(
    n_samples: int, n_features: int, degree: int, offset: float, noise: float, seed: int
) -> pd.DataFrame:
    """Draw points on a random Fourier curve, and on the same curve moved by `offset` along every axis.

    Each feature is a Fourier series of frequencies 0 to `degree` (in units of half a turn) in the position
    t on the curve, with t uniform from 0 to 1.
    """
    rng = np.random.default_rng(seed)
    coefficients = rng.uniform(size=(2, degree + 1, n_features))
    coefficients /= np.linalg.norm(coefficients)
    curve = np.repeat([0, 1], class_sizes(n_samples))
    phases = np.pi * rng.uniform(size=(n_samples, 1)) * np.arange(degree + 1)
    # A sine of frequency 0 is 0; the paper's series has two constant terms, which only shift both curves.
    points = np.cos(phases) @ coefficients[0] + np.sin(phases) @ coefficients[1]
    points += offset * curve[:, None] + rng.normal(0, noise, points.shape)
    return make_frame(points, numbered_names(n_features), "curve", curve, ("first", "second"))


DATASETS.add(
    Dataset(
        key="two_curves",
        label="Two curves",
        help="Two copies of one winding curve, a small distance apart.",
        order=220,
        params=(
            N_SAMPLES,
            n_features_param(10),
            Param("degree", "Degree", "How much the curves wind.", 5, 1, 20, step=1),
            Param("offset", "Offset", "Distance between the curves along every axis.", 0.1, 0.01, 1.0, 0.01),
            noise_param(0.01, 0.2),
            SEED,
        ),
        target="curve",
        make=make,
    )
)
