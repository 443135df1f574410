"""Which rows of a file are kept: all of them, or a random sample."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from qenn_core import limits
from qenn_core.data.reading.sampling import choose_rows
from qenn_core.errors import DataError, TooManyRowsError

_CHUNK_ROWS = 2_000


@dataclass(frozen=True)
class Kept:
    """The rows to use, and how many there are in the file."""

    table: pa.Table
    n_rows: int
    notes: tuple[str, ...] = ()


def keep_rows(
    read: Callable[[], Iterator[list[str]]],
    names: Sequence[str],
    sample_rows: int | None,
    target: str | None,
    seed: int,
) -> Kept:
    """Keep all rows or, where there are more than `sample_rows`, a random sample of that many.

    The file is read once to count its rows and their classes, and a second time to take the sample, so
    that memory holds no more than the sample.

    Parameters
    ----------
    read : callable
        Starts an iteration over the rows, each of ``len(names)`` cells.
    names : sequence of str
        The names of the columns.
    sample_rows : int or None
        The size of the sample; ``None`` refuses more than ``limits.MAX_ROWS``.
    target : str or None
        The column whose values keep their proportions, where it has few enough to be classes.
    seed : int
        Seed of the sample.

    Raises
    ------
    TooManyRowsError
        If there are more than ``limits.MAX_ROWS`` rows and no sample may be taken.
    DataError
        If there are no rows.
    """
    limit = sample_rows or limits.MAX_ROWS
    strata = _Strata(names.index(target) if target in names else None)
    everything = _Chunks(names)
    n_rows = 0
    for n_rows, row in enumerate(read(), 1):
        if n_rows <= limit:
            everything.add(row)
        if sample_rows:
            strata.add(row)
    if n_rows == 0:
        raise DataError(
            "The file has a header, but no rows.",
            "There is nothing to learn from.",
            "If its first line holds data and not the names of the columns, say that there is no header.",
            place="data.header",
        )
    if n_rows <= limit:
        return Kept(everything.table(), n_rows)
    if not sample_rows:
        raise TooManyRowsError(n_rows, limits.MAX_ROWS)
    del everything
    proportions = f", with the values of “{target}” in the same proportions" if strata.useful else ""
    note = f"The file has {n_rows:,} rows; a random sample of {limit:,} is used{proportions}."
    return Kept(_take(read(), names, choose_rows(strata.codes, limit, seed).tolist()), n_rows, (note,))


def _take(rows: Iterator[list[str]], names: Sequence[str], chosen: Sequence[int]) -> pa.Table:
    sample = _Chunks(names)
    wanted = iter(chosen)
    number = next(wanted)
    for position, row in enumerate(rows):
        if position == number:
            sample.add(row)
            number = next(wanted, -1)
    return sample.table()


class _Strata:
    """The class of each row as a small number, as long as there are few enough to be classes."""

    def __init__(self, column: int | None) -> None:
        self._column = column
        self._numbers: dict[str, int] = {}
        self.codes = array("H")

    @property
    def useful(self) -> bool:
        """Whether the column tells classes apart."""
        return self._column is not None and len(self._numbers) <= limits.MAX_CLASSES

    def add(self, row: list[str]) -> None:
        """Note the class of the next row."""
        if self._column is None:
            self.codes.append(0)
        else:
            self.codes.append(self._numbers.setdefault(row[self._column].strip(), len(self._numbers)))
            if not self.useful:
                self._column = None
                self.codes = array("H", bytes(2 * len(self.codes)))


class _Chunks:
    """Rows that are turned into Arrow columns a chunk at a time, which takes a fraction of the memory."""

    def __init__(self, names: Sequence[str]) -> None:
        self._schema = pa.schema([(name, pa.string()) for name in names])
        self._rows: list[list[str]] = []
        self._batches: list[pa.RecordBatch] = []

    def add(self, row: list[str]) -> None:
        """Take the next row."""
        self._rows.append(row)
        if len(self._rows) == _CHUNK_ROWS:
            self._pack()

    def table(self) -> pa.Table:
        """Return all rows."""
        if self._rows:
            self._pack()
        return pa.Table.from_batches(self._batches, self._schema)

    def _pack(self) -> None:
        columns = [pa.array(column, pa.string()) for column in zip(*self._rows, strict=True)]
        self._batches.append(pa.record_batch(columns, schema=self._schema))
        self._rows = []
