"""The small trained model that the tests of this folder share."""

import pytest

from tests.analysis.trained import SMALL, Trained, trained
from tests.data.tables import csv_spec
from tests.data.test_preparation import mixed


@pytest.fixture(scope="session")
def model() -> Trained:
    """A model that was trained on the best features of a table with all kinds of columns."""
    return trained(csv_spec().with_(**SMALL, **{"encoding.reduction": "kbest"}), mixed())
