"""What passes between the caller and the reading process: files in a folder that both know."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from qenn_core.errors import DataError, TooManyRowsError


@dataclass(frozen=True)
class Options:
    """What the user said about the file; ``None`` is found out.

    The fields are those of `qenn_core.experiment.DataSpec`, and the seed of the sample.
    """

    text_encoding: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    header: bool | None = None
    skip_rows: int | None = None
    sample_rows: int | None = None
    target: str | None = None
    seed: int = 0


@dataclass(frozen=True)
class Folder:
    """The folder of one reading."""

    path: Path

    @property
    def upload(self) -> Path:
        """The file's bytes as they were uploaded."""
        return self.path / "upload"

    @property
    def table(self) -> Path:
        """The cells, as Arrow IPC."""
        return self.path / "table.arrow"

    @property
    def _request(self) -> Path:
        return self.path / "request.json"

    @property
    def _reply(self) -> Path:
        return self.path / "reply.json"

    def ask(self, content: bytes, options: Options, memory_bytes: int) -> None:
        """Lay down the file and how it is to be read."""
        self.upload.write_bytes(content)
        self._request.write_text(json.dumps({"options": asdict(options), "memory_bytes": memory_bytes}))

    def asked(self) -> tuple[Options, int]:
        """Return how the file is to be read, and in how much memory."""
        request = json.loads(self._request.read_text())
        return Options(**request["options"]), request["memory_bytes"]

    def answer(self, reading: dict[str, Any]) -> None:
        """Lay down how the file was read."""
        self._reply.write_text(json.dumps({"reading": reading}))

    def refuse(self, error: DataError) -> None:
        """Lay down why the file cannot be read."""
        if isinstance(error, TooManyRowsError):
            reply: dict[str, Any] = {"too_many_rows": [error.n_rows, error.limit]}
        else:
            reply = {"error": [error.what, error.why, error.remedy, error.place]}
        self._reply.write_text(json.dumps(reply))

    def answered(self) -> dict[str, Any] | None:
        """Return how the file was read, or ``None`` where the process ended without a word.

        Raises
        ------
        DataError
            If the file was refused.
        """
        if not self._reply.exists():
            return None
        reply: dict[str, Any] = json.loads(self._reply.read_text())
        if "too_many_rows" in reply:
            raise TooManyRowsError(*reply["too_many_rows"])
        if "error" in reply:
            raise DataError(*reply["error"])
        return {
            key: tuple(value) if isinstance(value, list) else value for key, value in reply["reading"].items()
        }
