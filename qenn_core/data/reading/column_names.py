"""Names of columns: never empty, short, and unique."""

from __future__ import annotations

from collections.abc import Iterable

from qenn_core.text import count, first_unused

_MAX_LENGTH = 80
_MAX_NOTES = 5


def make_column_names(header: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return usable names for the cells of a header, and sentences on what was changed.

    Names are plain text whatever they contain; the code that displays them escapes them.
    """
    notes: list[str] = []
    names: list[str] = []
    for number, cell in enumerate(header, 1):
        full = " ".join(cell.split())
        short = full if len(full) <= _MAX_LENGTH else full[: _MAX_LENGTH - 1].rstrip() + "…"
        if short != full:
            notes.append(f"The name of column {number} was very long; it is now ‘{short}’.")
        name = first_unused(short or f"column {number}", names)
        if not short:
            notes.append(f"Column {number} has no name; it is now ‘{name}’.")
        elif name != short:
            notes.append(f"The header has several columns named ‘{short}’; column {number} is now ‘{name}’.")
        names.append(name)
    return names, _summarised(notes)


def _summarised(notes: list[str]) -> list[str]:
    if len(notes) <= _MAX_NOTES:
        return notes
    n_more = len(notes) - _MAX_NOTES
    return [
        *notes[:_MAX_NOTES],
        f"Changed {count(n_more, 'more column name')} (missing, repeated or too long).",
    ]
