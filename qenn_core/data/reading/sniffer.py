"""DuckDB's CSV sniffer, restricted to one folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from qenn_core.data.reading.cell_values import spelled_gap_words


@dataclass(frozen=True)
class SniffedFormat:
    """What DuckDB detects in a file."""

    delimiter: str
    quote: str | None
    comment: str | None


class Sniffer:
    """DuckDB's CSV sniffer, restricted to one folder."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "head.csv"
        self._connection = duckdb.connect(
            config={
                "threads": 1,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )
        for setting in (
            f"allowed_directories = [{_sql_text(str(folder))}]",
            "enable_external_access = false",
            "lock_configuration = true",
        ):
            self._connection.execute(f"SET {setting}")

    def __enter__(self) -> Sniffer:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def sniff(self, lines: Sequence[str], delimiter: str | None = None) -> SniffedFormat | None:
        """Return what DuckDB detects in `lines`, or ``None`` if it finds no table."""
        self._file.write_text("".join(lines), encoding="utf-8", errors="replace", newline="")
        markers = ", ".join(_sql_text(spelling) for spelling in spelled_gap_words())
        settings = ["strict_mode=false", "ignore_errors=true", f"nullstr=[{markers}]"]
        if delimiter:
            settings.append(f"delim={_sql_text(delimiter)}")
        query = (
            "SELECT Delimiter, Quote, Comment "
            f"FROM sniff_csv({_sql_text(str(self._file))}, {', '.join(settings)})"
        )
        try:
            row = self._connection.execute(query).fetchone()
        except duckdb.Error:
            return None
        if row is None:
            return None
        sniffed_delimiter, quote, comment = row
        return SniffedFormat(sniffed_delimiter, _character(quote), _character(comment))


def _sql_text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _character(text: str | None) -> str | None:
    return text if text and len(text) == 1 else None
