"""The message for an error that nobody foresaw."""

from __future__ import annotations

_MAX_LENGTH = 300


def describe_unforeseen(error: Exception, what: str) -> tuple[str, str, str]:
    """Return what happened, why, and what to do, for an error that is a bug."""
    return (
        what,
        f"{type(error).__name__}: {error}"[:_MAX_LENGTH],
        "Try other settings; if it happens again, please report it with the link, which holds the settings.",
    )
