"""Which tables hold images, and images as brightness and as values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from qenn_core.data.builtin import load_builtin
from qenn_core.data.columns import read_columns
from qenn_core.data.image_format import ImageFormat
from qenn_core.data.images import find_image
from qenn_core.experiment import CSV, DataSpec, Role
from qenn_core.registry import DATASETS

GRID = [(row, column) for row in range(3) for column in range(3)]


def table(names: Sequence[str], **others: Sequence[str]) -> pd.DataFrame:
    """Return a table of text cells, as from a file, in which only the first pixel is always dark."""
    cells = np.random.default_rng(0).integers(0, 256, (30, len(names))).astype(str)
    cells[:, 0] = "0"
    cells[0, 1:3] = "0", "255"
    return pd.DataFrame(cells, columns=list(names)).assign(kind=["a", "b"] * 15, **others)


def image_of(frame: pd.DataFrame, **roles: Role) -> ImageFormat | None:
    return find_image(CSV, read_columns(frame, roles, "kind"))


@pytest.mark.parametrize(
    "names",
    [
        [f"pixel {row + 1},{column + 1}" for row, column in GRID],
        [f"pixel_{row}_{column}" for row, column in GRID],
        [f"{row + 1}x{column + 1}" for row, column in GRID],
        [f"Pixel{number}" for number in range(9)],
        [f"px.{number}" for number in range(1, 10)],
    ],
    ids=["words", "scikit-learn", "MNIST", "from 0", "from 1"],
)
def test_pixels_are_recognised_by_their_names(names: list[str]) -> None:
    frame = table(names, age=["20"] * 30)
    shuffled = frame[[*reversed(names), "age", "kind"]]
    found = image_of(shuffled)
    assert found == ImageFormat(height=3, width=3, pixels=tuple(names), low=0, high=255)
    images = found.read(shuffled)
    assert np.allclose(images.reshape(-1, 9) * 255, frame[names].astype(float))


def test_images_need_not_be_square_if_names_have_rows_and_columns() -> None:
    found = image_of(table([f"pixel_{row}_{column}" for row in range(2) for column in range(5)]))
    assert found is not None
    assert (found.height, found.width) == (2, 5)


@pytest.mark.parametrize(
    "names",
    [
        ["height", "width", "x1", "x2"],
        [f"pixel{number}" for number in range(8)],
        [f"pixel{number}" for number in range(5, 14)],
        [f"pixel {row},{column}" for row, column in GRID[1:]],
        ["pixel0", "pixel1", "pixel2", "pixel 1,1"],
        ["1x1", "1x2", "1x3", "1x4"],
    ],
    ids=["other names", "no square", "not from 0 or 1", "a gap", "mixed names", "one line"],
)
def test_other_names_are_no_image(names: list[str]) -> None:
    assert image_of(table(names)) is None


def test_pixels_hold_numbers_and_are_used_as_numbers() -> None:
    names = [f"pixel{number}" for number in range(4)]
    frame = table(names)
    assert image_of(frame) is not None
    assert image_of(frame, pixel2="category") is None
    assert image_of(frame, pixel2="ignore") is not None
    assert image_of(frame.assign(pixel3=[None, "white"] + ["9"] * 28)) is None
    assert image_of(frame.assign(pixel3=[None, "255"] + ["9"] * 28)) is not None, "gaps are no other content"
    assert image_of(frame.assign(**dict.fromkeys(names, "7"))) is None, "nothing is brighter than the rest"


@pytest.mark.parametrize("entry", DATASETS, ids=lambda entry: entry.key)
def test_built_in_images_are_recognised(entry) -> None:
    frame = load_builtin(DataSpec(source=entry.key)).frame
    found = find_image(entry.key, read_columns(frame, {}, entry.target))
    pixels = [name for name in frame.columns if name.startswith("pixel")]
    assert (found.pixels if found else ()) == tuple(pixels)
    if found:
        images = found.read(frame)
        assert images.shape == (len(frame), found.height, found.width)
        assert images.min() == 0
        assert images.max() == 1
        assert entry.preprocessing == found.preprocessing
    else:
        assert entry.brightness is entry.preprocessing is None


def test_values_of_pixels_are_those_that_were_read() -> None:
    frame = load_builtin(DataSpec(source="digits_all")).frame
    found = find_image("digits_all", read_columns(frame, {}, "digit"))
    assert found is not None
    row = frame.iloc[7]
    values = found.values(found.read(frame.iloc[7:8]).ravel().tolist())
    assert values == pytest.approx(row.drop("digit").to_dict())


def test_missing_pixels_are_dark_and_others_stay_within_the_range() -> None:
    found = ImageFormat(height=1, width=4, pixels=("a", "b", "c", "d"), low=-1, high=1)
    rows = pd.DataFrame({"b": ["0", None], "c": ["5", "?"], "d": ["-7", "1"]})
    assert found.read(rows).tolist() == [[[0, 0.5, 1, 0]], [[0, 0, 0, 1]]]
