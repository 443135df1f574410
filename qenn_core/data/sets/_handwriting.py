"""Handwritten digits (Alpaydin and Kaynak; UCI Machine Learning Repository, 1998), for two data sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from qenn_core.data.sets._frames import make_frame

if TYPE_CHECKING:
    import pandas as pd

SIDE = 8
# The inked ones of the 4 × 4 dots that a pixel stands for.
BRIGHTNESS = (0, 16)


def digits_frame(chosen: Sequence[int]) -> pd.DataFrame:
    """Return scikit-learn's images of the `chosen` digits, one column per pixel with brightness 0 to 16."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    rows = np.isin(digits.target, chosen)
    pixels = [f"pixel {row},{column}" for row in range(1, SIDE + 1) for column in range(1, SIDE + 1)]
    names = [f"digit {digit}" for digit in range(10)]
    return make_frame(digits.data[rows], pixels, "digit", digits.target[rows], names)
