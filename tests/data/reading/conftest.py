"""Reading inside the test's own process: quick, and with tracebacks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from qenn_core.data.reading.exchange import Options
from qenn_core.data.reading.parsing import parse
from qenn_core.data.table import Reading


@dataclass(frozen=True)
class Parsed:
    names: list[str]
    rows: list[list[str | None]]
    reading: Reading

    @property
    def notes(self) -> str:
        return "\n".join(self.reading.notes)


Read = Callable[..., Parsed]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(content: str | bytes, **options: object) -> Parsed:
        raw = content if isinstance(content, bytes) else content.encode()
        table, reading = parse(raw, Options(**options), tmp_path)
        columns = [column.to_pylist() for column in table.columns]
        return Parsed(
            table.column_names, [list(row) for row in zip(*columns, strict=True)], Reading(**reading)
        )

    return read
