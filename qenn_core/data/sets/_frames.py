"""Shared by the data sets: common settings, and helpers for their data frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qenn_core.registry import Param

if TYPE_CHECKING:
    import pandas as pd

N_SAMPLES = Param("n_samples", "Rows", "Number of rows to generate.", 300, 40, 2000, step=10)
SEED = Param("seed", "Data seed", "The same seed generates the same rows.", 0, 0, 2**31 - 1, step=1)


def noise_param(default: float, high: float) -> Param:
    """Return the setting for the standard deviation of Gaussian noise on each feature."""
    return Param("noise", "Scatter", "How far the points are scattered at random.", default, 0.0, high, 0.01)


def n_features_param(default: int) -> Param:
    """Return the setting for the number of features."""
    return Param("n_features", "Features", "How many numbers describe each row.", default, 2, 20, step=1)


def class_sizes(n_samples: int, n_classes: int = 2) -> list[int]:
    """Divide `n_samples` rows among classes as evenly as possible."""
    return [(n_samples + k) // n_classes for k in range(n_classes)]


def make_frame(
    features: ArrayLike,
    feature_names: Sequence[str],
    target: str,
    classes: NDArray[np.integer],
    class_names: Sequence[str],
) -> pd.DataFrame:
    """Return a frame of features (rows, n_features) and the name of each row's class."""
    import pandas as pd

    frame = pd.DataFrame(np.asarray(features), columns=list(feature_names))
    frame[target] = np.asarray(class_names, dtype=object)[classes]
    return frame


def numbered_names(n_features: int) -> list[str]:
    """Return the names ``x1`` to ``xn``."""
    return [f"x{k}" for k in range(1, n_features + 1)]
