"""A table as it was read or generated, before anything is fitted to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qenn_core.data.raw_text import RawText

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Reading:
    """How a file was read: what was detected or chosen, and the raw text to compare it with.

    Parameters
    ----------
    text_encoding, delimiter, decimal : str
        The encoding of the text, the character between cells, and the decimal sign.
    quote : str
        The character that encloses cells, empty for none.
    header : int
        The rows at the top that hold the names of the columns.
    skip_rows : int
        Lines above the table that were skipped.
    n_rows : int
        Rows of the file, before sampling.
    raw : RawText
        The first lines, and the encodings that fit.
    sheet : str
        The sheet of a workbook.
    gap_words : tuple of str
        The words in the file that are usually gaps, or that the user chose to be, the most common first.
    notes : tuple of str
        Sentences on what was done.
    """

    text_encoding: str
    delimiter: str
    decimal: str
    quote: str
    header: int
    skip_rows: int
    n_rows: int
    raw: RawText
    notes: tuple[str, ...] = ()
    gap_words: tuple[str, ...] = ()
    sheet: str = ""


@dataclass(frozen=True)
class Table:
    """Rows and named columns.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns with unique names. From a file, every cell is text (dtype ``str``) or missing; from a
        built-in data set, cells have their own types.
    name : str
        The name to show.
    target : str or None
        The column to predict, if the source defines it.
    fingerprint : str
        SHA-256 of the file's bytes, empty for a built-in data set.
    reading : Reading or None
        How the file was read, ``None`` for a built-in data set.
    gap_words : pandas.DataFrame or None
        The words of a file that were read as gaps, missing for every other cell, in the columns where they
        might be classes.
    """

    frame: pd.DataFrame
    name: str
    target: str | None = None
    fingerprint: str = ""
    reading: Reading | None = None
    gap_words: pd.DataFrame | None = None
