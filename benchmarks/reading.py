"""Compare readers of messy tables, and write a table of how many each reads right.

Run it in the parent folder: ``python -m benchmarks.reading``.
"""

from __future__ import annotations

import argparse
import io
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from benchmarks.corpus import Sample, samples
from benchmarks.document import DOCUMENT, table, write
from qenn_core.data import GAP_WORDS, ReadOptions, parse_amounts, parse_table
from qenn_core.errors import DataError

SECTION = "reading"
OURS, CORRECTED = "QENN Studio", "with two corrections"


class Cells(NamedTuple):
    """What a reader made of a file: names, and cells as text, ``None`` or numbers."""

    names: Sequence[str]
    rows: Sequence[Sequence[Any]]


Reader = Callable[[bytes], Cells]


def read_ours(content: bytes, **options: Any) -> Cells:
    """Read a file as the app does."""
    with TemporaryDirectory() as folder:
        parsed = parse_table(content, ReadOptions(**options), Path(folder))
    columns = [column.to_pandas() for column in parsed.cells.columns]
    cells = []
    for column in columns:
        numbers = parse_amounts(column.dropna()).values
        readable = len(numbers) and numbers.notna().all()
        cells.append(parse_amounts(column).values.tolist() if readable else column.tolist())
    return Cells(parsed.cells.column_names, list(zip(*cells, strict=True)))


def difference(sample: Sample, got: Cells, *, as_written: bool = False) -> str:
    """Return the first difference from the truth, empty if the file was read right.

    With `as_written`, the text of a number with a decimal comma or a unit is right too.
    """
    width = len(sample.rows[0])
    if len(got.names) != width:
        return f"{len(got.names)} columns instead of {width}"
    if len(got.rows) != len(sample.rows):
        return f"{len(got.rows)} rows instead of {len(sample.rows)}"
    for name, truth in zip(got.names, sample.names or (), strict=bool(sample.names)):
        if truth and (sample.names or ()).count(truth) == 1 and str(name).split() != truth.split():
            return f"column ‘{name}’ instead of ‘{truth}’"
    for row, truths, written in zip(got.rows, sample.rows, sample.written, strict=True):
        for cell, truth, text in zip(row, truths, written, strict=True):
            if not _is_same(cell, truth) and not (as_written and _is_same(cell, text)):
                return f"cell {cell!r} instead of {truth!r}"
    return ""


def _is_same(cell: Any, truth: str) -> bool:
    if cell is None or cell != cell or str(cell).strip().lower() in ("", *GAP_WORDS):
        return truth.strip().lower() in ("", *GAP_WORDS)
    try:
        return abs(float(cell) - float(truth)) < 1e-9
    except ValueError:
        return str(cell).strip().lower() == truth.strip().lower()


def is_corrected(sample: Sample) -> bool:
    """Return whether at most two settings, chosen as in the page, make us read a file right."""
    settings = {name: value for name, value in sample.dialect.items() if name in ReadOptions.model_fields}
    for names in (chosen for size in range(3) for chosen in combinations(settings, size)):
        try:
            got = read_ours(sample.content, **{name: settings[name] for name in names})
        except DataError:
            continue
        if not difference(sample, got):
            return True
    return False


def readers() -> dict[str, Reader]:
    """Return the readers to compare with, as far as they are installed."""
    import duckdb
    import pandas as pd

    def of_frame(frame: pd.DataFrame) -> Cells:
        rows = frame.astype(object).where(frame.notna(), None)
        return Cells([str(name) for name in frame.columns], rows.to_numpy().tolist())

    def pandas_default(content: bytes) -> Cells:
        return of_frame(pd.read_csv(io.BytesIO(content)))

    def pandas_sniffing(content: bytes) -> Cells:
        return of_frame(pd.read_csv(io.BytesIO(content), sep=None, engine="python"))

    def duckdb_auto(content: bytes) -> Cells:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "file.csv"
            path.write_bytes(content)
            relation = duckdb.sql(f"SELECT * FROM read_csv('{path}', strict_mode=false, ignore_errors=true)")
            if relation is None:
                raise ValueError("no table")
            return Cells([str(name) for name in relation.columns], relation.fetchall())

    found: dict[str, Reader] = {
        "pandas": pandas_default,
        "pandas, sep=None": pandas_sniffing,
        "DuckDB": duckdb_auto,
    }
    try:
        import clevercsv
    except ImportError:
        pass
    else:

        def clever(content: bytes) -> Cells:
            text = content.decode("utf-8")
            dialect = clevercsv.Sniffer().sniff(text)
            return of_frame(pd.read_csv(io.StringIO(text), dialect=dialect.to_csv_dialect(), engine="python"))

        found["clevercsv and pandas"] = clever
    try:
        import polars
    except ImportError:
        pass
    else:

        def polars_lenient(content: bytes) -> Cells:
            frame = polars.read_csv(content, ignore_errors=True, truncate_ragged_lines=True)
            return Cells(frame.columns, frame.rows())

        found["polars"] = polars_lenient
    return found


def _difference_of(reader: Reader, sample: Sample) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return difference(sample, reader(sample.content), as_written=reader is not read_ours)
    except Exception as error:  # whatever a reader raises, it has not read the file
        return f"{type(error).__name__}: {str(error)[:100]}"


def compare(corpus: Sequence[Sample], *, failures: bool) -> str:
    """Return a table of the share of files that each reader reads right, by kind."""
    right: dict[str, Counter[str]] = {}
    for name, reader in {OURS: read_ours, **readers()}.items():
        right[name] = Counter()
        for sample in corpus:
            wrong = _difference_of(reader, sample)
            right[name][sample.kind] += not wrong
            if wrong and failures and reader is read_ours:
                print(f"{sample.name}: {wrong}")
    right[CORRECTED] = Counter(sample.kind for sample in corpus if is_corrected(sample))
    order = [OURS, CORRECTED, *(name for name in right if name not in (OURS, CORRECTED))]
    sizes = Counter(sample.kind for sample in corpus)
    return table(("kind", "files", *order), _lines(sizes, [right[name] for name in order]))


def _lines(sizes: Counter[str], right: Sequence[Counter[str]]) -> Iterator[Sequence[str]]:
    for kind, size in sizes.items():
        yield kind, str(size), *(str(counts[kind]) for counts in right)
    total = sizes.total()
    yield "**all**", f"**{total}**", *(f"**{counts.total() / total:.1%}**" for counts in right)


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare the readers, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--failures", action="store_true", help="list what we read wrong")
    parser.add_argument("--write", type=Path, help="write the files of the corpus to this folder, and stop")
    parser.add_argument(
        "--output", type=Path, help=f"write the table into this file, such as {DOCUMENT.name}"
    )
    options = parser.parse_args(arguments)
    corpus = samples()
    if options.write is not None:
        options.write.mkdir(parents=True, exist_ok=True)
        for sample in corpus:
            name = "".join(sign if sign.isalnum() else "-" for sign in sample.name)
            (options.write / f"{name}.csv").write_bytes(sample.content)
        return
    tables = compare(corpus, failures=options.failures)
    print(tables)
    if options.output is not None:
        write(options.output, tables, SECTION)


if __name__ == "__main__":
    main()
