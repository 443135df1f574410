"""Where in the plane of the data a model names which class."""

from __future__ import annotations

import numpy as np

from qenn_core.analysis.map_data import DecisionMap, MapPoint
from qenn_core.data import Plane, PreparedData
from qenn_core.model import HybridModel
from qenn_core.training import predict

MAX_POINTS = 400


def compute_decision_map(model: HybridModel, data: PreparedData, resolution: int) -> DecisionMap | None:
    """Ask `model` for every point of a grid over the plane of `data`.

    Parameters
    ----------
    model : HybridModel
        The model as it is now.
    data : PreparedData
        What the model is trained on.
    resolution : int
        Points along each axis, 2 or more; the model answers for the square of it.

    Returns
    -------
    DecisionMap or None
        ``None`` where the data have no plane.
    """
    plane = data.plane
    if plane is None:
        return None
    x, y = _axis(plane, 0, resolution), _axis(plane, 1, resolution)
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
    """Return the rows of `data` on its plane, or `limit` of them, evenly taken from all three parts."""
    if data.plane is None:
        return ()
    rows = [
        (*point, label, name)
        for name, part in data.parts.items()
        for point, label in zip(
            data.plane.to_plane(part.features).tolist(), part.labels.tolist(), strict=True
        )
    ]
    # The split has shuffled the rows, so that every k-th is a fair sample.
    chosen = np.linspace(0, len(rows) - 1, min(limit, len(rows))).round().astype(int)
    return tuple(
        MapPoint(x=x, y=y, label=label, part=name) for x, y, label, name in (rows[i] for i in chosen)
    )


def _axis(plane: Plane, number: int, resolution: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.linspace(plane.low[number], plane.high[number], resolution)
