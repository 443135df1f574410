"""Decompression, and checks of the bytes before anything parses them."""

from __future__ import annotations

import io
import re
import zlib
from gzip import BadGzipFile, GzipFile
from zipfile import BadZipFile, ZipFile

from qenn_core import limits
from qenn_core.errors import DataError

_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
_SAVE_AS_CSV = "Open it in the program it comes from, save or export the table as CSV, and upload that file."
_UNPACK = "Unpack it and upload the CSV file inside."

_OTHER_FORMATS: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF-", "a PDF document", _SAVE_AS_CSV),
    (b"\x89PNG\r\n", "an image", _SAVE_AS_CSV),
    (b"\xff\xd8\xff", "an image", _SAVE_AS_CSV),
    (b"GIF87a", "an image", _SAVE_AS_CSV),
    (b"GIF89a", "an image", _SAVE_AS_CSV),
    (b"SQLite format 3\x00", "an SQLite database", _SAVE_AS_CSV),
    (b"\x89HDF\r\n", "an HDF5 file", _SAVE_AS_CSV),
    (b"\x93NUMPY", "a NumPy array", _SAVE_AS_CSV),
    (b"\x80\x04\x95", "a Python pickle", _SAVE_AS_CSV),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    (b"\xfd7zXZ\x00", "an xz-compressed file", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "a Zstandard-compressed file", _UNPACK),
)
_DOCUMENTS = (
    ("word/document.xml", "a text document"),
    ("ppt/presentation.xml", "a presentation"),
    ("content.xml", "an OpenDocument file without a table"),
)
_ABOVE_MARKUP = rb"(\xef\xbb\xbf)?(\s|<!--.*?-->)*"
_WEB_PAGE = re.compile(
    _ABOVE_MARKUP + rb"(<\?xml[^>]*>\s*)?<(!doctype\s+html|html|head|body|table)[\s>]",
    re.IGNORECASE | re.DOTALL,
)
# Elements within elements, with or without a declaration.
_XML = re.compile(
    _ABOVE_MARKUP + rb"(<\?xml\s|<([a-z_][\w:.-]*)[^<>]*>\s*<[a-z_!/])", re.IGNORECASE | re.DOTALL
)
# No text ends with so many NUL bytes, in any encoding.
_PADDING = bytes(16)
_CHUNK_BYTES = 2**20


def unpack(content: bytes) -> bytes:
    """Return the content, decompressed if it was gzipped.

    Raises
    ------
    DataError
        If the content is damaged, or larger than ``limits.MAX_DECOMPRESSED_BYTES``.
    """
    return _gunzip(content) if content.startswith(_GZIP) else content


def without_padding(content: bytes) -> bytes:
    """Return the content without the NUL bytes at its end with which some programs reserve room."""
    return content.rstrip(b"\x00") if content.endswith(_PADDING) else content


def too_large_unpacked() -> DataError:
    """Return the error for content of more than ``limits.MAX_DECOMPRESSED_BYTES`` when it is unpacked."""
    return DataError(
        f"Unpacked, the file is larger than {limits.MAX_DECOMPRESSED_BYTES >> 20} MB.",
        "It would fill the memory that all users share.",
        "Upload only some of its rows.",
        place="upload",
    )


def refuse_other_formats(content: bytes) -> None:
    """Raise `DataError` if the content is no text, and says so, or text that is no table of lines."""
    if content.startswith(_ZIP):
        raise _other_format(*_describe_archive(content))
    for signature, description, remedy in _OTHER_FORMATS:
        if content.startswith(signature):
            raise _other_format(description, remedy)
    if _WEB_PAGE.match(content[:4096]):
        raise _other_format("a web page", "Go to that page, download the data file itself, and upload it.")
    if _XML.match(content[:4096]):
        raise _other_format("an XML document", _SAVE_AS_CSV)
    _refuse_long_lines(content)


def _describe_archive(content: bytes) -> tuple[str, str]:
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
    except (BadZipFile, ValueError, OSError, NotImplementedError):
        return "a damaged workbook or zip archive", "Download it or save it again, and upload the whole file."
    for member, description in _DOCUMENTS:
        if member in names:
            return description, _SAVE_AS_CSV
    return "a zip archive", _UNPACK


def _gunzip(content: bytes) -> bytes:
    parts, size = [], 0
    try:
        with GzipFile(fileobj=io.BytesIO(content)) as file:
            while part := file.read(_CHUNK_BYTES):
                size += len(part)
                if size > limits.MAX_DECOMPRESSED_BYTES:
                    raise too_large_unpacked()
                parts.append(part)
    except (BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(
            "The compressed file is damaged.",
            "It starts like a gzip file, but cannot be unpacked completely.",
            "Download or compress it again, or upload the CSV file itself.",
            place="upload",
        ) from error
    if not size:
        raise DataError(
            "The file is empty.",
            "There is nothing in the compressed file.",
            "Compress the CSV file again, or upload it uncompressed.",
            place="upload",
        )
    return b"".join(parts)


def _other_format(description: str, remedy: str) -> DataError:
    return DataError(
        f"This is {description}, not a table.",
        "Tables are read from text (CSV), workbooks (.xlsx, .xls, .ods), Parquet, Arrow, and lists in JSON.",
        remedy,
        place="upload",
    )


def _refuse_long_lines(content: bytes) -> None:
    # In UTF-16 and UTF-32 too, a line end contains a byte of this value.
    start = 0
    while len(content) - start > limits.MAX_LINE_BYTES:
        stop = start + limits.MAX_LINE_BYTES + 1
        end = max(content.rfind(b"\n", start, stop), content.rfind(b"\r", start, stop))
        if end < 0:
            raise DataError(
                f"The file has a line of more than {limits.MAX_LINE_BYTES >> 20} MB.",
                "A table has one line per row; this is not a table, or its rows do not end in line breaks.",
                "Save it again as CSV, with one row per line.",
                place="upload",
            )
        start = end + 1


def not_text() -> DataError:
    """Return the error for content that is not text in any encoding."""
    return DataError(
        "This is not a text file.",
        "It contains bytes that do not occur in text, so it is another kind of file with a CSV file's name.",
        _SAVE_AS_CSV,
        place="upload",
    )
