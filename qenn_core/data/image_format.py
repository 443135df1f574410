"""The record of how the rows of a table are images; importing it loads no heavy library."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from qenn_core.data.prepared import Floats

if TYPE_CHECKING:
    import pandas as pd


class ImageFormat(BaseModel):
    """How the rows of a table are images.

    Parameters
    ----------
    height, width : int
        Pixels along the sides.
    pixels : tuple of str
        The columns that hold the pixels, row by row from the top left.
    low, high : float
        Values of a dark and of a bright pixel.
    preprocessing : {"nist"}, optional
        How images were made from what was drawn, so that new drawings are treated alike.
    """

    model_config = ConfigDict(frozen=True)

    height: int
    width: int
    pixels: tuple[str, ...]
    low: float
    high: float
    preprocessing: Literal["nist"] | None = None

    def read(self, frame: pd.DataFrame) -> Floats:
        """Return the images of rows as brightness.

        Parameters
        ----------
        frame : pandas.DataFrame
            The rows. A pixel that is missing in them is dark.

        Returns
        -------
        array (rows, height, width)
            From 0 for dark to 1 for bright.
        """
        # Pages import this module, and need not import pandas for it.
        from qenn_core.data.columns import to_numbers

        values = frame.reindex(columns=list(self.pixels)).apply(to_numbers).to_numpy()
        brightness = (values - self.low) / (self.high - self.low)
        images: Floats = np.clip(np.nan_to_num(brightness), 0, 1).reshape(-1, self.height, self.width)
        return images

    def read_grey(self, frame: pd.DataFrame) -> NDArray[np.uint8]:
        """Return the images of rows as levels of grey, 0 to 255, of shape (rows, height, width)."""
        return np.rint(255 * self.read(frame)).astype(np.uint8)

    def values(self, brightness: Sequence[float]) -> dict[str, float]:
        """Return the value of each pixel's column from its brightness, 0 to 1."""
        scale = self.high - self.low
        return {name: self.low + scale * level for name, level in zip(self.pixels, brightness, strict=True)}
