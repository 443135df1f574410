"""The reading process: its replies, its limits, and what it leaves behind."""

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
from pydantic import ValidationError

from qenn_core import limits
from qenn_core.data.raw_text import EncodingSample, RawText
from qenn_core.data.reading import read_table
from qenn_core.data.reading.protocol import (
    Folder,
    ReadOptions,
    ReadReply,
    ReadRequest,
    Refused,
    TableRead,
    TooManyRows,
)
from qenn_core.data.reading.sampling import stratified_sample
from qenn_core.data.samples import PENGUINS_CSV
from qenn_core.data.table import Reading
from qenn_core.errors import DataError, ErrorMessage, TooManyRowsError
from qenn_core.experiment import DataSpec

CSV = DataSpec(source="csv")
N_ROWS = 100_000
N_RARE = 1_000


@pytest.fixture(scope="module")
def many_rows() -> bytes:
    common = b"1.5,2.5,common\n3.5,4.5,usual\n" * ((N_ROWS - N_RARE) // 2)
    return b"x,y,kind\n" + common + b"5.5,6.5,rare\n" * N_RARE


@pytest.fixture
def temporary_files(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_cells_are_text_or_missing(temporary_files):
    content = PENGUINS_CSV.read_bytes()
    table = read_table(content, "C:\\data\\penguins.csv", CSV)
    assert table.name == "penguins.csv"
    assert table.fingerprint == hashlib.sha256(content).hexdigest()
    assert table.frame.shape == (344, 8)
    assert {str(dtype) for dtype in table.frame.dtypes} == {"str"}
    assert table.frame.isna().to_numpy().sum() == 19
    assert table.frame["bill_length_mm"].iloc[0] == "39.1"
    assert table.reading.n_rows == 344
    assert table.reading.raw.lines[0] == content.decode().splitlines()[0]
    assert not list(temporary_files.iterdir())


def test_options_and_seed_reach_the_process(read):
    content = "ä;b\n".encode("cp1252") + b"".join(b"%d,5;x\n" % i for i in range(100))
    options = {"text_encoding": "cp1252", "decimal": ".", "sample_rows": 50}
    table = read_table(content, "t.csv", CSV.model_copy(update=options), seed=3)
    expected = read(content, **options, seed=3)
    assert list(table.frame) == expected.names == ["ä", "b"]
    assert table.frame.to_numpy().tolist() == expected.rows
    assert table.reading == expected.reading


def test_the_seed_determines_the_sample(read):
    content = b"n,m\n" + b"".join(b"%d,%d\n" % (i, i) for i in range(500))
    first, same, other = (read(content, sample_rows=50, seed=seed).rows for seed in (1, 1, 2))
    assert first == same != other
    assert first == [[str(position)] * 2 for position in stratified_sample([0] * 500, 50, seed=1)]


@pytest.mark.parametrize(
    ("content", "what"),
    [(b"", "empty"), (b"a,b\n", "no rows"), (gzip.compress(bytes(3 * 10**8), 1), "Unpacked")],
)
def test_errors_are_passed_on(content, what, temporary_files):
    with pytest.raises(DataError, match=what) as caught:
        read_table(content, "t.csv", CSV)
    assert caught.value.why
    assert caught.value.remedy
    assert caught.value.place
    assert not list(temporary_files.iterdir())


@pytest.mark.parametrize(
    "reply",
    [
        TableRead(
            reading=Reading(
                *("utf-8", ",", ".", '"', 2, 1, 20),
                RawText(("a,‘b’\u2028",), (EncodingSample("cp1250", "Łódź"),)),
                ("One note.", "Another."),
            )
        ),
        Refused(message=ErrorMessage(what="W", why="Y", remedy="R", place="upload")),
        Refused(message=ErrorMessage(what="W"), raw=RawText(("x",))),
        TooManyRows(n_rows=30_000, limit=20_000),
    ],
)
def test_messages_are_loaded_as_they_were_saved(reply: ReadReply, tmp_path: Path):
    folder = Folder(tmp_path)
    options = ReadOptions(delimiter="\t", header=0, seed=7)
    request = ReadRequest(options=options, memory_bytes=2**30, cpu_seconds=60)
    assert folder.load_reply() is None
    folder.save_request(request)
    folder.save_reply(reply)
    assert folder.load_request() == request
    assert folder.load_reply() == reply


def test_unknown_replies_are_errors(tmp_path: Path):
    (tmp_path / "reply.json").write_text('{"kind": "maybe"}')
    with pytest.raises(ValidationError):
        Folder(tmp_path).load_reply()


def test_a_file_over_the_size_limit_is_refused_immediately(monkeypatch):
    monkeypatch.setattr(limits, "MAX_UPLOAD_BYTES", 2**20)
    with pytest.raises(DataError, match="more than the 1 MB"):
        read_table(b"1,2\n" * 2**19, "t.csv", CSV)


def test_too_many_rows_are_refused_unless_a_sample_is_requested(many_rows):
    with pytest.raises(TooManyRowsError) as caught:
        read_table(many_rows, "t.csv", CSV)
    assert (caught.value.n_rows, caught.value.limit) == (N_ROWS, limits.MAX_ROWS)
    assert caught.value.place == "data.sample_rows"


def test_a_sample_keeps_the_classes_in_proportion(many_rows):
    options = CSV.model_copy(update={"sample_rows": 2_000, "target": "kind"})
    table = read_table(many_rows, "t.csv", options, seed=3, memory_bytes=2**30)
    assert Counter(table.frame["kind"]) == {"common": 990, "usual": 990, "rare": 20}
    assert table.reading.n_rows == N_ROWS
    assert any("a random sample of 2,000" in note and "kind" in note for note in table.reading.notes)


def test_the_time_limit_ends_the_process(many_rows):
    start = time.monotonic()
    with pytest.raises(DataError, match=r"within 0\.4 seconds"):
        read_table(many_rows, "t.csv", CSV, seconds=0.4)
    assert time.monotonic() - start < 5


def test_the_memory_limit_ends_the_process(temporary_files, caplog):
    # Less than the libraries of the process need.
    with pytest.raises(DataError, match="could not be read") as caught:
        read_table(b"a,b\n1,x\n2,y\n", "t.csv", CSV, memory_bytes=2**28)
    assert "memory" in caught.value.why
    assert not list(temporary_files.iterdir())
    assert "reading process exited with" in caplog.text


def test_threads_can_read_at_the_same_time():
    texts = [f"a,b\n{i},x\n{i + 1},y\n" for i in range(2)]
    with ThreadPoolExecutor(2) as pool:
        tables = list(pool.map(lambda text: read_table(text.encode(), "t.csv", CSV), texts))
    assert [table.frame["a"].iloc[0] for table in tables] == ["0", "1"]


def test_the_process_does_not_import_heavy_packages():
    code = (
        "import sys, qenn_core.data.reading.__main__, qenn_core.data.reading.parsing;"
        "print({'pandas', 'sklearn', 'torch', 'pennylane'} & set(sys.modules) or '')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not done.stdout.strip()
