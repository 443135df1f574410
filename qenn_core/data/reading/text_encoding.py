"""Detection of the text encoding, and decoding of bytes to lines of text."""

from __future__ import annotations

import codecs
import encodings.aliases
import io
import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice
from typing import NamedTuple

from qenn_core.data.raw_text import EncodingSample
from qenn_core.data.reading.encoding_ranking import rank_encodings
from qenn_core.data.reading.file_format import not_text
from qenn_core.errors import DataError
from qenn_core.text import quoted

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is a prefix of this one
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE_ENCODINGS = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
_WESTERN = "cp1252"
_MAX_SHOWN_CHARACTERS = 40
_SAMPLE_BYTES = 2**16
_RANKING_BYTES = 2**12
_SAMPLE_CHARACTERS = 2**16
# About a tenth of random bytes decoded as Western text are control characters; in real text hardly any are.
_MAX_CONTROL_SHARE = 0.02
# Encodings of two or four bytes a character have many NUL bytes in ASCII characters.
_MIN_NUL_SHARE = 0.05
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
# In a small file, so many are more likely left by a program.
_FEW_CONTROLS = 3
_SPACES_WITHOUT_WIDTH = tuple(space.encode() for space in ("\u200b", "\u2060"))
# All but tab and line ends.
_UNWANTED = bytes({*range(32), 127} - set(b"\t\n\r\x85"))
_CHUNK_BYTES = 2**20
_SWITCH_TO_JAPANESE = re.compile(rb"\x1b\$[B@]")
_NON_ASCII = re.compile(rb"[\x80-\xff]")
_NON_ASCII_WORD = re.compile(r"\w*[^\x00-\x7f]+\w*")
_ASCII = bytes(range(32, 127))


def detect_encoding(content: bytes) -> str:
    """Return the encoding of `content`: by its byte order mark, else UTF-8 if that fits, else a guess.

    Raises
    ------
    DataError
        If `content` is not text.
    """
    for mark, name in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return name
    head = content[:_SAMPLE_BYTES]
    if head.count(0) > _MIN_NUL_SHARE * len(head):
        wide = next((name for name in _WIDE_ENCODINGS if _has_lines(head, name)), None)
        if wide is not None:
            return wide
    if _SWITCH_TO_JAPANESE.search(content):
        return "iso2022_jp"
    sample = list(_non_ascii_lines(content))
    if sum(map(_is_utf8, sample)) >= 0.9 * len(sample):
        return "utf-8"
    return next(iter(rank_encodings(_ranking_sample(sample))), _WESTERN)


def sample_encodings(content: bytes) -> tuple[EncodingSample, ...]:
    """Return the encodings that fit, the most likely first, and how each shows the first words in question.

    There are none if all of them show the same, because all characters are ASCII.
    """
    lines = list(_non_ascii_lines(content))
    if not lines or b"\x00" in content[:_SAMPLE_BYTES]:
        return ()
    sample = _ranking_sample(lines)
    names = dict.fromkeys(["utf-8", *rank_encodings(sample), *_ascii_supersets()])
    return tuple(
        EncodingSample(name, " ".join(_NON_ASCII_WORD.findall(text))[:_MAX_SHOWN_CHARACTERS])
        for name in names
        if (text := _decode_or_none(lines[0], name)) is not None
    )


def _ranking_sample(lines: Iterable[bytes]) -> bytes:
    """Return as many different ones of the lines as a ranking needs."""
    sample, size = [], 0
    for line in dict.fromkeys(lines):
        sample.append(line)
        size += len(line)
        if size > _RANKING_BYTES:
            break
    return b"\n".join(sample)


def _decode_or_none(line: bytes, encoding: str) -> str | None:
    try:
        return line.decode(encoding)
    except UnicodeDecodeError:
        return None


@cache
def _ascii_supersets() -> tuple[str, ...]:
    """Return Python's encodings of text that have the bytes of ASCII for its characters."""
    return tuple(sorted(set(filter(None, map(_codec_name, encodings.aliases.aliases.values())))))


