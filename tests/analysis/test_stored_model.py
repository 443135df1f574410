"""A model that an earlier version of the app stored still gives the same predictions."""

import numpy as np

from qenn_core.analysis.row_prediction import predict_rows
from tests.analysis.trained import STORED
from tests.data.test_preparation import mixed

PROBABILITIES = [0.507092391, 0.565634170, 0.507259094, 0.567807102, 0.549911299]


def test_stored_model_gives_the_same_probabilities():
    predictions = predict_rows(STORED.read_bytes(), mixed().frame.iloc[: len(PROBABILITIES)])
    assert np.allclose(predictions.probabilities[:, 0], PROBABILITIES, rtol=0, atol=1e-5)
