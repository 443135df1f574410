"""Detection of the text encoding, and decoding of bytes to lines of text."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from itertools import islice

from charset_normalizer import from_bytes

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
# The encodings that programs of the last decades write. Python knows more, but with the few accented letters
# of a small table, rare ones (of DOS, old Macs and mainframes) win by chance; users can still choose those.
_COMMON_ENCODINGS = (
    *(_WESTERN, "cp1250", "iso8859_2", "cp1251", "koi8_r", "cp1253", "cp1254", "cp1255", "cp1256"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949"),
)
# Western text is preferred even if it looks more garbled by this much: it is by far the most frequent.
_WESTERN_TOLERANCE = 0.04
_SAMPLE_BYTES = 2**16
_SAMPLE_CHARACTERS = 2**16
# About a tenth of random bytes decoded as Western text are control characters; in real text hardly any are.
_MAX_CONTROL_SHARE = 0.02
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_NON_ASCII = re.compile(rb"[\x80-\xff]")


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
    if b"\x00" in head:
        wide = next((name for name in _WIDE_ENCODINGS if _has_lines(head, name)), None)
        if wide is None:
            raise not_text()
        return wide
    sample = list(_non_ascii_lines(content))
    if sum(map(_is_utf8, sample)) >= 0.9 * len(sample):
        return "utf-8"
    return _guess(b"\n".join(sample))


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
        yield line.removeprefix("\ufeff") if is_first else line
        is_first = False


def refuse_binary(lines: Iterator[str], delimiter: str | None) -> None:
    """Raise `DataError` if the first lines contain too many control characters to be text."""
    text = "".join(islice(lines, 1000))[:_SAMPLE_CHARACTERS]
    if delimiter:
        text = text.replace(delimiter, "")
    if "\x00" in text or len(_CONTROL.findall(text)) > _MAX_CONTROL_SHARE * len(text):
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


def _guess(sample: bytes) -> str:
    matches = from_bytes(sample, cp_isolation=list(_COMMON_ENCODINGS))
    best = matches.best()
    if best is None:
        return _WESTERN
    for match in matches:
        if _WESTERN in match.could_be_from_charset and match.chaos <= best.chaos + _WESTERN_TOLERANCE:
            return _WESTERN
    return best.encoding.replace("_", "-")
