"""What the text of a cell looks like, for telling headers from rows and delimiters from text."""

from __future__ import annotations

import re
from enum import Enum, auto

from qenn_core.data.amounts import digits_of
from qenn_core.data.reading.cell_values import GAP_WORDS

_DATE = re.compile(
    r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?"
    r"|\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?([ ]?[ap]m)?"
    r"|\d{1,2}\.? [^\W\d_]{3,9}\.? \d{2,4}|[^\W\d_]{3,9}\.? \d{1,2},? \d{4}|[^\W\d_]{3}-\d{2,4}",
    re.IGNORECASE,
)


class CellType(Enum):
    """What a cell holds."""

    EMPTY = auto()
    NUMBER = auto()
    DATE = auto()
    TEXT = auto()


def cell_type(cell: str) -> CellType:
    """Return what a cell seems to hold; a number may have a unit, and a gap word counts as empty."""
    text = cell.strip()
    if not text or text.lower() in GAP_WORDS:
        return CellType.EMPTY
    if _DATE.fullmatch(text):
        return CellType.DATE
    return CellType.TEXT if digits_of(text) is None else CellType.NUMBER
