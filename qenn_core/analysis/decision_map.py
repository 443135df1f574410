"""The class that a model predicts at each point of the plane of the data."""

from __future__ import annotations

import numpy as np

from qenn_core.analysis.map_data import DecisionMap, MapPoint
from qenn_core.data import Plane, PreparedData
from qenn_core.model import HybridModel
from qenn_core.training import predict

MAX_POINTS = 400


def compute_decision_map(model: HybridModel, data: PreparedData, resolution: int) -> DecisionMap | None:
    """Predict the class at each point of a grid on the plane of `data`.

    Parameters
    ----------
    model : HybridModel
        The model with its current weights.
    data : PreparedData
        The data that the model is trained on.
    resolution : int
        The number of points along each axis, at least 2; the grid has its square.

    Returns
    -------
    DecisionMap or None
        ``None`` if the data have no plane.
    """
    plane = data.plane
    if plane is None:
        return None
    x, y = _grid_coordinates(plane, 0, resolution), _grid_coordinates(plane, 1, resolution)
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    probabilities = predict(model, data.to_inputs(plane.to_features(points))).reshape(len(y), len(x), -1)
    return DecisionMap(
        axes=plane.axes,
        x=tuple(x.tolist()),
        y=tuple(y.tolist()),
        winner=tuple(map(tuple, probabilities.argmax(axis=2).tolist())),
        probability=tuple(map(tuple, probabilities.max(axis=2).round(3).tolist())),
        exact=plane.exact,
    )


def map_points(data: PreparedData, limit: int = MAX_POINTS) -> tuple[MapPoint, ...]:
    """Return the rows of `data`, or a sample of `limit` of them, as points on its plane.

    Each part of the split has its share of the sample. Without a plane there are no points.
    """
    if data.plane is None:
        return ()
    rows = [
        (*point, label, name)
        for name, part in data.parts.items()
        for point, label in zip(
            data.plane.to_plane(part.features).tolist(), part.labels.tolist(), strict=True
        )
    ]
    # The rows of each part are shuffled, so evenly spaced ones are a random sample.
    chosen = np.linspace(0, len(rows) - 1, min(limit, len(rows))).round().astype(int)
    return tuple(
        MapPoint(x=x, y=y, label=label, part=name) for x, y, label, name in (rows[i] for i in chosen)
    )


def _grid_coordinates(
    plane: Plane, axis: int, resolution: int
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.linspace(plane.low[axis], plane.high[axis], resolution)
