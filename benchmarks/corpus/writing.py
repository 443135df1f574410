"""Tables written as delimited text, with the truth that follows from how they are written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from benchmarks.corpus.sample import Sample
from benchmarks.corpus.tables import Table
from benchmarks.corpus.truth import Truth

# How delimiters are called in the names of samples.
SIGNS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe", ":": "colon", "^": "caret", "~": "tilde"}


@dataclass(frozen=True)
class Writing:
    """How a table is written.

    Parameters
    ----------
    delimiter, quote : str
        The character between cells, and that around them.
    quoting : str
        Which cells are enclosed: those that have to be, all, those that are texts, or none.
    escape : str
        What stands before a quote in an enclosed cell: the quote itself, or a backslash.
    decimal : str
        The decimal sign of the numbers, which are already written with it.
    line_end, text_encoding : str
        How lines end, and how letters become bytes.
    mark : bytes
        A byte order mark.
    header : bool
        Whether the names are written.
    """

    delimiter: str = ","
    quote: str = '"'
    quoting: Literal["minimal", "all", "texts", "none"] = "minimal"
    escape: Literal["quote", "backslash"] = "quote"
    decimal: str = "."
    line_end: str = "\n"
    text_encoding: str = "utf-8"
    mark: bytes = b""
    header: bool = True

    def line(self, cells: Iterable[str | None], are_numbers: Sequence[bool] = ()) -> str:
        """Return a row as text."""
        flags = [*are_numbers, *[False] * 1000]
        return self.delimiter.join(
            self._enclosed(cell or "") if self.encloses(cell, flag) else cell or ""
            for cell, flag in zip(cells, flags, strict=False)
        )

    def encloses(self, cell: str | None, is_number: bool) -> bool:
        """Return whether a cell is written in quotes."""
        if self.quoting == "all":
            return True
        if self.quoting == "none" or not cell:
            return False
        if self.quoting == "texts" and not is_number:
            return True
        return any(sign in cell for sign in (self.delimiter, self.quote, "\n"))

    def _enclosed(self, cell: str) -> str:
        before = self.quote if self.escape == "quote" else "\\"
        return f"{self.quote}{cell.replace(self.quote, before + self.quote)}{self.quote}"

    def lines(self, table: Table) -> list[str]:
        """Return the lines of a table."""
        flags = [column.numbers is not None for column in table.columns]
        header = [self.line(table.names)] if self.header else []
        return header + [self.line(row, flags) for row in table.rows]

    def used_quote(self, table: Table) -> str | None:
        """Return the quote if it encloses any cell."""
        flags = [column.numbers is not None for column in table.columns]
        names = [(name, False) for name in table.names] if self.header else []
        cells = ((cell, flag) for row in table.rows for cell, flag in zip(row, flags, strict=True))
        return self.quote if any(self.encloses(cell, flag) for cell, flag in (*names, *cells)) else None

    def encode(self, lines: Iterable[str]) -> bytes:
        """Return lines as the bytes of a file."""
        text = self.line_end.join([*lines, ""])
        return self.mark + text.encode(self.text_encoding)


def truth_of(table: Table, how: Writing, **changes: Any) -> Truth:
    """Return the truth of a table that is written without anything around it, with `changes`."""
    has_decimals = any(
        number is not None and number % 1 for column in table.numbers.values() for number in column
    )
    fields: dict[str, Any] = {
        "columns": table.names if how.header else None,
        "rows": table.rows,
        "numbers": table.numbers,
        "units": table.units,
        "delimiter": how.delimiter,
        "quote": how.used_quote(table),
        "text_encoding": how.text_encoding,
        "header_rows": int(how.header),
        "decimal": how.decimal if has_decimals else None,
    }
    return Truth(**fields | changes)


def sample(
    name: str,
    table: Table,
    how: Writing,
    lines: Iterable[str] | None = None,
    extension: str = "csv",
    **changes: Any,
) -> Sample:
    """Return a sample of a written table.

    Parameters
    ----------
    name : str
        Its kind and its variation.
    table : Table
        What a person reads.
    how : Writing
        How it is written.
    lines : iterable of str, optional
        The lines of the file, if they are not those of the table alone.
    extension : str
        What its file name ends with.
    **changes : Any
        Fields of the truth that do not follow from the table.
    """
    content = how.encode(how.lines(table) if lines is None else lines)
    return Sample(name, extension, content, truth_of(table, how, **changes))


def framed(
    name: str,
    table: Table,
    how: Writing,
    above: Sequence[str] = (),
    below: Sequence[str] = (),
    **changes: Any,
) -> Sample:
    """Return a sample with lines above and below its table, which are no rows."""
    around = tuple(line for line in (*above, *below) if line.strip())
    fields: dict[str, Any] = {"skip_rows": len(above), "left_out": around}
    return sample(name, table, how, [*above, *how.lines(table), *below], **fields | changes)
