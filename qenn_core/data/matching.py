"""The columns of a file that a model is to be applied to, found by their names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from difflib import get_close_matches
from typing import NamedTuple

from qenn_core.errors import DataError
from qenn_core.text import MAX_LISTED, count, quoted_list

# How alike two names are, 0 to 1, for the one to be suggested for the other.
ALIKE = 0.7


class Matched(NamedTuple):
    """Where the wanted columns are, by their own names, and sentences on what was done."""

    found: dict[str, str]
    notes: tuple[str, ...]


def match_columns(wanted: Sequence[str], target: str, names: Sequence[str]) -> Matched:
    """Find columns by their names: as they are, or else without regard to capitals and spaces.

    Parameters
    ----------
    wanted : sequence of str
        What the model needs, all of it.
    target : str
        What the model predicts, which a file may hold or not.
    names : sequence of str
        What the file has; other columns are left alone.

    Raises
    ------
    DataError
        If a wanted column is missing, or several could be meant.
    """
    alike = defaultdict(list)
    for name in names:
        if name not in (*wanted, target):
            alike[_folded(name)].append(name)
    found = {name: name for name in (*wanted, target) if name in names}
    renamed = {}
    for name in (*wanted, target):
        candidates = [] if name in found else alike[_folded(name)]
        if len(candidates) > 1:
            raise DataError(
                f"The file has several columns that may be ‘{name}’: {quoted_list(candidates)}.",
                "Their names differ in capitals or spaces only.",
                f"Give one of them the name ‘{name}’.",
            )
        if candidates:
            renamed[name] = candidates[0]
    found |= renamed
    missing = [name for name in wanted if name not in found]
    if missing:
        raise _refusal(missing, names)
    notes = [f"‘{given}’ was taken for ‘{name}’." for name, given in renamed.items()]
    foreign = [name for name in names if name not in found.values()]
    if foreign:
        are = "is none" if len(foreign) == 1 else "are none"
        notes.append(
            f"{count(len(foreign), 'column')} {are} that the model learnt from: {quoted_list(foreign)}."
        )
    return Matched(found, tuple(notes))


def _refusal(missing: Sequence[str], names: Sequence[str]) -> DataError:
    columns, them = ("column", "it") if len(missing) == 1 else ("columns", "them")
    guesses = [
        f"‘{close[0]}’ for ‘{name}’"
        for name in missing[:MAX_LISTED]
        if (close := get_close_matches(name, names, n=1, cutoff=ALIKE))
    ]
    remedy = (
        f"Rename what has another name. Did you mean {', '.join(guesses)}?"
        if guesses
        else f"Add {them}; cells may be empty, but the name must be there."
    )
    return DataError(
        f"The file has no {columns} {quoted_list(missing)}.",
        f"The model was trained on {them}. The file has {quoted_list(names)}.",
        remedy,
    )


def _folded(name: str) -> str:
    # A name that begins like a formula comes back from a spreadsheet with an apostrophe before it.
    return "".join(name.casefold().split()).removeprefix("'")
