"""Every row of a file is kept, or named in a note; what the app exports is read back."""

from __future__ import annotations

import csv
import io
import re
import tempfile
from pathlib import Path

import hypothesis.strategies as st
import pandas as pd
from hypothesis import given
from random_examples import examples

from qenn_core.analysis import to_csv
from qenn_core.data.reading.cell_values import GAP_WORDS
from qenn_core.data.reading.parsing import ParsedTable, parse_table
from qenn_core.data.reading.protocol import ReadOptions

# Words with whatever may be taken for something else.
WORDS = st.sampled_from(
    [
        *("Bohr", "'t Hooft", "O'Brien", '5" long', '"quoted"', "a, b", "a; b", "#1", "# note", "// x"),
        *("two\nlines", "tab\there", "=1+1", "+x", "@x", "-", "NA", "", " ", "1.5", "2024-01-31", "12 kg"),
        *("<b>x</b>", "|", "a:b", "naïve", "日本", "Total", "sep=;", "name", "00123", "1,5", "\\", '\\"'),
        *("5%", "%", "🙂"),
    ]
)
NUMBERS = st.floats(-1000, 1000).map(lambda value: f"{value:.3f}")


def parse(content: bytes) -> ParsedTable:
    with tempfile.TemporaryDirectory() as folder:
        return parse_table(content, ReadOptions(), Path(folder))


@st.composite
def tables(draw):
    n_words = draw(st.integers(1, 3))
    columns = [WORDS] * n_words + [NUMBERS]
    n_rows = draw(st.integers(12, 25))
    return [[draw(cell) for cell in columns] for _ in range(n_rows)]


def told(notes: str) -> int:
    """Return the number of rows that notes name."""
    left_out = r"Left out ([\d,]+) (?:rows?|footnotes?|comments?)\b"
    skipped = re.findall(r"The first ([\d,]+) lines are not part", notes)
    one = notes.count("The first line is not part")
    return sum(int(number.replace(",", "")) for number in re.findall(left_out, notes) + skipped) + one


@examples(80)
@given(tables(), st.sampled_from(",;\t|"), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
def test_rows_of_a_file_are_kept_or_named(rows, delimiter, quoting):
    buffer = io.StringIO()
    names = [f"word{number}" for number in range(len(rows[0]) - 1)]
    csv.writer(buffer, delimiter=delimiter, quoting=quoting).writerows([[*names, "value"], *rows])
    parsed = parse(buffer.getvalue().encode())
    header = parsed.reading.header
    assert header + parsed.reading.n_rows + told(" ".join(parsed.reading.notes)) == len(rows) + 1


@examples(80)
@given(tables())
def test_exported_table_is_read_back(rows):
    names = [*(f"word {number}" for number in range(len(rows[0]) - 1)), "probability of x"]
    frame = pd.DataFrame(rows, columns=names).astype({"probability of x": float})
    cells = parse(to_csv(frame)).cells
    assert cells.column_names == names
    exported = list(csv.reader(io.StringIO(to_csv(frame).decode("utf-8-sig"), newline="")))[1:]
    got = zip(*(column.to_pylist() for column in cells.columns), strict=True)
    for row, written in zip(got, exported, strict=True):
        expected = [None if cell.strip().lower() in ("", *GAP_WORDS) else cell.strip() for cell in written]
        assert [_number(cell) for cell in row] == [_number(cell) for cell in expected]


def _number(cell: str | None) -> object:
    try:
        return float(cell or "")
    except ValueError:
        return cell
