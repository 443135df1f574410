"""Two interlocking crescents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qenn_core.data.sets._frames import N_SAMPLES, SEED, make_frame, noise_param, numbered_names
from qenn_core.registry import DATASETS, Dataset

if TYPE_CHECKING:
    import pandas as pd


def make(n_samples: int, noise: float, seed: int) -> pd.DataFrame:
    """Draw points on two half circles, the lower one shifted into the opening of the upper one."""
    from sklearn.datasets import make_moons

    points, moon = make_moons(n_samples, noise=noise, random_state=seed)
    return make_frame(points, numbered_names(2), "moon", moon, ("upper", "lower"))


DATASETS.add(
    Dataset(
        key="moons",
        label="Two moons",
        help="Two interlocking crescents: no straight line can separate them.",
        order=10,
        params=(N_SAMPLES, noise_param(0.15, 0.5), SEED),
        target="moon",
        make=make,
    )
)
