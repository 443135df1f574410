"""The readers of tables that are compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pandas as pd

from benchmarks.scoring import ReadTable
from qenn_core.data import ReadOptions, parse_amounts, parse_table


@dataclass(frozen=True)
class Reader:
    """A reader: the function that reads a file, and the packages that it needs."""

    read: Callable[[Path], ReadTable]
    packages: tuple[str, ...]

    @property
    def installed(self) -> bool:
        """Whether its packages are installed."""
        return all(find_spec(name) is not None for name in self.packages)


def read_ours(path: Path, **options: Any) -> ReadTable:
    """Read a file as the app does.

    Raises
    ------
    DataError
        If it holds no table that can be used.
    """
    with TemporaryDirectory() as folder:
        parsed = parse_table(path.read_bytes(), ReadOptions(**options), Path(folder))
    cells = parsed.cells
    columns = [column.to_pylist() for column in cells.columns]
    numbers = {
        position: parse_amounts(pd.Series(column, dtype="str")).values.tolist()
        for position, column in enumerate(columns)
    }
    return ReadTable(cells.column_names, list(zip(*columns, strict=True)), numbers, parsed.reading.notes)


def _pandas_default(path: Path) -> ReadTable:
    return _of_frame(pd.read_csv(path))


def _pandas_sniffing(path: Path) -> ReadTable:
    return _of_frame(pd.read_csv(path, sep=None, engine="python"))


def _duckdb_auto(path: Path) -> ReadTable:
    with duckdb.connect() as connection:
        relation = connection.read_csv(str(path))
        return ReadTable(relation.columns, relation.fetchall())


def _clevercsv(path: Path) -> ReadTable:
    import clevercsv

    return _of_frame(clevercsv.read_dataframe(str(path)))


def _polars_lenient(path: Path) -> ReadTable:
    import polars

    frame = polars.read_csv(path, ignore_errors=True, truncate_ragged_lines=True)
    return ReadTable(frame.columns, frame.rows())


def _of_frame(frame: pd.DataFrame) -> ReadTable:
    """Return a frame as a table; row names that pandas recognizes are a column without a name."""
    if not frame.index.equals(pd.RangeIndex(len(frame))):
        frame = frame.reset_index(names=[""] * frame.index.nlevels, allow_duplicates=True)
    rows = frame.astype(object).where(frame.notna(), None).to_numpy().tolist()
    return ReadTable([str(name) for name in frame.columns], rows)


OURS = "QENN Studio"
READERS = {
    OURS: Reader(read_ours, ()),
    "pandas": Reader(_pandas_default, ("pandas",)),
    "pandas, `sep=None`": Reader(_pandas_sniffing, ("pandas",)),
    "DuckDB": Reader(_duckdb_auto, ("duckdb",)),
    "clevercsv and pandas": Reader(_clevercsv, ("clevercsv",)),
    "polars, lenient": Reader(_polars_lenient, ("polars",)),
}
