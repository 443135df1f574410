"""The plane through feature space on which data and decisions are drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA

from qenn_core.data.features import FittedFeatures
from qenn_core.data.prepared import Floats, Plane

# Free space around the outermost points, as a share of their range.
MARGIN = 0.08


@dataclass(frozen=True)
class _FeaturePlane:
    """The plane of two standardised features, in the units of their columns."""

    centre: Floats
    scale: Floats

    def to_features(self, points: Floats) -> Floats:
        return (points - self.centre) / self.scale

    def to_plane(self, features: Floats) -> Floats:
        return features * self.scale + self.centre


def fit_plane(fitted: FittedFeatures, train: Floats, held_out: Floats, seed: int) -> Plane | None:
    """Return the plane of the decision map.

    Two features span the plane themselves, in the units of their columns. More than two are projected onto
    the first two principal components of the training rows. A single feature has no plane.

    Parameters
    ----------
    fitted : FittedFeatures
        Names and units of the features.
    train : array (rows, n_features)
        Features of the training rows.
    held_out : array (rows, n_features)
        Features of the held-out rows; they only extend the area that is shown.
    seed : int
        Seed of the randomised decomposition of wide data.
    """
    n_features = len(fitted.names)
    if n_features < 2:
        return None
    if n_features == 2:
        feature_plane = _FeaturePlane(fitted.centre, fitted.scale)
        axes = (fitted.names[0], fitted.names[1])
        to_features, to_plane = feature_plane.to_features, feature_plane.to_plane
    else:
        pca = PCA(2, random_state=seed).fit(train)
        first, second = pca.explained_variance_ratio_
        axes = f"component 1 ({first:.0%})", f"component 2 ({second:.0%})"
        to_features, to_plane = pca.inverse_transform, pca.transform
    points = to_plane(np.vstack([train, held_out]))
    low, high = points.min(axis=0), points.max(axis=0)
    margin = MARGIN * (high - low)
    (x_low, y_low), (x_high, y_high) = (low - margin).tolist(), (high + margin).tolist()
    return Plane(axes, (x_low, y_low), (x_high, y_high), to_features, to_plane, exact=n_features == 2)
