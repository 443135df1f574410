"""The text of a file before it was split into cells, which shows how to read it."""

from __future__ import annotations

from typing import NamedTuple

from qenn_core.errors import DataError, ErrorMessage


class EncodingSample(NamedTuple):
    """A text encoding, and how the first words beyond ASCII of a file look in it."""

    name: str
    text: str


class RawText(NamedTuple):
    """The first lines of a file, and the ways to read it that exist.

    Parameters
    ----------
    lines : tuple of str
        The first lines, shortened.
    encodings : tuple of EncodingSample
        The encodings that fit, the most likely first; none if they make no difference.
    sheets : tuple of str
        The sheets of a workbook.
    is_text : bool
        Whether the file is text; otherwise the lines are those of its table, written as CSV.
    """

    lines: tuple[str, ...]
    encodings: tuple[EncodingSample, ...] = ()
    sheets: tuple[str, ...] = ()
    is_text: bool = True


class UnreadableTableError(DataError):
    """A text file is not a table as it was read; its text may show how to read it."""

    def __init__(self, message: ErrorMessage, raw: RawText) -> None:
        self.raw = raw
        super().__init__(**message.model_dump())
