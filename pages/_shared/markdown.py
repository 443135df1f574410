"""Text in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable

from qenn_core.text import without_bidi_controls

_SPECIAL = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_{}[]()<>#+-.!|~$:&="})
# What Streamlit looks for in parsed Markdown, where escaping does not help any more: addresses of websites
# and of mail, which become links, names of emoji and icons, and arrows.
_FOUND_IN_TEXT = re.compile(
    r":(?=//|[\w+/-]+:)|www(?=\.)|@(?=[\w-])|(?<!\S)[<>~-](?=[-=>]{1,2}(?!\S))", re.IGNORECASE
)
# It cannot be seen, and nothing is found across it.
_WORD_JOINER = "\u2060"


def escape_markdown(text: str) -> str:
    """Return `text` in Markdown that shows it as it is, in one line and without links or icons."""
    in_one_line = " ".join(without_bidi_controls(text).split())
    return _FOUND_IN_TEXT.sub(rf"\g<0>{_WORD_JOINER}", in_one_line).translate(_SPECIAL)


def bullet_list(sentences: Iterable[str]) -> str:
    """Return plain sentences as a bulleted list in Markdown."""
    return "\n".join(f"- {escape_markdown(sentence)}" for sentence in sentences)
