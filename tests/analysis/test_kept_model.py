"""A model that was kept by an earlier version says what it said."""

import numpy as np

from qenn_core.analysis.row_prediction import predict_rows
from tests.analysis.trained import KEPT
from tests.data.test_preparation import mixed

SAID = [0.507092391, 0.565634170, 0.507259094, 0.567807102, 0.549911299]


def test_a_model_that_was_kept_still_says_the_same():
    said = predict_rows(KEPT.read_bytes(), mixed().frame.iloc[: len(SAID)])
    assert np.allclose(said.probabilities[:, 0], SAID, rtol=0, atol=1e-5)
