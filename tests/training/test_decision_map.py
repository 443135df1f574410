from base64 import b64decode
from dataclasses import replace

import numpy as np
import torch

from qenn_core.analysis import decision_map
from qenn_core.analysis.decision_map import compute_decision_map, map_points
from qenn_core.analysis.map_data import DecisionMap, MapFrame


class LinearModel(torch.nn.Linear):
    evaluation_batch_size = 100


def linear_model(*weights: float) -> LinearModel:
    """Return a model that predicts class 1 where the weighted sum of its inputs is positive."""
    model = LinearModel(len(weights), 2, bias=False, dtype=torch.float64)
    with torch.no_grad():
        model.weight.copy_(torch.tensor([[0.0] * len(weights), list(weights)]))
    return model


def test_grid_shows_the_boundary_of_a_known_model(separable):
    found = compute_decision_map(linear_model(1, 2), separable, 31)
    assert found is not None
    x, y = np.meshgrid(found.x, found.y)
    sums = x + 2 * y
    clear = np.abs(sums) > 1e-9
    assert np.array_equal(np.array(found.winner)[clear], (sums > 0)[clear])
    expected = 1 / (1 + np.exp(-np.abs(sums)))
    assert np.allclose(found.probability, expected, atol=5.1e-4)
    assert (found.x[0], found.x[-1]) == (separable.plane.low[0], separable.plane.high[0])
    assert DecisionMap.model_validate_json(found.model_dump_json()) == found


def test_points_pass_through_the_reduction(separable, prepared):
    features = np.vstack([part.features for part in separable.parts.values()])
    labels = np.hstack([part.labels for part in separable.parts.values()])
    data = prepared(features, labels, lambda rows: rows[:, :1])
    found = compute_decision_map(linear_model(1), data, 10)
    assert found is not None
    assert all(row == found.winner[0] for row in found.winner)


def test_rows_on_the_map_are_predicted_but_test_rows_only_at_the_end(separable, monkeypatch):
    monkeypatch.setattr(decision_map, "MAX_POINTS", 70)
    points = map_points(separable)
    answers = [int(point.x + 2 * point.y > 0) for point in points]
    model = linear_model(1, 2)
    assert compute_decision_map(model, separable, 3, test_rows=True).predictions == tuple(answers)
    assert compute_decision_map(model, separable, 3).predictions == tuple(
        None if point.part == "test" else answer for point, answer in zip(points, answers, strict=True)
    )


def test_map_is_small_enough_to_send(separable):
    found = compute_decision_map(linear_model(1, 2), separable, 50)
    assert found is not None
    assert len(found.model_dump_json()) < 30_000


def test_kept_map_has_a_byte_for_each_point_with_class_and_certainty(separable):
    found = compute_decision_map(linear_model(1, 2), separable, 40)
    assert found is not None
    frame = MapFrame.of(found, 7, 2)
    cells = np.frombuffer(b64decode(frame.cells), np.uint8).reshape(frame.size, frame.size)
    assert np.array_equal(cells >> 4, found.winner)
    assert np.allclose(0.5 + (cells & 15) / 30, found.probability, atol=1 / 60 + 1e-9)
    predictions = tuple(None if byte == 255 else byte for byte in b64decode(frame.predictions))
    assert predictions == found.predictions
    assert len(frame.model_dump_json()) < 2_500


def test_no_map_without_a_plane(separable):
    flat = replace(separable, plane=None)
    assert compute_decision_map(linear_model(1, 2), flat, 10) is None
    assert map_points(flat) == ()


def test_points_have_class_and_part(separable):
    points = map_points(separable)
    assert len(points) == 150
    for name, part in separable.parts.items():
        shown = [point for point in points if point.part == name]
        assert [point.label for point in shown] == part.labels.tolist()
        assert np.array_equal([(point.x, point.y) for point in shown], part.features)


def test_many_points_are_sampled_evenly(separable, monkeypatch):
    monkeypatch.setattr(decision_map, "MAX_POINTS", 50)
    points = map_points(separable)
    counts = [sum(point.part == name for point in points) for name in separable.parts]
    assert sum(counts) == 50
    assert np.allclose(counts, [30, 10, 10], atol=1)
