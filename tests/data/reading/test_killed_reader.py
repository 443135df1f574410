"""A process that is killed while it reads a file leaves neither the file nor its reading process behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from serving import PROJECT

from qenn_core.data.reading.folders import delete_abandoned_folders, temporary_folder

PATIENCE = 30
# Takes longer to read than the tests wait.
SLOW_FILE = """
from qenn_core.data import read_table
from qenn_core.experiment import DataSpec
rows = b"".join(b"%d,%d,%s\\n" % (row, row * 7, b"ab"[row % 2:][:1]) for row in range(3_000_000))
read_table(b"x,y,kind\\n" + rows, "slow.csv", DataSpec(source="csv"))
"""


@pytest.fixture
def temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def caller(temporary_files: Path) -> Iterator[psutil.Process]:
    """A process that reads a file in another one."""
    started = subprocess.Popen(
        [sys.executable, "-c", SLOW_FILE], cwd=PROJECT, env={"TMPDIR": str(temporary_files)}
    )
    process = psutil.Process(started.pid)
    wait_for(lambda: process.children() and list(temporary_files.glob("*/request.json")))
    yield process
    started.kill()
    started.wait()


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.slow
def test_reading_process_ends_with_its_caller(caller: psutil.Process, temporary_files: Path) -> None:
    [reader] = caller.children()
    time.sleep(1)  # until it reads
    caller.send_signal(signal.SIGKILL)
    _, alive = psutil.wait_procs([reader], timeout=PATIENCE)
    assert not alive
    assert not list(temporary_files.iterdir())


@pytest.mark.slow
def test_folder_of_killed_processes_is_deleted_and_that_of_living_ones_is_not(
    caller: psutil.Process, temporary_files: Path
) -> None:
    [reader] = caller.children()
    for process in (reader, caller):
        process.suspend()
    delete_abandoned_folders()
    assert len(list(temporary_files.glob("*/upload"))) == 1
    for process in (reader, caller):
        process.kill()
    wait_for(lambda: psutil.wait_procs([caller], timeout=0)[1] == [])
    delete_abandoned_folders()
    assert not list(temporary_files.iterdir())


def test_only_own_and_abandoned_folders_are_deleted(temporary_files: Path, tmp_path_factory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "kept").touch()
    (temporary_files / "qenn-reading-link").symlink_to(elsewhere)
    (temporary_files / "another").mkdir()
    (temporary_files / "qenn-reading-abandoned").mkdir()
    with temporary_folder() as folder:
        delete_abandoned_folders()
        assert folder.exists()
    assert {path.name for path in temporary_files.iterdir()} == {"qenn-reading-link", "another"}
    assert [path.name for path in elsewhere.iterdir()] == ["kept"]
