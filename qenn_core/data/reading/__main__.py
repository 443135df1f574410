"""The reading process: ``python -m qenn_core.data.reading FOLDER``."""

from __future__ import annotations

import contextlib
import math
import os
import shutil
import sys
from pathlib import Path
from threading import Thread

from qenn_core import limits
from qenn_core.data.raw_text import UnreadableTableError
from qenn_core.data.reading.protocol import Folder, Refused, TableRead, TooManyRows
from qenn_core.errors import DataError, TooManyRowsError


def _limit_resources(memory_bytes: int, cpu_seconds: float) -> None:
    with contextlib.suppress(ImportError):  # Windows has no such limits
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
        # A second later, the system would kill the process, and not say why.
        seconds = math.ceil(cpu_seconds)
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        resource.setrlimit(resource.RLIMIT_FSIZE, (2 * limits.MAX_DECOMPRESSED_BYTES,) * 2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _end_with_parent(folder: Path) -> None:
    """Wait until the process that asked for the reading has ended, and let this one end without a trace."""
    os.read(sys.stdin.fileno(), 1)
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


def main(path: str) -> None:
    """Read the file in the folder at `path` and write the reply there."""
    folder = Folder(Path(path))
    Thread(target=_end_with_parent, args=(folder.path,), daemon=True).start()
    request = folder.load_request()
    _limit_resources(request.memory_bytes, request.cpu_seconds)
    # Imported under the limits, because the libraries reserve memory too.
    import pyarrow as pa

    from qenn_core.data.reading.parsing import parse_table

    try:
        parsed = parse_table(folder.upload.read_bytes(), request.options, folder.path)
    except TooManyRowsError as error:
        folder.save_reply(TooManyRows(n_rows=error.n_rows, limit=error.limit))
        return
    except UnreadableTableError as error:
        folder.save_reply(Refused(message=error.message, raw=error.raw))
        return
    except DataError as error:
        folder.save_reply(Refused(message=error.message))
        return
    for file_path, table in ((folder.table, parsed.cells), (folder.gap_words, parsed.gap_words)):
        with pa.OSFile(str(file_path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table)
    folder.save_reply(TableRead(reading=parsed.reading))


if __name__ == "__main__":
    main(sys.argv[1])
