"""What a CSV writer wrote comes back as it was, whatever the delimiter, quoting and encoding."""

from __future__ import annotations

import contextlib
import csv
import io
import tempfile
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from qenn_core.data.reading.exchange import Options
from qenn_core.data.reading.names import name_columns
from qenn_core.data.reading.parsing import parse
from qenn_core.data.reading.sampling import choose_rows
from qenn_core.errors import DataError

# Cells that say something: a letter first, so that none is a gap, a number in another notation, or blank.
LETTERS = st.text("abcéñüß", min_size=1, max_size=4)
INSIDE = st.text("abé ,;|\t\"'\n1.5-", max_size=8)
CELLS = st.builds("{}{}x".format, LETTERS, INSIDE)


@st.composite
def tables(draw):
    width = draw(st.integers(3, 5))
    header = [f"name {i}" for i in range(width)]
    rows = draw(st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=8))
    return [header, *rows]


@settings(max_examples=60, deadline=None)
@given(
    table=tables(),
    delimiter=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    encoding=st.sampled_from(["utf-8", "utf-16", "latin-1", "cp1252", "utf-8-sig"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
)
def test_a_written_table_comes_back(table, delimiter, quoting, encoding, line_end):
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, quoting=quoting, lineterminator=line_end).writerows(table)
    options = Options(encoding, delimiter, ".", header=True, skip_rows=0)
    with tempfile.TemporaryDirectory() as folder:
        got, reading = parse(buffer.getvalue().encode(encoding), options, Path(folder))
    assert [got.column_names, *map(list, zip(*(c.to_pylist() for c in got.columns), strict=True))] == table
    assert reading["n_rows"] == len(table) - 1


CSV_LIKE = st.text("ab1.5,;|\t\"'\\\n\r# é\ufdd0", max_size=200).map(str.encode)


@settings(max_examples=150, deadline=None)
@given(
    content=st.one_of(CSV_LIKE, st.binary(max_size=200)).filter(len),
    delimiter=st.sampled_from([None, None, ",", " ", "'", "\\", "\ufdd0"]),
    skip_rows=st.sampled_from([None, None, 0, 2]),
    header=st.sampled_from([None, True, False]),
)
def test_anything_else_is_a_table_or_a_refusal(content, delimiter, skip_rows, header):
    options = Options(delimiter=delimiter, skip_rows=skip_rows, header=header)
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(DataError):
        table, reading = parse(content, options, Path(folder))
        assert table.num_rows == reading["n_rows"] > 0
        assert table.num_columns > 1


@given(st.lists(st.text(max_size=100), min_size=1, max_size=12))
def test_names_are_present_short_and_different(header):
    names, _ = name_columns(header)
    assert len(set(names)) == len(names) == len(header)
    assert all(name.strip() and len(name) <= 100 for name in names)


@given(st.lists(st.integers(0, 4), min_size=20, max_size=200), st.floats(0.05, 1), st.integers(0, 9))
def test_a_sample_is_proportional_in_every_stratum(strata, share, seed):
    n_chosen = max(1, round(share * len(strata)))
    chosen = choose_rows(strata, n_chosen, seed)
    assert len(set(chosen.tolist())) == n_chosen
    assert chosen.tolist() == sorted(chosen.tolist())
    for stratum in set(strata):
        expected = strata.count(stratum) * n_chosen / len(strata)
        got = sum(strata[i] == stratum for i in chosen)
        assert got == pytest.approx(expected, abs=1)
