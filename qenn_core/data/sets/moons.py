"""Two crescents that reach into one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qenn_core.data.sets._frames import N_SAMPLES, SEED, frame_of, noise, numbered
from qenn_core.registry import DATASETS, Dataset

if TYPE_CHECKING:
    import pandas as pd


def make(n_samples: int, noise: float, seed: int) -> pd.DataFrame:
    """Draw points on two half circles, the lower one shifted into the opening of the upper one."""
    from sklearn.datasets import make_moons

    points, moon = make_moons(n_samples, noise=noise, random_state=seed)
    return frame_of(points, numbered(2), "moon", moon, ("upper", "lower"))


DATASETS.add(
    Dataset(
        key="moons",
        label="Two moons",
        help="Two crescents that reach into one another: no straight line can part them.",
        order=10,
        params=(N_SAMPLES, noise(0.15, 0.5), SEED),
        target="moon",
        make=make,
    )
)
