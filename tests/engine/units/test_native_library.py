"""Compiled functions are found again, and nothing that is wrong with them stops a program."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
pytestmark = [pytest.mark.timeout(400), pytest.mark.slow]

PREPARE = "from tests.engine.units.tiny_library import TINY; print(TINY.prepare())"
USE = """
import numpy as np
from tests.engine.units.tiny_library import TINY, double
print(TINY.load())
if TINY.load():
    print(double(np.full(1, 4, np.float32))[0])
    try:
        double(np.zeros(1, np.int64))
    except TypeError:
        print("refused")
"""


def python(script: str, cache: Path, **environment: str) -> str:
    """Return what a script prints in a process of its own."""
    result = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "XDG_CACHE_HOME": str(cache), "QENN_NATIVE": "1", **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout


def files(cache: Path) -> list[Path]:
    return [path for path in cache.rglob("*") if path.is_file()]


@pytest.mark.skipif(sys.platform != "linux", reason="the cache folder is moved by XDG_CACHE_HOME")
def test_library_is_compiled_loaded_and_mended(tmp_path: Path) -> None:
    assert python(USE, tmp_path) == "False\n", "not compiled yet"
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda _: python(PREPARE, tmp_path), range(2))) == ["True\n", "True\n"]
    assert len(list((tmp_path / "qenn-studio" / "native").iterdir())) == 1, "no folder is left behind"
    assert python(USE, tmp_path) == "True\n8.0\nrefused\n"
    assert python(USE, tmp_path, QENN_NATIVE="0") == "False\n"
    for path in files(tmp_path):
        path.write_bytes(path.read_bytes()[:-100])
    assert python(USE, tmp_path) == "False\n", "a damaged file"
    assert not files(tmp_path)
    assert python(PREPARE, tmp_path) == "True\n"
    assert python(USE, tmp_path) == "True\n8.0\nrefused\n"


@pytest.mark.skipif(sys.platform != "linux", reason="the cache folder is moved by XDG_CACHE_HOME")
def test_cache_folder_that_cannot_be_written(tmp_path: Path) -> None:
    not_a_folder = tmp_path / "file"
    not_a_folder.touch()
    assert python(PREPARE, not_a_folder) == "False\n"
    assert python(USE, not_a_folder) == "False\n"
