"""The hidden manifold model, from Bowles, Ahmed and Schuld 2024 (arXiv 2403.07059).

The paper's benchmark "hidden manifold" varies the features at manifold dimension 6; its "hidden manifold
diff" varies the manifold dimension at 10 features.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qenn_core.data.sets._frames import N_SAMPLES, SEED, make_frame, n_features_param, numbered_names
from qenn_core.registry import DATASETS, Dataset, Param

if TYPE_CHECKING:
    import pandas as pd


def make(n_samples: int, n_features: int, manifold_dimension: int, seed: int) -> pd.DataFrame:
    """Draw Gaussian points c on a manifold, map them to tanh(c F / sqrt(m) - b) and label them by a network.

    The class is whether the output of a random network with one hidden layer of tanh neurons for c is above
    its median, so each class has half of the rows.
    """
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(n_samples, manifold_dimension))
    embedding = rng.normal(size=(manifold_dimension, n_features)) / np.sqrt(manifold_dimension)
    points = np.tanh(hidden @ embedding - rng.uniform(-1, 1, n_features))
    weights = rng.normal(size=(manifold_dimension, manifold_dimension))
    output = np.tanh(hidden @ weights) @ rng.normal(size=manifold_dimension)
    high = (output > np.median(output)).astype(int)
    return make_frame(points, numbered_names(n_features), "output", high, ("low", "high"))


DATASETS.add(
    Dataset(
        key="hidden_manifold",
        label="Hidden manifold",
        help="A few hidden numbers determine the class; the features are many nonlinear mixtures of them.",
        order=210,
        params=(
            N_SAMPLES,
            n_features_param(10),
            Param(
                "manifold_dimension",
                "Hidden numbers",
                "How many numbers determine the class.",
                6,
                1,
                20,
                step=1,
            ),
            SEED,
        ),
        target="output",
        make=make,
    )
)
