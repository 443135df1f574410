"""Tables as people see them, before they are written to a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from benchmarks.corpus.truth import Cells

Numbers = tuple[float | None, ...]


@dataclass(frozen=True)
class Column:
    """A column: its name, its cells as a person sees them, and their values if they are numbers."""

    name: str
    cells: Cells
    numbers: Numbers | None = None
    unit: str = ""


@dataclass(frozen=True)
class Style:
    """How the numbers of a column are written.

    Parameters
    ----------
    digits : int
        Decimal places.
    decimal, group : str
        The decimal sign, and what separates thousands.
    before, after : str
        A currency or a unit, with the spaces around it.
    minus : str
        The sign of negative numbers; ``"()"`` for the parentheses of accountants.
    plus : str
        The sign of positive numbers.
    """

    digits: int = 0
    decimal: str = "."
    group: str = ""
    before: str = ""
    after: str = ""
    minus: str = "-"
    plus: str = ""

    def write(self, value: float) -> str:
        """Return a number as text."""
        points = f"{abs(value):,.{self.digits}f}"
        digits = points.translate({ord(","): self.group, ord("."): self.decimal})
        amount = f"{self.before}{digits}{self.after}"
        if value >= 0:
            return f"{self.plus}{amount}"
        return f"({amount})" if self.minus == "()" else f"{self.minus}{amount}"


@dataclass(frozen=True)
class Table:
    """Columns of the same length."""

    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column.name for column in self.columns)

    @property
    def rows(self) -> tuple[Cells, ...]:
        """The cells, row by row."""
        return tuple(zip(*(column.cells for column in self.columns), strict=True))

    def renamed(self, *names: str) -> Table:
        """Return the table with other names."""
        columns = zip(self.columns, names, strict=True)
        return Table(tuple(replace(column, name=name) for column, name in columns))

    def with_column(self, column: Column, position: int | None = None) -> Table:
        """Return the table with a further column, by default the last."""
        at = len(self.columns) if position is None else position
        return Table((*self.columns[:at], column, *self.columns[at:]))

    def with_cell(self, row: int, name: str, text: str | None) -> Table:
        """Return the table with another text in a cell, which is no number."""
        return Table(
            tuple(_with_cell(column, row, text) if column.name == name else column for column in self.columns)
        )

    def head(self, n_rows: int) -> Table:
        """Return the first rows."""
        return Table(
            tuple(
                replace(
                    column,
                    cells=column.cells[:n_rows],
                    numbers=None if column.numbers is None else column.numbers[:n_rows],
                )
                for column in self.columns
            )
        )

    @property
    def numbers(self) -> dict[int, Numbers]:
        """The values of the columns of numbers, by position."""
        return {
            position: column.numbers
            for position, column in enumerate(self.columns)
            if column.numbers is not None
        }

    @property
    def units(self) -> dict[int, str]:
        """The units of the columns that have one, by position."""
        return {position: column.unit for position, column in enumerate(self.columns) if column.unit}


def _with_cell(column: Column, row: int, text: str | None) -> Column:
    cells = (*column.cells[:row], text, *column.cells[row + 1 :])
    if column.numbers is None:
        return replace(column, cells=cells)
    return replace(column, cells=cells, numbers=(*column.numbers[:row], None, *column.numbers[row + 1 :]))


def texts(name: str, cells: Iterable[str | None]) -> Column:
    """Return a column of texts; an empty text is an empty cell."""
    return Column(name, tuple(cell or None for cell in cells))


def numbers(name: str, values: Iterable[float | None], style: Style | None = None) -> Column:
    """Return a column of numbers, written in a style."""
    style = style or Style()
    given = tuple(values)
    return Column(
        name,
        tuple(None if value is None else style.write(value) for value in given),
        tuple(None if value is None else round(value, style.digits) for value in given),
        (style.before + style.after).strip(),
    )


def written(name: str, pairs: Iterable[tuple[str, float | None]], unit: str = "") -> Column:
    """Return a column of numbers from pairs of the text and its value."""
    cells, values = zip(*pairs, strict=True)
    return Column(name, tuple(cells), tuple(values), unit)


def grid(text: str, amounts: Mapping[str, str] | Sequence[str] = (), decimal: str = ".") -> Table:
    """Return the table in a text of lines with ``|`` between cells, the names in the first line.

    Parameters
    ----------
    text : str
        The table; ``¶`` stands for a line break in a cell, and ``¦`` for a ``|``.
    amounts : mapping or sequence of str
        The columns of numbers; a mapping states their units.
    decimal : str
        The decimal sign of the numbers.
    """
    lines = [line for line in text.split("\n") if line.strip()]
    names, *rows = ([_cell(part) for part in line.split("|")] for line in lines)
    units = dict(amounts) if isinstance(amounts, Mapping) else dict.fromkeys(amounts, "")
    columns = []
    for name, cells in zip(names, zip(*rows, strict=True), strict=True):
        column = texts(name, cells)
        if name in units:
            values = tuple(_number(cell, units[name], decimal) for cell in cells)
            column = replace(column, numbers=values, unit=units[name])
        columns.append(column)
    return Table(tuple(columns))


def _cell(part: str) -> str:
    return part.strip().translate({ord("¶"): "\n", ord("¦"): "|"})


def _number(cell: str, unit: str, decimal: str) -> float | None:
    digits = cell.replace(unit, "").strip() if unit else cell
    return float(digits.replace(decimal, ".")) if digits else None
