"""The names of the columns: present, short and different from each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

_LONGEST = 80


def name_columns(header: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return usable names for the cells of a header, and sentences on what was changed.

    Names stay the text they are, whatever they hold; whoever shows them escapes them.
    """
    notes: list[str] = []
    names: list[str] = []
    for number, cell in enumerate(header, 1):
        whole = " ".join(cell.split())
        short = whole if len(whole) <= _LONGEST else whole[: _LONGEST - 1].rstrip() + "…"
        if short != whole:
            notes.append(f"The name of column {number} was very long; it is now “{short}”.")
        name = next(free for free in _variants(short or f"column {number}") if free not in names)
        if not short:
            notes.append(f"Column {number} has no name; it is now “{name}”.")
        elif name != short:
            notes.append(f"The header has several columns named “{short}”; column {number} is now “{name}”.")
        names.append(name)
    return names, _few(notes)


def _variants(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name} ({number})"
        number += 1


def _few(notes: list[str], most: int = 5) -> list[str]:
    if len(notes) <= most:
        return notes
    return [*notes[:most], f"{len(notes) - most} more column names were missing, repeated or too long."]
