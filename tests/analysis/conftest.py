"""The small trained model that the tests of this folder share."""

import pytest

from tests.analysis.trained import SMALL, Trained, trained
from tests.data.tables import csv_spec
from tests.data.test_preparation import mixed


@pytest.fixture(scope="session")
def model() -> Trained:
    """A model whose preparation has every step: trained on the best features of all kinds of columns."""
    steps = {"encoding.reduction": "kbest", "encoding.kind": "amplitude"}
    return trained(csv_spec().with_(**SMALL, **steps), mixed())
