"""Penguins of the Palmer Archipelago (Gorman, Williams and Fraser 2014; data CC0)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qenn_core.registry import DATASETS, Dataset

if TYPE_CHECKING:
    import pandas as pd

READABLE = {
    "bill_length_mm": "bill length (mm)",
    "bill_depth_mm": "bill depth (mm)",
    "flipper_length_mm": "flipper length (mm)",
    "body_mass_g": "body mass (g)",
}


def make() -> pd.DataFrame:
    """Return the 344 penguins of the package ``palmerpenguins``, with gaps and texts as they are."""
    from palmerpenguins import load_penguins

    frame: pd.DataFrame = load_penguins()
    return frame.rename(columns=READABLE)


DATASETS.add(
    Dataset(
        key="penguins",
        label="Palmer penguins",
        help="344 penguins of three species: numbers, words and gaps, as in real tables.",
        order=70,
        target="species",
        make=make,
    )
)
