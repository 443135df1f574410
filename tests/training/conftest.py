"""Prepared data built by hand, to test training without the preparation of real data."""

from collections.abc import Callable

import numpy as np
import pytest

from qenn_core.data.prepared import Floats, Ints, Part, Plane, PreparedData


def _prepared(
    features: Floats, labels: Ints, reduce: Callable[[Floats], Floats] = lambda x: x
) -> PreparedData:
    """Split rows 3:1:1 in the given order; two features span a plane."""
    cuts = [len(labels) * 3 // 5, len(labels) * 4 // 5]
    parts = [
        Part(rows, reduce(rows), classes)
        for rows, classes in zip(np.split(features, cuts), np.split(labels, cuts), strict=True)
    ]
    n_features, n_inputs = features.shape[1], parts[0].inputs.shape[1]
    plane = Plane(
        axes=("a", "b"),
        low=tuple(features[:, :2].min(axis=0).tolist()),
        high=tuple(features[:, :2].max(axis=0).tolist()),
        to_features=lambda points: points,
        to_plane=lambda rows: rows,
        exact=True,
    )
    return PreparedData(
        *parts,
        class_names=tuple(f"class {k}" for k in range(labels.max() + 1)),
        feature_names=tuple(f"f{k}" for k in range(n_features)),
        input_names=tuple(f"i{k}" for k in range(n_inputs)),
        to_inputs=reduce,
        plane=plane if n_features == 2 else None,
        notes=(),
    )


@pytest.fixture
def prepared() -> Callable[..., PreparedData]:
    """Return a function that prepares features and labels, optionally with a reduction."""
    return _prepared


@pytest.fixture
def separable() -> PreparedData:
    """Two classes, separated by a line through the origin; 150 rows."""
    points = np.random.default_rng(7).uniform(-1.5, 1.5, size=(150, 2))
    points += 0.2 * np.sign(points.sum(axis=1, keepdims=True))
    return _prepared(points, (points.sum(axis=1) > 0).astype(np.int64))
