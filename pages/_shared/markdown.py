"""Text in Markdown."""

from __future__ import annotations

from collections.abc import Iterable

_SPECIAL = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_{}[]()<>#+-.!|~$:"})


def escape_markdown(text: str) -> str:
    """Return `text` with every special character of Markdown escaped, so that it is shown as it is."""
    return text.translate(_SPECIAL)


def bullet_list(sentences: Iterable[str]) -> str:
    """Return plain sentences as a bulleted list in Markdown."""
    return "\n".join(f"- {escape_markdown(sentence)}" for sentence in sentences)
