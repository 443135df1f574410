"""Messages between the caller and the reading process, and the folder through which they pass."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from qenn_core.data.raw_text import RawText
from qenn_core.data.table import Reading
from qenn_core.errors import ErrorMessage


class Message(BaseModel):
    """Base of all messages; unknown fields are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ReadOptions(Message):
    """How to read a file; what is ``None`` is detected.

    The fields are those of `qenn_core.experiment.DataSpec`, and the seed of the sample.
    """

    text_encoding: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    sheet: str | None = None
    quote: str | None = None
    header: int | None = None
    skip_rows: int | None = None
    gaps: tuple[str, ...] | None = None
    sample_rows: int | None = None
    target: str | None = None
    seed: int = 0


class ReadRequest(Message):
    """How to read the file in the folder, and the memory and CPU time that the process may use."""

    options: ReadOptions
    memory_bytes: int
    cpu_seconds: float


class TableRead(Message):
    """Reply: the table was read; its cells are in the folder."""

    kind: Literal["table_read"] = "table_read"
    reading: Reading


class Refused(Message):
    """Reply: the file cannot be used."""

    kind: Literal["refused"] = "refused"
    message: ErrorMessage
    raw: RawText | None = None


class TooManyRows(Message):
    """Reply: the file has too many rows, but a sample of them could be used."""

    kind: Literal["too_many_rows"] = "too_many_rows"
    n_rows: int
    limit: int


ReadReply = TableRead | Refused | TooManyRows
_REPLY: TypeAdapter[ReadReply] = TypeAdapter(Annotated[ReadReply, Field(discriminator="kind")])


@dataclass(frozen=True)
class Folder:
    """The folder of one reading process."""

    path: Path

    @property
    def upload(self) -> Path:
        """The uploaded file."""
        return self.path / "upload"

    @property
    def table(self) -> Path:
        """The cells of the table, as Arrow IPC."""
        return self.path / "table.arrow"

    @property
    def gap_words(self) -> Path:
        """The words of the table that count as gaps, as Arrow IPC."""
        return self.path / "gap_words.arrow"

    @property
    def _request(self) -> Path:
        return self.path / "request.json"

    @property
    def _reply(self) -> Path:
        return self.path / "reply.json"

    def save_request(self, request: ReadRequest) -> None:
        """Write the request."""
        self._request.write_text(request.model_dump_json(), encoding="utf-8")

    def load_request(self) -> ReadRequest:
        """Return the request."""
        return ReadRequest.model_validate_json(self._request.read_text(encoding="utf-8"))

    def save_reply(self, reply: ReadReply) -> None:
        """Write the reply."""
        self._reply.write_text(reply.model_dump_json(), encoding="utf-8")

    def load_reply(self) -> ReadReply | None:
        """Return the reply, or ``None`` if the process ended without one."""
        return _REPLY.validate_json(self._reply.read_bytes()) if self._reply.exists() else None
