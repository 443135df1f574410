"""Images of all ten handwritten digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qenn_core.data.sets._handwriting import BRIGHTNESS, digits_frame
from qenn_core.registry import DATASETS, Dataset

if TYPE_CHECKING:
    import pandas as pd


def make() -> pd.DataFrame:
    """Return all 1,797 images."""
    return digits_frame(range(10))


DATASETS.add(
    Dataset(
        key="digits_all",
        label="Ten handwritten digits",
        help="1,797 images of the digits 0 to 9, 8 by 8 pixels each: ten classes at once.",
        order=110,
        target="digit",
        make=make,
        brightness=BRIGHTNESS,
        preprocessing="nist",
    )
)
