"""Tables are read as they were written, with any delimiter, quoting and encoding."""

from __future__ import annotations

import contextlib
import csv
import io
import tempfile
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given
from random_examples import examples

from qenn_core.data.reading.column_names import make_column_names
from qenn_core.data.reading.parsing import parse_table
from qenn_core.data.reading.protocol import ReadOptions
from qenn_core.data.reading.sampling import stratified_sample
from qenn_core.errors import DataError

# A letter at each end, so that no cell is blank, missing, or a number in another notation.
LETTERS = st.text("abcéñüß", min_size=1, max_size=4)
INSIDE = st.text("abé ,;|\t\"'\n1.5-", max_size=8)
CELLS = st.builds("{}{}x".format, LETTERS, INSIDE)


@st.composite
def tables(draw):
    width = draw(st.integers(3, 5))
    header = [f"name {i}" for i in range(width)]
    rows = draw(st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=8))
    return [header, *rows]


@examples(25)
@given(
    table=tables(),
    delimiter=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    encoding=st.sampled_from(["utf-8", "utf-16", "latin-1", "cp1252", "utf-8-sig"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
)
def test_a_written_table_is_read_unchanged(table, delimiter, quoting, encoding, line_end):
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, quoting=quoting, lineterminator=line_end).writerows(table)
    options = ReadOptions(text_encoding=encoding, delimiter=delimiter, decimal=".", header=True, skip_rows=0)
    with tempfile.TemporaryDirectory() as folder:
        parsed = parse_table(buffer.getvalue().encode(encoding), options, Path(folder))
    got = parsed.cells
    assert [got.column_names, *map(list, zip(*(c.to_pylist() for c in got.columns), strict=True))] == table
    assert parsed.reading.n_rows == len(table) - 1


CSV_LIKE = st.text("ab1.5,;|\t\"'\\\n\r# é\ufdd0", max_size=200).map(str.encode)


@examples(60)
@given(
    content=st.one_of(CSV_LIKE, st.binary(max_size=200)).filter(len),
    delimiter=st.sampled_from([None, None, ",", " ", "'", "\\", "\ufdd0"]),
    skip_rows=st.sampled_from([None, None, 0, 2]),
    header=st.sampled_from([None, True, False]),
)
def test_any_content_is_read_or_refused(content, delimiter, skip_rows, header):
    options = ReadOptions(delimiter=delimiter, skip_rows=skip_rows, header=header)
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(DataError):
        parsed = parse_table(content, options, Path(folder))
        assert parsed.cells.num_rows == parsed.reading.n_rows > 0
        assert parsed.cells.num_columns > 1


short_names = st.text("ab (2)\n", max_size=4) | st.text(max_size=3)


@examples(20)
@given(st.lists(short_names | st.text(min_size=75, max_size=100), min_size=1, max_size=12))
def test_column_names_are_never_empty_short_and_unique(header):
    names, _ = make_column_names(header)
    assert len(set(names)) == len(names) == len(header)
    assert all(name.strip() and len(name) <= 100 for name in names)


@examples(50)
@given(st.lists(st.integers(0, 4), min_size=20, max_size=200), st.floats(0.05, 1), st.integers(0, 9))
def test_a_sample_is_proportional_to_every_stratum(strata, share, seed):
    size = max(1, round(share * len(strata)))
    chosen = stratified_sample(strata, size, seed)
    assert len(set(chosen.tolist())) == size
    assert chosen.tolist() == sorted(chosen.tolist())
    for stratum in set(strata):
        expected = strata.count(stratum) * size / len(strata)
        got = sum(strata[i] == stratum for i in chosen)
        assert got == pytest.approx(expected, abs=1)
