"""A library of one compiled function, for tests of libraries."""

from pathlib import Path

import numpy as np

from qenn_core.engine.native.library import Library

TINY = Library("tiny", __name__, [Path(__file__)])


@TINY.entry
def double(numbers):
    """Return twice the numbers."""
    return 2 * numbers


ENTRIES = (double,)


def call_entries() -> None:
    """Call the function with the only type that it is used with."""
    double(np.zeros(1, np.float32))
