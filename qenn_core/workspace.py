"""Ownership without accounts: a secret key identifies a workspace, and only its hash is stored.

The browser holds the key. Stored runs and files carry the `owner`, a hash from which the key cannot be
recovered.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets

_KEY_BYTES = 32
# The form of `secrets.token_urlsafe` for that many bytes.
_KEY = re.compile(r"[A-Za-z0-9_-]{43}")


def new_key() -> str:
    """Return a new workspace key: 256 random bits, in characters that are safe in cookies and links."""
    return secrets.token_urlsafe(_KEY_BYTES)


def is_key(text: str) -> bool:
    """Return whether `text` has the form of a key; a made-up key of this form opens an empty workspace."""
    return _KEY.fullmatch(text) is not None


def owner_of(key: str) -> str:
    """Return the owner for a workspace key, as 64 hexadecimal digits.

    Raises
    ------
    ValueError
        If `key` does not have the form of a key.
    """
    if not is_key(key):
        raise ValueError("This is not the key of a workspace.")
    return hashlib.sha256(key.encode("ascii")).hexdigest()


def owner_of_user(issuer: str, subject: str) -> str:
    """Return the owner for a logged-in user, as 64 hexadecimal digits.

    Parameters
    ----------
    issuer, subject : str
        The identity provider and its identifier of the user: ``iss`` and ``sub`` in OpenID Connect.
    """
    # JSON gives distinct texts for distinct pairs, and none of them has the form of a key.
    return hashlib.sha256(json.dumps([issuer, subject]).encode("ascii")).hexdigest()


def feed_key(owner: str, run: str) -> str:
    """Return the key to the live state of one run of `owner`, as 64 hexadecimal digits.

    A page passes it to its script, which can then poll the state of the run without the workspace key.
    """
    return hmac.new(owner.encode("ascii"), run.encode(), hashlib.sha256).hexdigest()
