"""The reading process: ``python -m qenn_core.data.reading FOLDER``."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

from qenn_core import limits
from qenn_core.data.reading.exchange import Folder
from qenn_core.errors import DataError


def _limit_resources(memory_bytes: int) -> None:
    with contextlib.suppress(ImportError):  # Windows has no such limits
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
        resource.setrlimit(resource.RLIMIT_FSIZE, (2 * limits.MAX_DECOMPRESSED_BYTES,) * 2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(path: str) -> None:
    """Read the file in the folder at `path` and leave the answer there."""
    folder = Folder(Path(path))
    options, memory_bytes = folder.asked()
    _limit_resources(memory_bytes)
    # Imported under the limits, since the libraries reserve memory too.
    import pyarrow as pa

    from qenn_core.data.reading.parsing import parse

    try:
        table, reading = parse(folder.upload.read_bytes(), options, folder.path)
    except DataError as error:
        folder.refuse(error)
        return
    with pa.OSFile(str(folder.table), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    folder.answer(reading)


if __name__ == "__main__":
    main(sys.argv[1])
