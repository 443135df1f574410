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
class _Units:
    """Two standardised features and the units of their columns."""

    centre: Floats
    scale: Floats

    def to_features(self, points: Floats) -> Floats:
        return (points - self.centre) / self.scale

    def to_plane(self, features: Floats) -> Floats:
        return features * self.scale + self.centre


def plane_of(fitted: FittedFeatures, train: Floats, others: Floats, seed: int) -> Plane | None:
    """Return the plane for the map.

    Two features are their own plane, in the units of their columns. More are seen along the first two
    principal components of the training rows. One feature has no plane.

    Parameters
    ----------
    fitted : FittedFeatures
        Names and units of the features.
    train : array (rows, n_features)
        Features of the training rows.
    others : array (rows, n_features)
        Features of the held-out rows; they only widen the frame of the picture.
    seed : int
        Seed of the decomposition of wide data.
    """
    n_features = len(fitted.names)
    if n_features < 2:
        return None
    if n_features == 2:
        units = _Units(fitted.centre, fitted.scale)
        axes = (fitted.names[0], fitted.names[1])
        to_features, to_plane = units.to_features, units.to_plane
    else:
        pca = PCA(2, random_state=seed).fit(train)
        first, second = pca.explained_variance_ratio_
        axes = (
            f"component 1 ({first:.0%} of variance)",
            f"component 2 ({second:.0%} of variance)",
        )
        to_features, to_plane = pca.inverse_transform, pca.transform
    points = to_plane(np.vstack([train, others]))
    low, high = points.min(axis=0), points.max(axis=0)
    margin = MARGIN * (high - low)
    (x_low, y_low), (x_high, y_high) = (low - margin).tolist(), (high + margin).tolist()
    return Plane(axes, (x_low, y_low), (x_high, y_high), to_features, to_plane, exact=n_features == 2)
