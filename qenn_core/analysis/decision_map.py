"""The class that a model predicts at each point of the plane of the data, and for the rows shown on it."""

from __future__ import annotations

import numpy as np

from qenn_core.analysis.map_data import DecisionMap, MapPoint
from qenn_core.data import Floats, Ints, PartName, Plane, PreparedData
from qenn_core.model import HybridModel
from qenn_core.training import predict

MAX_POINTS = 400


def compute_decision_map(
    model: HybridModel, data: PreparedData, resolution: int, *, test_rows: bool = False
) -> DecisionMap | None:
    """Predict the class at each point of a grid on the plane of `data`, and for each row of `map_points`.

    Parameters
    ----------
    model : HybridModel
        The model with its current weights.
    data : PreparedData
        The data that the model is trained on.
    resolution : int
        The number of points along each axis, at least 2; the grid has its square.
    test_rows : bool
        Whether to predict the test rows too, which is for the end of a training only.

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
        n_features=data.n_features,
        predictions=_predict_rows(model, data, test_rows=test_rows),
    )


def map_points(data: PreparedData) -> tuple[MapPoint, ...]:
    """Return the rows of `data`, or a sample of ``MAX_POINTS`` of them, as points on its plane.

    Each part of the split has its share of the sample. Without a plane there are no points.
    """
    if data.plane is None:
        return ()
    return tuple(
        MapPoint(x=x, y=y, label=label, part=name)
        for name, rows in _rows_on_map(data).items()
        for (x, y), label in zip(
            data.plane.to_plane(data.parts[name].features[rows]).tolist(),
            data.parts[name].labels[rows].tolist(),
            strict=True,
        )
    )


def _predict_rows(model: HybridModel, data: PreparedData, *, test_rows: bool) -> tuple[int | None, ...]:
    """Return the class predicted for each row of `map_points`; ``None`` for test rows unless `test_rows`."""
    rows = _rows_on_map(data)
    known = [name for name in rows if test_rows or name != "test"]
    inputs = np.concatenate([data.parts[name].inputs[rows[name]] for name in known])
    # The test part is the last one.
    unknown = (None,) * sum(len(rows[name]) for name in rows if name not in known)
    return (*predict(model, inputs).argmax(axis=1).tolist(), *unknown)


def _rows_on_map(data: PreparedData) -> dict[PartName, Ints]:
    """Return which rows of each part are on the map."""
    sizes = [len(part.labels) for part in data.parts.values()]
    # The rows of each part are shuffled, so evenly spaced ones are a random sample.
    chosen = np.linspace(0, sum(sizes) - 1, min(MAX_POINTS, sum(sizes))).round().astype(int)
    ends = np.cumsum(sizes)
    return {
        name: chosen[(chosen >= end - size) & (chosen < end)] - (end - size)
        for name, size, end in zip(data.parts, sizes, ends, strict=True)
    }


def _grid_coordinates(plane: Plane, axis: int, resolution: int) -> Floats:
    return np.linspace(plane.low[axis], plane.high[axis], resolution)
