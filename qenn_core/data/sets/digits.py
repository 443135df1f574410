"""Images of two handwritten digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qenn_core.data.sets._handwriting import BRIGHTNESS, digits_frame
from qenn_core.errors import DataError
from qenn_core.registry import DATASETS, Dataset, Param

if TYPE_CHECKING:
    import pandas as pd


def make(first: int, second: int) -> pd.DataFrame:
    """Return the images of digits `first` and `second`; raise `DataError` if they are the same."""
    if first == second:
        raise DataError(
            f"Both digits are {first}.",
            "The two digits are the classes, so they must differ.",
            "Choose two different digits.",
            "data.params.second",
        )
    return digits_frame((first, second))


DATASETS.add(
    Dataset(
        key="digits",
        label="Two handwritten digits",
        help="Images of two digits of your choice, 8 by 8 pixels each.",
        order=100,
        params=(
            Param("first", "First digit", "One of the two digits to distinguish.", 3, 0, 9, step=1),
            Param("second", "Second digit", "The other of the two digits to distinguish.", 5, 0, 9, step=1),
        ),
        target="digit",
        make=make,
        brightness=BRIGHTNESS,
        preprocessing="nist",
    )
)
