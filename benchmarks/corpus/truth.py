"""What a sensible person reads in a file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, model_validator

Cells = tuple[str | None, ...]


class Truth(BaseModel):
    """What a sensible person reads in a file.

    Parameters
    ----------
    columns : tuple of str or None
        The names of the columns, empty for a column without one; ``None`` without a header.
    rows : tuple of tuple of str or None
        The cells as text, as a person sees them: trimmed and without quotes; ``None`` for an empty cell.
    numbers : dict of int to tuple of float or None
        The values of the columns that hold numbers, by position of the column.
    units : dict of int to str
        The units of these columns, where they have one.
    delimiter : str or None
        The character between cells; ``None`` for a file that is no delimited text.
    quote : str or None
        The character that encloses cells, if one does.
    text_encoding : str or None
        A name that Python knows.
    header_rows, skip_rows : int
        The rows that hold names, and the lines above them.
    decimal : str or None
        The decimal sign; ``None`` if no number has one.
    sheet : str or None
        The sheet of a workbook that holds the table.
    left_out : tuple of str
        The lines that are no rows: titles, footnotes, comments, rules, and repeated headers.
    surplus : tuple of int
        The rows, counted from 1 below the header, that have more cells than columns. They are not among
        `rows`, and a reader must say so.
    refused : str or None
        For a file that holds no table: the word by which a refusal has to call it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: tuple[str, ...] | None = None
    rows: tuple[Cells, ...] = ()
    numbers: dict[int, tuple[float | None, ...]] = {}
    units: dict[int, str] = {}
    delimiter: str | None = None
    quote: str | None = None
    text_encoding: str | None = None
    header_rows: int = 0
    skip_rows: int = 0
    decimal: str | None = None
    sheet: str | None = None
    left_out: tuple[str, ...] = ()
    surplus: tuple[int, ...] = ()
    refused: str | None = None

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.rows[0]) if self.columns is None else len(self.columns)

    @model_validator(mode="after")
    def _check(self) -> Self:
        problem = next(self._problems(), None)
        if problem:
            raise ValueError(problem)
        return self

    def _problems(self) -> Iterator[str]:
        if self.refused is not None:
            if self.rows or self.columns is not None:
                yield "a refused file has no table"
            return
        if len(self.rows) < 2:
            yield "a table has at least two rows"
            return
        if any(len(row) != self.width for row in self.rows):
            yield "rows have different widths"
        if (self.columns is None) != (self.header_rows == 0):
            yield "a header has rows, and no header has none"
        if not set(self.units) <= set(self.numbers) <= set(range(self.width)):
            yield "numbers are those of columns, and units those of numbers"
        for position, numbers in self.numbers.items():
            if len(numbers) != len(self.rows):
                yield f"column {position} has {len(numbers)} numbers in {len(self.rows)} rows"
        if any(cell is not None and (not cell or cell != cell.strip()) for row in self.rows for cell in row):
            yield "cells are trimmed, and empty ones are none"
        if self.delimiter is not None and self.text_encoding is None:
            yield "text has an encoding"

    def to_json(self) -> str:
        """Return the truth as JSON with one row per line."""
        fields = self.model_dump(mode="json", exclude_defaults=True)
        return (
            "{\n" + ",\n".join(f"{_json(name)}: {_value(value)}" for name, value in fields.items()) + "\n}\n"
        )


def _value(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], list):
        return "[\n" + ",\n".join(map(_json, value)) + "\n]"
    return _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
