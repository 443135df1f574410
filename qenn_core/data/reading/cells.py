"""What the cells mean: gaps, and numbers in the notation of another country."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

# Lower case; a cell is compared without regard to case.
_MARKERS = (
    *("na", "n/a", "n.a.", "n.a", "nan", "nat", "null", "none", "nil", "?", "-", "--", "—", "–", ".", "..."),
    *("#n/a", "#na", "#null!", "#div/0!", "#value!", "#ref!", "#name?", "#num!", "<na>", "\\n", "(null)"),
)


@lru_cache
def marker_spellings() -> tuple[str, ...]:
    """Return the texts that stand for a gap, in their usual spellings."""
    return tuple(
        dict.fromkeys(
            spelling for m in _MARKERS for spelling in (m, m.upper(), m.capitalize(), "NaN", "<NA>")
        )
    )


def blank_gaps(column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, dict[str, int]]:
    """Trim the cells and turn those that stand for a gap into missing ones.

    Returns
    -------
    pyarrow.ChunkedArray
        The column.
    dict
        How often each marker was met; empty cells are not counted.
    """
    trimmed = pc.utf8_trim_whitespace(column)
    marked = pc.is_in(pc.utf8_lower(trimmed), value_set=pa.array(_MARKERS))
    counts = pc.value_counts(trimmed.filter(marked))
    gap = pc.or_(marked, pc.equal(trimmed, ""))
    blanked = pc.if_else(gap, pa.scalar(None, pa.string()), trimmed)
    return blanked, {entry["values"]: entry["counts"] for entry in counts.to_pylist()}


def find_decimal(rows: Iterable[list[str]], delimiter: str) -> str:
    """Return the decimal sign by the numbers in the first rows.

    Three digits after a sign may be thousands, and decide nothing, but for a comma between semicolons:
    those exist for the sake of decimal commas.
    """
    lead = 0
    for row in rows:
        for cell in row:
            text = cell.strip()
            if _COMMA_NUMBER.fullmatch(text):
                lead += delimiter == ";" or not _THOUSANDS.fullmatch(text)
            elif _POINT_NUMBER.fullmatch(text):
                lead -= not _THOUSANDS.fullmatch(text)
    return "," if lead > 0 else "."


def to_decimal_point(column: pa.ChunkedArray, decimal: str) -> pa.ChunkedArray | None:
    """Rewrite a column of numbers with decimal commas or grouped thousands, ``"1.234,5"`` to ``"1234.5"``.

    Returns
    -------
    pyarrow.ChunkedArray or None
        The rewritten column; ``None`` where nothing needs to be rewritten, or not all cells are numbers.
    """
    group = "." if decimal == "," else ","
    foreign = "[,]" if decimal == "." else "[,.]"
    if not pc.any(pc.match_substring_regex(column, foreign)).as_py():
        return None
    if not pc.all(pc.match_substring_regex(column, _number(decimal, group))).as_py():
        return None
    return pc.replace_substring(pc.replace_substring(column, group, ""), decimal, ".")


def _number(decimal: str, group: str) -> str:
    d, g = re.escape(decimal), re.escape(group)
    return rf"^[+-]?(\d+|[1-9]\d{{0,2}}({g}\d{{3}})+)?({d}\d+)?([eE][+-]?\d+)?$"


_POINT_NUMBER = re.compile(r"[+-]?\d*\.\d+([eE][+-]?\d+)?")
_COMMA_NUMBER = re.compile(r"[+-]?(\d*|[1-9]\d{0,2}(\.\d{3})+),\d+([eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}([.,]\d{3})+")
