"""Thumbnails show the pixels of an image."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from qenn_core.plots.thumbnails import thumbnail


@pytest.mark.parametrize("shape", [(8, 8), (2, 22), (100, 3)])
def test_a_thumbnail_has_every_pixel_in_its_place(shape: tuple[int, int]) -> None:
    grey = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    kind, content = thumbnail(grey).split(",")
    assert kind == "data:image/png;base64"
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(content))))
    times = shown.shape[0] // shape[0]
    assert shown.shape == (shape[0] * times, shape[1] * times)
    assert np.array_equal(shown[::times, ::times], grey)
    assert np.array_equal(shown[times - 1 :: times, times - 1 :: times], grey)
