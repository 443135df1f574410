"""The caller's side: start the reading process, wait for it, and load its reply."""

from __future__ import annotations

import hashlib
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import qenn_core
from qenn_core import limits
from qenn_core.data.raw_text import UnreadableTableError
from qenn_core.data.reading.folders import temporary_folder
from qenn_core.data.reading.protocol import (
    Folder,
    ReadOptions,
    ReadRequest,
    Refused,
    TableRead,
    TooManyRows,
)
from qenn_core.data.table import Table
from qenn_core.errors import DataError, TooManyRowsError

if TYPE_CHECKING:
    import pandas as pd

    from qenn_core.experiment import DataSpec

log = logging.getLogger(__name__)

_PROJECT = Path(qenn_core.__file__).parents[1]
# How the system ends a process that has used its CPU time.
_OUT_OF_CPU_TIME = -24
# One thread per library: the process is short-lived, and idle threads count against its memory limit.
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
    """Read a delimited text file, plain or gzipped, in a separate process.

    Parameters
    ----------
    content : bytes
        The file.
    file_name : str
        Its name, shown as the name of the table.
    options : DataSpec
        How to read it; the reading fields (``text_encoding``, ``delimiter``, ``decimal``, ``header``,
        ``skip_rows``, ``gaps``) that are ``None`` are detected. ``sample_rows`` allows a random sample, with
        the values of ``target`` in the same proportions.
    seed : int
        Seed of the sample.
    seconds, memory_bytes : float, int
        Limits of the process: CPU time, and memory. On Windows only the time is limited.

    Returns
    -------
    Table
        All cells are text (dtype ``str``) or missing. ``reading.n_rows`` counts the rows before sampling.

    Raises
    ------
    TooManyRowsError
        If the file has more than ``limits.MAX_ROWS`` rows and no sample was requested.
    DataError
        If the file is not a table that can be read within the limits.
    """
    if not content:
        raise DataError(
            "The file is empty.",
            "It has a size of 0 bytes.",
            "Save it again in the program it comes from, and upload the new file.",
            place="upload",
        )
    if len(content) > limits.MAX_UPLOAD_BYTES:
        raise DataError(
            f"The file has {len(content) / 2**20:,.0f} MB, more than the "
            f"{limits.MAX_UPLOAD_BYTES >> 20} MB that can be read.",
            "It would fill the memory that all users share.",
            "Upload only some of its rows.",
            place="upload",
        )
    shared_fields = set(ReadOptions.model_fields) - {"seed"}
    request = ReadRequest(
        options=ReadOptions(**options.model_dump(include=shared_fields), seed=seed),
        memory_bytes=memory_bytes,
        cpu_seconds=seconds,
    )
    with temporary_folder() as path:
        folder = Folder(path)
        folder.upload.write_bytes(content)
        folder.save_request(request)
        _run_process(folder, seconds)
        return _load_table(folder, PurePosixPath(file_name.replace("\\", "/")).name, content)


def _run_process(folder: Folder, seconds: float) -> None:
    try:
        with _sign_of_life() as stdin:
            finished = subprocess.run(
                [sys.executable, "-m", __package__, str(folder.path)],
                cwd=_PROJECT,
                env=os.environ | _ENVIRONMENT,
                stdin=stdin,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                timeout=limits.PARSE_PATIENCE * seconds,
                check=False,
            )
    except subprocess.TimeoutExpired:
        raise _too_slow(seconds) from None
    if finished.returncode == _OUT_OF_CPU_TIME:
        raise _too_slow(seconds)
    if finished.returncode:
        log.warning(
            "reading process exited with code %s: %s",
            finished.returncode,
            finished.stderr.decode(errors="replace")[-4000:],
        )


@contextmanager
def _sign_of_life() -> Iterator[int]:
    """Open a pipe that the system closes when this process ends, however it ends; return where to read."""
    reading, writing = os.pipe()
    try:
        yield reading
    finally:
        os.close(reading)
        os.close(writing)


def _too_slow(seconds: float) -> DataError:
    return DataError(
        f"The file could not be read within {seconds:g} seconds.",
        "It is very large, or has an unusual structure that takes long to read.",
        "Upload only some of its rows, or open it in a spreadsheet program and save it as CSV.",
        place="upload",
    )


def _load_table(folder: Folder, name: str, content: bytes) -> Table:
    match folder.load_reply():
        case TableRead(reading=reading):
            pass
        case Refused(message=message, raw=raw):
            if raw:
                raise UnreadableTableError(message, raw)
            raise DataError(**message.model_dump())
        case TooManyRows(n_rows=n_rows, limit=limit):
            raise TooManyRowsError(n_rows, limit)
        case None:
            raise DataError(
                "The file could not be read.",
                "Reading it took more memory than is allowed, or failed in an unexpected way.",
                "Upload only some of its rows, or open it in a spreadsheet program and save it as CSV.",
                place="upload",
            )
    # Only the caller needs it; the reading process imports this module too.
    import pyarrow as pa

    def load(path: Path) -> pd.DataFrame:
        with pa.OSFile(str(path)) as file:
            frame: pd.DataFrame = pa.ipc.open_file(file).read_all().to_pandas()
            return frame

    return Table(
        frame=load(folder.table),
        name=name,
        fingerprint=hashlib.sha256(content).hexdigest(),
        reading=reading,
        gap_words=load(folder.gap_words),
    )
