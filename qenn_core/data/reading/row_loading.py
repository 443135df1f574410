"""Rows of a file as Arrow columns: all of them, or a random sample."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from qenn_core import limits
from qenn_core.data.reading.sampling import stratified_sample
from qenn_core.errors import DataError, TooManyRowsError

_BATCH_ROWS = 2_000


@dataclass(frozen=True)
class LoadedRows:
    """The rows to use, the number of rows in the file, and notes for the user."""

    table: pa.Table
    n_rows: int
    notes: tuple[str, ...] = ()


def load_rows(
    iterate_rows: Callable[[], Iterator[list[str]]],
    names: Sequence[str],
    sample_rows: int | None,
    target: str | None,
    seed: int,
) -> LoadedRows:
    """Load all rows or, if there are more than `sample_rows`, a random sample of that many.

    For a sample the file is read twice, once to count its rows and their classes and once to pick the rows,
    so that memory never holds more than the sample.

    Parameters
    ----------
    iterate_rows : callable
        Starts an iteration over the rows, each of ``len(names)`` cells.
    names : sequence of str
        Names of the columns.
    sample_rows : int or None
        Size of the sample; with ``None``, more than ``limits.MAX_ROWS`` rows are an error.
    target : str or None
        The column whose values keep their proportions, if it has few enough values to be classes.
    seed : int
        Seed of the sample.

    Raises
    ------
    TooManyRowsError
        If there are more than ``limits.MAX_ROWS`` rows and no sample is allowed.
    DataError
        If there are no rows.
    """
    limit = sample_rows or limits.MAX_ROWS
    strata = _Strata(names.index(target) if target in names else None)
    all_rows = _TableBuilder(names)
    n_rows = 0
    for n_rows, row in enumerate(iterate_rows(), 1):
        if n_rows <= limit:
            all_rows.append(row)
        if sample_rows:
            strata.append(row)
    if n_rows == 0:
        raise DataError(
            "The file has a header, but no rows.",
            "There is nothing to train on.",
            "If the first line holds data instead of column names, choose that it has no header.",
            place="data.header",
        )
    if n_rows <= limit:
        return LoadedRows(all_rows.build(), n_rows)
    if not sample_rows:
        raise TooManyRowsError(n_rows, limits.MAX_ROWS)
    del all_rows
    proportions = f", with the values of ‘{target}’ in the same proportions" if strata.are_classes else ""
    note = f"The file has {n_rows:,} rows; a random sample of {limit:,} is used{proportions}."
    positions = stratified_sample(strata.codes, limit, seed).tolist()
    return LoadedRows(_load_positions(iterate_rows(), names, positions), n_rows, (note,))


def _load_positions(rows: Iterator[list[str]], names: Sequence[str], positions: Sequence[int]) -> pa.Table:
    """Load the rows at `positions`, which are ascending."""
    sample = _TableBuilder(names)
    remaining = iter(positions)
    wanted = next(remaining)
    for position, row in enumerate(rows):
        if position == wanted:
            sample.append(row)
            wanted = next(remaining, -1)
    return sample.build()


class _Strata:
    """The class of each row as a small number, while there are few enough values to be classes."""

    def __init__(self, column: int | None) -> None:
        self._column = column
        self._code_of: dict[str, int] = {}
        self.codes = array("H")

    @property
    def are_classes(self) -> bool:
        """Whether the column has few enough values to be classes."""
        return self._column is not None and len(self._code_of) <= limits.MAX_CLASSES

    def append(self, row: list[str]) -> None:
        """Record the class of the next row."""
        if self._column is None:
            self.codes.append(0)
        else:
            self.codes.append(self._code_of.setdefault(row[self._column].strip(), len(self._code_of)))
            if not self.are_classes:
                self._column = None
                self.codes = array("H", bytes(2 * len(self.codes)))


class _TableBuilder:
    """Converts rows to Arrow columns batch by batch, which takes a fraction of the memory."""

    def __init__(self, names: Sequence[str]) -> None:
        self._schema = pa.schema([(name, pa.string()) for name in names])
        self._rows: list[list[str]] = []
        self._batches: list[pa.RecordBatch] = []

    def append(self, row: list[str]) -> None:
        """Add a row."""
        self._rows.append(row)
        if len(self._rows) == _BATCH_ROWS:
            self._convert_batch()

    def build(self) -> pa.Table:
        """Return the table of all rows."""
        if self._rows:
            self._convert_batch()
        return pa.Table.from_batches(self._batches, self._schema)

    def _convert_batch(self) -> None:
        columns = [pa.array(column, pa.string()) for column in zip(*self._rows, strict=True)]
        self._batches.append(pa.record_batch(columns, schema=self._schema))
        self._rows = []
