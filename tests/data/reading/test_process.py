"""The reading process: its answer, its limits, and what it leaves behind."""

from __future__ import annotations

import gzip
import hashlib
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from qenn_core import limits
from qenn_core.data.reading import read_table
from qenn_core.data.samples import PENGUINS_CSV
from qenn_core.errors import DataError, TooManyRowsError
from qenn_core.experiment import DataSpec

CSV = DataSpec(source="csv")
N_ROWS = 1_000_000
RARE = 10_000


@pytest.fixture(scope="module")
def million() -> bytes:
    common = b"1.5,2.5,common\n3.5,4.5,usual\n" * ((N_ROWS - RARE) // 2)
    return b"x,y,kind\n" + common + b"5.5,6.5,rare\n" * RARE


@pytest.fixture
def temporary_files(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_table_arrives_as_text_with_gaps(temporary_files):
    content = PENGUINS_CSV.read_bytes()
    table = read_table(content, "C:\\data\\penguins.csv", CSV)
    assert table.name == "penguins.csv"
    assert table.fingerprint == hashlib.sha256(content).hexdigest()
    assert table.frame.shape == (344, 8)
    assert {str(dtype) for dtype in table.frame.dtypes} == {"str"}
    assert table.frame.isna().to_numpy().sum() == 19
    assert table.frame["bill_length_mm"].iloc[0] == "39.1"
    assert table.reading.n_rows == 344
    assert table.reading.raw_lines[0] == content.decode().splitlines()[0]
    assert not list(temporary_files.iterdir())


def test_options_reach_the_process():
    table = read_table(
        "ä;b\n1,5;x\n2,5;y\n".encode("cp1252"), "t.csv", CSV.model_copy(update={"decimal": "."})
    )
    assert list(table.frame) == ["ä", "b"]
    assert table.reading.decimal == "."


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "empty"),
        (b"a,b\n", "no rows"),
        (b"PK\x03\x04", "zip"),
        (gzip.compress(bytes(3 * 10**8), 1), "Unpacked"),
    ],
)
def test_a_refusal_crosses_the_process(content, what, temporary_files):
    with pytest.raises(DataError, match=what) as caught:
        read_table(content, "t.csv", CSV)
    assert caught.value.why
    assert caught.value.remedy
    assert caught.value.place
    assert not list(temporary_files.iterdir())


def test_a_file_over_the_size_limit_is_refused_at_once(monkeypatch):
    monkeypatch.setattr(limits, "MAX_UPLOAD_BYTES", 2**20)
    with pytest.raises(DataError, match="more than the 1 MB"):
        read_table(b"1,2\n" * 2**19, "t.csv", CSV)


def test_a_million_rows_need_the_users_word(million):
    with pytest.raises(TooManyRowsError) as caught:
        read_table(million, "t.csv", CSV)
    assert (caught.value.n_rows, caught.value.limit) == (N_ROWS, limits.MAX_ROWS)
    assert caught.value.place == "data.sample_rows"


def test_a_sample_of_a_million_rows_keeps_the_classes_in_proportion(million):
    options = CSV.model_copy(update={"sample_rows": 2_000, "target": "kind"})
    # Less memory than all the rows would take.
    table = read_table(million, "t.csv", options, seed=3, memory_bytes=2**30)
    assert Counter(table.frame["kind"]) == {"common": 990, "usual": 990, "rare": 20}
    assert table.reading.n_rows == N_ROWS
    assert any("a random sample of 2,000" in note and "kind" in note for note in table.reading.notes)


def test_the_seed_decides_the_sample():
    content = b"n,m\n" + b"".join(b"%d,%d\n" % (i, i) for i in range(500))
    options = CSV.model_copy(update={"sample_rows": 50})
    first, same, other = (read_table(content, "t.csv", options, seed=seed).frame for seed in (1, 1, 2))
    assert first.equals(same)
    assert not first.equals(other)
    assert first["n"].astype(int).is_monotonic_increasing


def test_the_time_limit_ends_the_process(million):
    begin = time.monotonic()
    with pytest.raises(DataError, match=r"within 0\.4 seconds"):
        read_table(million, "t.csv", CSV, seconds=0.4)
    assert time.monotonic() - begin < 5


def test_the_memory_limit_ends_the_process(temporary_files, caplog):
    # Less than the libraries of the process need.
    with pytest.raises(DataError, match="could not be read") as caught:
        read_table(b"a,b\n1,x\n2,y\n", "t.csv", CSV, memory_bytes=2**28)
    assert "memory" in caught.value.why
    assert not list(temporary_files.iterdir())
    assert "reading ended with" in caplog.text


def test_several_threads_can_read_at_once():
    texts = [f"a,b\n{i},x\n{i + 1},y\n" for i in range(4)]
    with ThreadPoolExecutor(4) as pool:
        tables = list(pool.map(lambda text: read_table(text.encode(), "t.csv", CSV), texts))
    assert [table.frame["a"].iloc[0] for table in tables] == ["0", "1", "2", "3"]


def test_the_process_starts_light():
    code = (
        "import sys, qenn_core.data.reading.__main__, qenn_core.data.reading.parsing;"
        "print({'pandas', 'pydantic', 'sklearn', 'torch', 'pennylane'} & set(sys.modules) or '')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not done.stdout.strip()
