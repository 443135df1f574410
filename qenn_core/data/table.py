"""A table as it was read or generated, before anything is learnt from it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Reading:
    """How a file was read: what was guessed or told, and the first raw lines to judge it by."""

    text_encoding: str
    delimiter: str
    decimal: str
    header: bool
    skip_rows: int
    n_rows: int
    raw_lines: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """Rows and named columns.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns with unique names. From a file every cell is text (dtype ``str``) or missing; from a
        built-in data set cells have their own types.
    name : str
        The name to show.
    target : str or None
        The column to predict, where the source knows it.
    fingerprint : str
        SHA-256 of the file's bytes, empty for a built-in data set.
    reading : Reading or None
        How the file was read, ``None`` for a built-in data set.
    """

    frame: pd.DataFrame
    name: str
    target: str | None = None
    fingerprint: str = ""
    reading: Reading | None = None
