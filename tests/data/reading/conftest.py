"""Reading within the test's own process, which is fast and gives tracebacks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from qenn_core.data.reading.parsing import parse_table
from qenn_core.data.reading.protocol import ReadOptions
from qenn_core.data.table import Reading


@dataclass(frozen=True)
class ParsedFile:
    names: list[str]
    rows: list[list[str | None]]
    reading: Reading
    gap_words: dict[str, list[str | None]]

    @property
    def notes(self) -> str:
        return "\n".join(self.reading.notes)


Read = Callable[..., ParsedFile]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(content: str | bytes, **options: object) -> ParsedFile:
        raw = content if isinstance(content, bytes) else content.encode()
        parsed = parse_table(raw, ReadOptions.model_validate(options), tmp_path)
        columns = [column.to_pylist() for column in parsed.cells.columns]
        return ParsedFile(
            parsed.cells.column_names,
            [list(row) for row in zip(*columns, strict=True)],
            parsed.reading,
            parsed.gap_words.to_pydict(),
        )

    return read
