"""Whose is what, without accounts: a secret key names a workspace, and its hash is all that is kept.

A browser holds the key. What is stored carries the `owner`, which is worked out from the key and from which
the key cannot be worked out.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets

_KEY_BYTES = 32
# What `secrets.token_urlsafe` makes of that many bytes.
_KEY = re.compile(r"[A-Za-z0-9_-]{43}")


def new_key() -> str:
    """Return the key of a new workspace: 256 random bits, in letters that a cookie and a link may carry."""
    return secrets.token_urlsafe(_KEY_BYTES)


def is_key(text: str) -> bool:
    """Tell whether `text` has the form of a key; that of a stranger's making is a workspace of its own."""
    return _KEY.fullmatch(text) is not None


def owner_of(key: str) -> str:
    """Return the owner that a workspace key stands for, 64 hexadecimal digits.

    Raises
    ------
    ValueError
        If `key` has not the form of one.
    """
    if not is_key(key):
        raise ValueError("This is not the key of a workspace.")
    return hashlib.sha256(key.encode("ascii")).hexdigest()


def owner_of_user(issuer: str, subject: str) -> str:
    """Return the owner for a person who has logged in, 64 hexadecimal digits.

    Parameters
    ----------
    issuer, subject : str
        Who vouches for the person and the name by which it knows them: OpenID Connect's ``iss`` and ``sub``.
    """
    # As JSON, so that no two pairs are written alike, and none looks like a key.
    return hashlib.sha256(json.dumps([issuer, subject]).encode("ascii")).hexdigest()


def feed_key(owner: str, run: str) -> str:
    """Return the key that opens the live state of this one run of `owner`, 64 hexadecimal digits.

    A page hands it to its script, which can then ask how the run goes without knowing the workspace.
    """
    return hmac.new(owner.encode("ascii"), run.encode(), hashlib.sha256).hexdigest()
