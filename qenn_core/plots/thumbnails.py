"""Small pictures of images that are rows of a table."""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# Browsers smooth what they enlarge: pixels stay sharp up to this size.
SIDE = 64


def thumbnail(grey: NDArray[np.uint8]) -> str:
    """Return an image as the data URL of a PNG.

    Parameters
    ----------
    grey : array (height, width)
        From 0 for black to 255 for white.
    """
    times = max(1, SIDE // max(grey.shape))
    picture = io.BytesIO()
    Image.fromarray(grey.repeat(times, axis=0).repeat(times, axis=1)).save(picture, "PNG")
    return "data:image/png;base64," + base64.b64encode(picture.getvalue()).decode()
