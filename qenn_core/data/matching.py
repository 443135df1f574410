"""Matching of the columns of a file to those that a model was trained on, by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from difflib import get_close_matches
from typing import NamedTuple

from qenn_core.errors import DataError
from qenn_core.text import MAX_LISTED, count, quoted_list

# Similarity of two names, 0 to 1, from which one is suggested for the other.
MIN_SIMILARITY = 0.7


class ColumnMatch(NamedTuple):
    """The name in the file of each column found, by the name that the model uses, and notes for the user."""

    found: dict[str, str]
    notes: tuple[str, ...]


def match_columns(wanted: Sequence[str], target: str, names: Sequence[str]) -> ColumnMatch:
    """Find columns by name: by the exact name first, else ignoring case and spaces.

    Parameters
    ----------
    wanted : sequence of str
        The columns that the model needs, all of them.
    target : str
        The column that the model predicts, which a file need not have.
    names : sequence of str
        The columns of the file; those not needed are ignored.

    Raises
    ------
    DataError
        If a wanted column is missing, or several columns could be the same wanted one.
    """
    by_simplified_name = defaultdict(list)
    for name in names:
        if name not in (*wanted, target):
            by_simplified_name[_simplify(name)].append(name)
    found = {name: name for name in (*wanted, target) if name in names}
    renamed = {}
    for name in (*wanted, target):
        candidates = [] if name in found else by_simplified_name[_simplify(name)]
        if len(candidates) > 1:
            raise DataError(
                f"The file has several columns that could be ‘{name}’: {quoted_list(candidates)}.",
                "Their names differ only in upper and lower case or spaces.",
                f"Rename one of them to ‘{name}’.",
            )
        if candidates:
            renamed[name] = candidates[0]
    found |= renamed
    missing = [name for name in wanted if name not in found]
    if missing:
        raise _missing_columns(missing, names)
    notes = [f"Column ‘{given}’ was used as ‘{name}’." for name, given in renamed.items()]
    unused = [name for name in names if name not in found.values()]
    if unused:
        notes.append(
            f"Ignored {count(len(unused), 'column')} that the model does not use: {quoted_list(unused)}."
        )
    return ColumnMatch(found, tuple(notes))


def _missing_columns(missing: Sequence[str], names: Sequence[str]) -> DataError:
    pronoun = "it" if len(missing) == 1 else "them"
    guesses = [
        f"‘{close[0]}’ for ‘{name}’"
        for name in missing[:MAX_LISTED]
        if (close := get_close_matches(name, names, n=1, cutoff=MIN_SIMILARITY))
    ]
    remedy = (
        f"Rename columns that are called something else: did you mean {', '.join(guesses)}?"
        if guesses
        else f"Add {pronoun} to the file; the cells may be empty."
    )
    return DataError(
        f"The file is missing {count(len(missing), 'column')}: {quoted_list(missing)}.",
        f"The model was trained with {pronoun}, but the file has only {quoted_list(names)}.",
        remedy,
    )


def _simplify(name: str) -> str:
    # Exported files have an apostrophe before a name that a spreadsheet would take for a formula.
    return "".join(name.casefold().split()).removeprefix("'")
