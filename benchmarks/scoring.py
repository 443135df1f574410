"""How much of a file a reader has read right, step by step: columns, rows, cells, names, and numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time
from typing import Any, NamedTuple

import pandas as pd

from benchmarks.corpus.truth import Truth
from qenn_core.data import GAP_WORDS

STEPS = ("columns", "rows", "cells", "names", "numbers")
# Names that readers give to columns without one.
_PLACEHOLDER = re.compile(r"(column[ _]?)?\d*|Unnamed: ?\d+.*|_duplicated_\d+", re.IGNORECASE)
# What readers append to the name of a column that occurs twice.
_NUMBERED = r"([ ._]*(duplicated_)?\(?\d+\)?)?"
# The words that some readers turn into true and false.
_YES, _NO = ("yes", "y", "true", "t", "on"), ("no", "n", "false", "f", "off")


class ReadTable(NamedTuple):
    """What a reader makes of a file.

    Parameters
    ----------
    names : sequence of str
        The names of the columns.
    rows : sequence of sequences
        The cells: texts, numbers, dates, or ``None``.
    numbers : mapping of int to sequence of float, optional
        The values of columns, by position; ``None`` for a reader whose numbers are its cells.
    notes : sequence of str, optional
        What the reader says; ``None`` for a reader that says nothing.
    """

    names: Sequence[str]
    rows: Sequence[Sequence[Any]]
    numbers: Mapping[int, Sequence[float]] | None = None
    notes: Sequence[str] | None = None


class Verdict(NamedTuple):
    """The number of steps that are right, and the first difference from the truth, empty if there is none."""

    n_steps: int
    difference: str = ""


def judge(truth: Truth, got: ReadTable) -> Verdict:
    """Compare what a reader has read with the truth."""
    got = _without_empty_columns(got)
    for number, step in enumerate((_columns, _rows, _cells, _names, _numbers)):
        difference = step(truth, got)
        if difference:
            return Verdict(number, difference)
    return Verdict(len(STEPS))


def _without_empty_columns(got: ReadTable) -> ReadTable:
    """Return a table without columns that have neither a name nor content, which some readers drop."""
    kept = [
        position
        for position, name in enumerate(got.names)
        if not _PLACEHOLDER.fullmatch(str(name).strip())
        or any(not _is_gap(row[position]) for row in got.rows)
    ]
    if len(kept) == len(got.names):
        return got
    numbers = got.numbers and {
        number: got.numbers[position] for number, position in enumerate(kept) if position in got.numbers
    }
    rows = [[row[position] for position in kept] for row in got.rows]
    return got._replace(names=[got.names[position] for position in kept], rows=rows, numbers=numbers)


def _columns(truth: Truth, got: ReadTable) -> str:
    return "" if len(got.names) == truth.width else f"{len(got.names)} columns instead of {truth.width}"


def _rows(truth: Truth, got: ReadTable) -> str:
    if len(got.rows) != len(truth.rows):
        return f"{len(got.rows)} rows instead of {len(truth.rows)}"
    counted = re.compile(rf"\b{len(truth.surplus)} rows?\b")
    if truth.surplus and got.notes is not None and not any(map(counted.search, got.notes)):
        return f"no note says that {len(truth.surplus)} rows have too many cells"
    return ""


def _cells(truth: Truth, got: ReadTable) -> str:
    for row, (cells, texts) in enumerate(zip(got.rows, truth.rows, strict=True)):
        for column, (cell, text) in enumerate(zip(cells, texts, strict=True)):
            number = truth.numbers[column][row] if column in truth.numbers else None
            values = (got.numbers or {}).get(column)
            value = _float(cell) if values is None else values[row]
            is_same_number = number is not None and _is_same_number(value, number)
            if not is_same_number and not _is_same_text(cell, text):
                return f"row {row + 1}, column {column + 1}: {cell!r} instead of {text!r}"
    return ""


def _names(truth: Truth, got: ReadTable) -> str:
    for name, wanted in zip(got.names, truth.columns or (), strict=truth.columns is not None):
        if not _is_same_name(_collapsed(str(name)), _collapsed(wanted)):
            return f"the name {name!r} instead of {wanted!r}"
    return ""


def _numbers(truth: Truth, got: ReadTable) -> str:
    if got.numbers is None:
        return ""
    for column, wanted in truth.numbers.items():
        for row, (value, number) in enumerate(zip(got.numbers[column], wanted, strict=True)):
            if not _is_same_number(value, number):
                return f"row {row + 1}, column {column + 1}: the number {value} instead of {number}"
    return ""


def _is_same_text(cell: Any, text: str | None) -> bool:
    if _is_gap(cell):
        return _is_gap(text)
    if text is None:
        return False
    shown = str(cell).strip().replace("\r\n", "\n")
    if shown == text or shown.lower() == text.lower() in ("true", "false"):
        return True
    if isinstance(cell, bool):
        return text.lower() in (_YES if cell else _NO)
    return isinstance(cell, date | time) and any(str(moment) == shown for moment in _moments(cell, text))


def _moments(cell: date | time, text: str) -> Iterator[Any]:
    """Yield the dates or times, of the same type as a cell, that a text may stand for."""
    for day_first in (False, True):
        moment = pd.to_datetime(text, dayfirst=day_first, errors="coerce")
        if not pd.isna(moment):
            yield moment.time() if isinstance(cell, time) else moment
            yield moment.date()


def _is_gap(cell: Any) -> bool:
    if cell is None or (isinstance(cell, float) and math.isnan(cell)) or cell is pd.NaT:
        return True
    return isinstance(cell, str) and (not cell.strip() or cell.strip().lower() in GAP_WORDS)


def _float(cell: Any) -> float:
    try:
        return float(cell)
    except (TypeError, ValueError):
        return math.nan


def _is_same_number(value: float, number: float | None) -> bool:
    if number is None:
        return math.isnan(value)
    return math.isclose(value, number, rel_tol=1e-9, abs_tol=1e-12)


def _is_same_name(name: str, wanted: str) -> bool:
    if not wanted:
        return _PLACEHOLDER.fullmatch(name) is not None
    return re.fullmatch(re.escape(wanted) + _NUMBERED, name) is not None


def _collapsed(name: str) -> str:
    return " ".join(name.split())
