"""Compression of stored bytes, with a digest that reveals damage."""

from __future__ import annotations

import hashlib
import zlib

from qenn_core.store.errors import DamagedError

# The fastest level already shrinks JSON and CSV to a fifth, at 100 MB per second.
_LEVEL = 1


def sha256_hex(content: bytes) -> str:
    """Return the SHA-256 of `content` in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def compress(content: bytes) -> bytes:
    """Compress `content`."""
    return zlib.compress(content, _LEVEL)


def decompress(packed: bytes, digest: str, label: str) -> bytes:
    """Decompress bytes from the database and check their digest.

    Parameters
    ----------
    packed : bytes
        The result of `compress`.
    digest : str
        The SHA-256 of the original content.
    label : str
        What the bytes are, to begin the error message with: ``"The checkpoint"``.

    Raises
    ------
    DamagedError
        If the bytes cannot be decompressed, or the digest differs.
    """
    try:
        content = zlib.decompress(packed)
    except zlib.error:
        content = None
    if content is None or sha256_hex(content) != digest:
        raise DamagedError(
            f"{label} is damaged.",
            "What was read from the database differs from what was written: the disk has errors, or the file "
            "was changed.",
            "It cannot be used. The server's administrator can restore a backup.",
        )
    return content