def _codec_name(alias: str) -> str:
    """Return the name of an encoding of text that has the bytes of ASCII for its characters; else nothing."""
    try:
        return codecs.lookup(alias).name if _ASCII.decode(alias) == _ASCII.decode("ascii") else ""
    except (LookupError, UnicodeError):
        return ""


def decode_lines(content: bytes, encoding: str) -> Iterator[str]:
    """Iterate over the lines with their line ends; bytes that cannot be decoded become U+FFFD.

    Raises
    ------
    DataError
        If the encoding is unknown.
    """
    _check_encoding(encoding)
    text = io.TextIOWrapper(io.BytesIO(content), encoding, errors="replace", newline="")
    is_first = True
    for line in text:
        yield line.lstrip("\ufeff") if is_first else line
        is_first = False


class VisibleText(NamedTuple):
    """Text, and the number of characters that were removed from it."""

    content: bytes
    n_removed: int


def without_invisible_characters(content: bytes, encoding: str, delimiter: str | None) -> VisibleText:
    """Return text without characters that have no meaning in a table.

    These are control characters, such as NUL and the end-of-file mark of DOS, and, in UTF-8, spaces without
    width, which copying from web pages leaves in cells.

    Raises
    ------
    DataError
        If there are too many of them in the first lines for this to be text.
    """
    _refuse_binary(decode_lines(content, encoding), delimiter)
    if not _keeps_ascii(encoding):
        return VisibleText(content, 0)
    n_removed = 0
    if codecs.lookup(encoding).name.startswith("utf-8"):
        for space in _SPACES_WITHOUT_WIDTH:
            n_removed += content.count(space)
            content = content.replace(space, b"")
    unwanted = bytes(set(_UNWANTED) - set((delimiter or "").encode("ascii", "ignore")))
    starts = range(0, len(content), _CHUNK_BYTES)
    chunks = (content[start : start + _CHUNK_BYTES] for start in starts)
    if all(len(chunk.translate(None, unwanted)) == len(chunk) for chunk in chunks):
        return VisibleText(content, n_removed)  # the usual case, without a copy of the whole
    visible = content.translate(None, unwanted)
    return VisibleText(visible, n_removed + len(content) - len(visible))


def _keeps_ascii(encoding: str) -> bool:
    """Return whether each byte of an ASCII character stands for it wherever it occurs."""
    name = codecs.lookup(encoding).name
    # The encodings of ISO 2022 switch between sets of characters by control characters.
    return name == "utf-8-sig" or (name in _ascii_supersets() and not name.startswith("iso2022"))


def _refuse_binary(lines: Iterator[str], delimiter: str | None) -> None:
    """Raise `DataError` if the first lines contain too many control characters to be text."""
    text = "".join(islice(lines, 1000))[:_SAMPLE_CHARACTERS]
    if delimiter:
        text = text.replace(delimiter, "")
    if len(_CONTROL.findall(text)) > max(_MAX_CONTROL_SHARE * len(text), _FEW_CONTROLS):
        raise not_text()


def _check_encoding(encoding: str) -> None:
    try:
        io.TextIOWrapper(io.BytesIO(b"a"), encoding, errors="replace").read()
    except (LookupError, ValueError):
        raise DataError(
            f"The text encoding {quoted(encoding)} is unknown.",
            "Text encodings have names such as utf-8, cp1252, latin-1, utf-16 or shift_jis.",
            "Choose another encoding, or leave it empty to have it detected.",
            place="data.text_encoding",
        ) from None


def _non_ascii_lines(content: bytes) -> Iterator[bytes]:
    """Yield the lines with bytes beyond ASCII, up to a sample's size."""
    size = position = 0
    while size < _SAMPLE_BYTES and (found := _NON_ASCII.search(content, position)):
        start = content.rfind(b"\n", 0, found.start()) + 1
        stop = content.find(b"\n", found.start())
        position = stop if stop >= 0 else len(content)
        line = content[max(start, found.start() - _SAMPLE_BYTES) : min(position, start + 2 * _SAMPLE_BYTES)]
        size += len(line)
        yield line


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _has_lines(head: bytes, encoding: str) -> bool:
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError:
        return False
    return "\x00" not in text and ("\n" in text or "\r" in text)
