"""Models that an earlier version of the app stored still give the same predictions."""

import numpy as np
import pytest

from qenn_core.analysis.row_prediction import predict_rows
from tests.analysis.trained import STORED
from tests.data.test_preparation import mixed

PROBABILITIES = {
    "model.zip": [0.507092391, 0.565634170, 0.507259094, 0.567807102, 0.549911299],
    # Amplitudes without a constant.
    "amplitude.zip": [0.502105600, 0.512767393, 0.460166218, 0.487980342, 0.474139452],
}


@pytest.mark.parametrize("name", PROBABILITIES)
def test_stored_model_gives_the_same_probabilities(name):
    expected = PROBABILITIES[name]
    predictions = predict_rows((STORED.parent / name).read_bytes(), mixed().frame.iloc[: len(expected)])
    assert np.allclose(predictions.probabilities[:, 0], expected, rtol=0, atol=1e-5)
