"""Missing cells, and numbers written with decimal commas or thousands separators."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

# In lower case; cells are compared without regard to case.
_MISSING_MARKERS = (
    *("na", "n/a", "n.a.", "n.a", "nan", "nat", "null", "none", "nil", "?", "-", "--", "—", "–", ".", "..."),
    *("#n/a", "#na", "#null!", "#div/0!", "#value!", "#ref!", "#name?", "#num!", "<na>", "\\n", "(null)"),
)


@lru_cache
def missing_markers() -> tuple[str, ...]:
    """Return the texts that stand for a missing value, in their usual spellings."""
    return tuple(
        dict.fromkeys(
            spelling
            for marker in _MISSING_MARKERS
            for spelling in (marker, marker.upper(), marker.capitalize(), "NaN", "<NA>")
        )
    )


def replace_missing_markers(column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, dict[str, int]]:
    """Trim the cells and replace those that stand for a missing value by nulls.

    Returns
    -------
    pyarrow.ChunkedArray
        The column.
    dict
        How often each marker occurred; empty cells are not counted.
    """
    trimmed = pc.utf8_trim_whitespace(column)
    marked = pc.is_in(pc.utf8_lower(trimmed), value_set=pa.array(_MISSING_MARKERS))
    counts = pc.value_counts(trimmed.filter(marked))
    missing = pc.or_(marked, pc.equal(trimmed, ""))
    replaced = pc.if_else(missing, pa.scalar(None, pa.string()), trimmed)
    return replaced, {entry["values"]: entry["counts"] for entry in counts.to_pylist()}


def detect_decimal_sign(rows: Iterable[list[str]], delimiter: str) -> str:
    """Return the decimal sign that the numbers in the first rows suggest.

    Three digits after a sign may be thousands and count for neither sign, with one exception: a comma in a
    file delimited by semicolons, since semicolons are used because of decimal commas.
    """
    comma_lead = 0
    for row in rows:
        for cell in row:
            text = cell.strip()
            if _COMMA_NUMBER.fullmatch(text):
                comma_lead += delimiter == ";" or not _THOUSANDS.fullmatch(text)
            elif _POINT_NUMBER.fullmatch(text):
                comma_lead -= not _THOUSANDS.fullmatch(text)
    return "," if comma_lead > 0 else "."


def to_decimal_points(column: pa.ChunkedArray, decimal: str) -> pa.ChunkedArray | None:
    """Rewrite a column of numbers with decimal commas or grouped thousands, ``"1.234,5"`` to ``"1234.5"``.

    Returns
    -------
    pyarrow.ChunkedArray or None
        The rewritten column; ``None`` if nothing needs to be rewritten, or not all cells are numbers.
    """
    separator = "." if decimal == "," else ","
    to_rewrite = "[,]" if decimal == "." else "[,.]"
    if not pc.any(pc.match_substring_regex(column, to_rewrite)).as_py():
        return None
    if not pc.all(pc.match_substring_regex(column, _number_pattern(decimal, separator))).as_py():
        return None
    return pc.replace_substring(pc.replace_substring(column, separator, ""), decimal, ".")


def _number_pattern(decimal: str, separator: str) -> str:
    d, s = re.escape(decimal), re.escape(separator)
    return rf"^[+-]?(\d+|[1-9]\d{{0,2}}({s}\d{{3}})+)?({d}\d+)?([eE][+-]?\d+)?$"


_POINT_NUMBER = re.compile(r"[+-]?\d*\.\d+([eE][+-]?\d+)?")
_COMMA_NUMBER = re.compile(r"[+-]?(\d*|[1-9]\d{0,2}(\.\d{3})+),\d+([eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}([.,]\d{3})+")
