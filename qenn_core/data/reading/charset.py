"""From bytes to lines of text: which text encoding a file has."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from itertools import islice

from charset_normalizer import from_bytes

from qenn_core.data.reading.content import not_text
from qenn_core.errors import DataError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is its beginning
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
_WESTERN = "cp1252"
# What programs of the last decades write. Python knows more, but on the few accented letters of a small table
# the rare ones (of DOS, of old Macs and mainframes) win by chance; who has such a file can say so.
_USUAL = (
    *(_WESTERN, "cp1250", "iso8859_2", "cp1251", "koi8_r", "cp1253", "cp1254", "cp1255", "cp1256"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949"),
)
# How much more garbled Western text may look and still be preferred: it is by far the most frequent.
_WESTERN_SLACK = 0.04
_SAMPLE_BYTES = 2**16
_SAMPLE_CHARACTERS = 2**16
# Random bytes read as Western text have about a tenth of control characters; text has none to speak of.
_MAX_CONTROL_SHARE = 0.02
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_NON_ASCII = re.compile(rb"[\x80-\xff]")


def find_encoding(content: bytes) -> str:
    """Return the name of the encoding of `content`: by its mark, else as UTF-8, else guessed.

    Raises
    ------
    DataError
        If it is not text.
    """
    for mark, name in _BOMS:
        if content.startswith(mark):
            return name
    head = content[:_SAMPLE_BYTES]
    if b"\x00" in head:
        wide = next((name for name in _WIDE if _has_lines(head, name)), None)
        if wide is None:
            raise not_text()
        return wide
    sample = list(_lines_beyond_ascii(content))
    if sum(map(_is_utf8, sample)) >= 0.9 * len(sample):
        return "utf-8"
    return _guess(b"\n".join(sample))


def open_lines(content: bytes, encoding: str) -> Iterator[str]:
    """Iterate over the lines with their ends; bytes outside the encoding become U+FFFD.

    Raises
    ------
    DataError
        If the encoding is not known.
    """
    text = io.TextIOWrapper(io.BytesIO(content), _known(encoding), errors="replace", newline="")
    first = True
    for line in text:
        yield line.removeprefix("\ufeff") if first else line
        first = False


def refuse_binary(lines: Iterator[str], delimiter: str | None) -> None:
    """Raise `DataError` if the first of `lines` hold more control characters than text does."""
    text = "".join(islice(lines, 1000))[:_SAMPLE_CHARACTERS]
    if delimiter:
        text = text.replace(delimiter, "")
    if "\x00" in text or len(_CONTROL.findall(text)) > _MAX_CONTROL_SHARE * len(text):
        raise not_text()


def _known(encoding: str) -> str:
    try:
        io.TextIOWrapper(io.BytesIO(b"a"), encoding, errors="replace").read()
    except (LookupError, ValueError):
        raise DataError(
            f"The text encoding {encoding!r} is not known.",
            "A text encoding has a name such as utf-8, cp1252, latin-1, utf-16 or shift_jis.",
            "Choose another, or leave it empty to have it found.",
            place="data.text_encoding",
        ) from None
    return encoding


def _lines_beyond_ascii(content: bytes) -> Iterator[bytes]:
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
    matches = from_bytes(sample, cp_isolation=list(_USUAL))
    best = matches.best()
    if best is None:
        return _WESTERN
    for match in matches:
        if _WESTERN in match.could_be_from_charset and match.chaos <= best.chaos + _WESTERN_SLACK:
            return _WESTERN
    return best.encoding.replace("_", "-")
