"""The caller's side: start the reading process, wait for it, and take its answer."""

from __future__ import annotations

import hashlib
import logging
import os
import subprocess
import sys
import tempfile
from dataclasses import fields
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import qenn_core
from qenn_core import limits
from qenn_core.data.reading.exchange import Folder, Options
from qenn_core.errors import DataError

if TYPE_CHECKING:
    from qenn_core.data.table import Table
    from qenn_core.experiment import DataSpec

log = logging.getLogger(__name__)

_PROJECT = Path(qenn_core.__file__).parents[1]
# One thread each: the process is short, and idle threads count against its memory limit.
_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "2",
}


def read_table(
    content: bytes,
    file_name: str,
    options: DataSpec,
    *,
    seed: int = 0,
    seconds: float = limits.PARSE_SECONDS,
    memory_bytes: int = limits.PARSE_MEMORY_BYTES,
) -> Table:
    """Read a delimited text file, plain or gzipped, in a process of its own.

    Parameters
    ----------
    content : bytes
        The file.
    file_name : str
        Its name, shown as the name of the table.
    options : DataSpec
        How to read it; of the reading fields (``text_encoding``, ``delimiter``, ``decimal``, ``header``,
        ``skip_rows``), those that are ``None`` are guessed. ``sample_rows`` allows a random sample, with the
        values of ``target`` in the same proportions.
    seed : int
        Seed of the sample.
    seconds, memory_bytes : float, int
        The limits of the process. Memory is limited where the system can (not on Windows).

    Returns
    -------
    Table
        All cells are text (dtype ``str``) or missing. ``reading.n_rows`` counts the rows before sampling.

    Raises
    ------
    TooManyRowsError
        If the file has more than ``limits.MAX_ROWS`` rows and no sample was asked for.
    DataError
        If the file is not a table that can be read within the limits.
    """
    if not content:
        raise DataError(
            "The file is empty.",
            "It holds not a single byte.",
            "Save it again from the program that made it, and upload that.",
            place="upload",
        )
    if len(content) > limits.MAX_UPLOAD_BYTES:
        raise DataError(
            f"The file has {len(content) / 2**20:,.0f} MB, more than the {limits.MAX_UPLOAD_BYTES >> 20} MB "
            "that can be read.",
            "It would fill the memory that all users share.",
            "Upload a part of its rows.",
            place="upload",
        )
    asked = Options(
        **options.model_dump(include={field.name for field in fields(Options)} - {"seed"}), seed=seed
    )
    # Left-overs of a process that was killed are the system's to tidy, not a reason to fail.
    with tempfile.TemporaryDirectory(prefix="qenn-reading-", ignore_cleanup_errors=True) as path:
        folder = Folder(Path(path))
        folder.ask(content, asked, memory_bytes)
        _run(folder, seconds)
        return _collect(folder, PurePosixPath(file_name.replace("\\", "/")).name, content)


def _run(folder: Folder, seconds: float) -> None:
    try:
        done = subprocess.run(
            [sys.executable, "-m", __package__, str(folder.path)],
            cwd=_PROJECT,
            env=os.environ | _ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DataError(
            f"The file could not be read within {seconds:g} seconds.",
            "It is very large, or built in a way that keeps the reader busy.",
            "Upload a part of its rows, or save it again as CSV from a spreadsheet.",
            place="upload",
        ) from None
    if done.returncode:
        log.warning(
            "reading ended with %s: %s", done.returncode, done.stderr.decode(errors="replace")[-4000:]
        )


def _collect(folder: Folder, name: str, content: bytes) -> Table:
    reading = folder.answered()
    if reading is None:
        raise DataError(
            "The file could not be read.",
            "Reading it took more memory than is allowed, or failed in an unexpected way.",
            "Upload a part of its rows, or save it again as CSV from a spreadsheet.",
            place="upload",
        )
    # Only the caller needs pandas; the reading process imports this module too.
    import pyarrow as pa

    from qenn_core.data.table import Reading, Table

    with pa.OSFile(str(folder.table)) as file:
        frame = pa.ipc.open_file(file).read_all().to_pandas()
    return Table(
        frame=frame,
        name=name,
        fingerprint=hashlib.sha256(content).hexdigest(),
        reading=Reading(**reading),
    )
