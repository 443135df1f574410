"""What each column of a table is, and its cells read as that.

A column's kind is guessed from its name and from all of its cells. That is a reading of the file, not
something learnt: no number that depends on the values' distribution is kept from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby

import pandas as pd

from qenn_core.experiment import Role
from qenn_core.text import count, quoted_list

TRUTH_PAIRS = (
    {"false": 0.0, "true": 1.0},
    {"no": 0.0, "yes": 1.0},
    {"n": 0.0, "y": 1.0},
    {"f": 0.0, "t": 1.0},
    {"off": 0.0, "on": 1.0},
    {"0": 0.0, "1": 1.0},
)
# Two words in lower, upper and title case each.
MAX_TRUTH_SPELLINGS = 6
# Tried in this order; the first that reads a column's cells is taken, so 03/04/2020 is the third of April.
DATE_FORMATS = (
    "ISO8601",
    "%d.%m.%Y",
    "%d.%m.%Y %H:%M",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M",
    "%Y/%m/%d",
    "%d-%m-%Y",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
)
# So many different cells, spread over the column, decide on its date format.
DATE_PROBE = 200
# A column is what nearly all of its cells are: the odd slip counts as missing.
NEARLY_ALL = 0.95
# Texts with more different values than this, or with few rows for each, name rows rather than group them.
MAX_CATEGORIES = 30
MIN_ROWS_PER_CATEGORY = 2
# Larger numbers overflow when they are squared, which every scaling does.
LARGEST = 1e150
ID_NAMES = frozenset({"id", "index", "no", "nr", "row", "number", "rownames", "unnamed: 0", ""})
# A number that names a row may come twice, as a patient who was seen twice.
MOSTLY_UNIQUE = 0.8
MISSING_CATEGORY = "(missing)"

USABLE_ROLES: tuple[Role, ...] = ("numeric", "boolean", "category", "date")
KIND_OF_CELL = {"numeric": "a number", "boolean": "yes or no", "date": "a date"}


@dataclass(frozen=True)
class Column:
    """One column of a table, read.

    Parameters
    ----------
    name : str
        Its name.
    role, guessed : str
        What it is used as, and what it would be used as without the user's word.
    values : pandas.Series
        One value a row: numbers (missing ones NaN) for numeric and boolean, times for dates, texts for
        categories; the cells themselves for the others.
    cells : pandas.Series
        The cells as the table has them.
    left_out : str
        Why nothing is learnt from it, empty for a column that is used.
    notes : tuple of str
        What was done to its cells.
    """

    name: str
    role: Role
    guessed: Role
    values: pd.Series = field(repr=False, compare=False)
    cells: pd.Series = field(repr=False, compare=False)
    left_out: str = ""
    notes: tuple[str, ...] = ()


def numbers(cells: pd.Series) -> pd.Series:
    """Read cells as numbers; what is none, or beyond all computing, becomes NaN."""
    return _bounded(pd.to_numeric(cells, errors="coerce").astype("float64"))


def read_columns(frame: pd.DataFrame, roles: Mapping[str, Role], target: str) -> tuple[Column, ...]:
    """Read every column of `frame` but the `target`.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns with unique names.
    roles : mapping
        The user's word on what a column is, by name; it outranks the guess.
    target : str
        The column to predict.

    Returns
    -------
    tuple of Column
        In the table's order. Of columns with the same values all but the first are left out.
    """
    seen: dict[tuple[Role, int], pd.Series] = {}
    columns = []
    for name, cells in frame.drop(columns=target).reset_index(drop=True).items():
        column = _read(str(name), cells, roles.get(str(name)))
        if not column.left_out:
            # Equal columns have equal sums of hashes, so that few pairs of columns need to be compared.
            key = column.role, int(pd.util.hash_pandas_object(column.values, index=False).sum())
            if column.values.equals(seen.setdefault(key, column.values)) and seen[key] is not column.values:
                column = _without(column, "another column holds the same")
        columns.append(column)
    return tuple(columns)


def notes_on(columns: Iterable[Column]) -> tuple[str, ...]:
    """Say in sentences what was done to columns and cells."""
    columns = tuple(columns)
    notes = [note for column in columns for note in column.notes]
    unused = sorted((c for c in columns if c.left_out), key=lambda c: c.left_out)
    for reason, group in groupby(unused, key=lambda c: c.left_out):
        names = [column.name for column in group]
        notes.append(f"{count(len(names), 'column')} left out, since {reason}: {quoted_list(names)}.")
    return tuple(notes)


def guess_role(name: str, cells: pd.Series) -> tuple[Role, str]:
    """Guess what a column is, and why it should be left out (empty if it should not)."""
    present = cells.dropna()
    if present.empty:
        return "ignore", "every cell is missing"
    different = present.drop_duplicates()
    if (
        len(different) <= MAX_TRUTH_SPELLINGS
        and _read_truth(different, _truth_words(different)).notna().all()
    ):
        return "boolean", ""
    read = pd.to_numeric(present, errors="coerce")
    if read.notna().mean() >= NEARLY_ALL:
        return ("ignore", "the cells only number the rows") if _numbers_rows(name, read) else ("numeric", "")
    if _read_dates(present, _date_format(present)).notna().mean() >= NEARLY_ALL:
        return "date", ""
    if len(different) <= MAX_CATEGORIES and len(present) >= MIN_ROWS_PER_CATEGORY * len(different):
        return "category", ""
    return "text", "the cells are free text or names of the rows"


def _read(name: str, cells: pd.Series, told: Role | None) -> Column:
    guessed, doubt = guess_role(name, cells)
    role = told or guessed
    column = Column(name, role, guessed, cells, cells)
    if role not in USABLE_ROLES:
        return _without(column, "you chose so" if told else doubt)
    if cells.notna().sum() == 0:
        return _without(column, "every cell is missing")
    values, notes = read_as(name, role, cells, spelling_of(role, cells))
    column = Column(name, role, guessed, values, cells, notes=notes)
    if values.notna().sum() == 0:
        return _without(column, f"no cell reads as {KIND_OF_CELL[role]}")
    if values.nunique() == 1:
        return _without(column, "every cell holds the same value")
    return column


def _without(column: Column, reason: str) -> Column:
    return Column(column.name, column.role, column.guessed, column.cells, column.cells, left_out=reason)


def spelling_of(role: Role, cells: pd.Series) -> tuple[str, ...]:
    """Return how cells of a role are written: the words for no and yes, the format of dates, else nothing."""
    if role == "boolean":
        return _truth_words(cells)
    return (_date_format(cells),) if role == "date" else ()


def read_as(
    name: str, role: Role, cells: pd.Series, spelling: tuple[str, ...]
) -> tuple[pd.Series, tuple[str, ...]]:
    """Read the cells of a column as its role, and say in sentences which could not be read.

    Parameters
    ----------
    name : str
        The column's name.
    role : str
        One of `USABLE_ROLES`.
    cells : pandas.Series
        The cells.
    spelling : tuple of str
        How they are written; see `spelling_of`.
    """
    if role == "category":
        return cells.astype("str").fillna(MISSING_CATEGORY).astype(object), ()
    notes = []
    if role == "boolean":
        read = values = _read_truth(cells, spelling)
    elif role == "date":
        read = values = _read_dates(cells, spelling[0])
    else:
        read = pd.to_numeric(cells, errors="coerce").astype("float64")
        values = _bounded(read)
        n_endless = int((read.notna() & values.isna()).sum())
        if n_endless:
            notes.append(f"{count(n_endless, 'infinite value')} in ‘{name}’ counted as missing.")
    unread = cells[cells.notna() & read.isna()]
    if len(unread):
        notes.append(
            f"{count(len(unread), 'cell')} in ‘{name}’ counted as missing, not being {KIND_OF_CELL[role]}: "
            f"{quoted_list(unread.astype('str').unique())}."
        )
    return values, tuple(notes)


def _truth_words(cells: pd.Series) -> tuple[str, ...]:
    # A column of floats has 1.0 for 1.
    present = set(cells.astype("str").str.casefold().str.removesuffix(".0").dropna().unique())
    words = max(TRUTH_PAIRS, key=lambda pair: len(present & pair.keys()))
    return tuple(words)


def _read_truth(cells: pd.Series, words: tuple[str, ...]) -> pd.Series:
    if pd.api.types.is_numeric_dtype(cells):
        return cells.astype("float64").where(cells.isin([0, 1]))
    no, yes = words
    return cells.astype("str").str.casefold().map({no: 0.0, yes: 1.0}).astype("float64")


def _date_format(cells: pd.Series) -> str:
    different = cells.dropna().drop_duplicates()
    probe = different.iloc[:: max(1, len(different) // DATE_PROBE)]
    return max(DATE_FORMATS, key=lambda form: _read_dates(probe, form).notna().sum())


def _read_dates(cells: pd.Series, form: str) -> pd.Series:
    if pd.api.types.is_numeric_dtype(cells):
        return pd.Series(pd.NaT, index=cells.index, dtype="datetime64[us]")
    read = pd.to_datetime(cells, format=form, errors="coerce", utc=True)
    return read.dt.tz_localize(None).astype("datetime64[us]")


def _bounded(read: pd.Series) -> pd.Series:
    return read.where(read.abs() < LARGEST)


def _numbers_rows(name: str, read: pd.Series) -> bool:
    """Tell whether whole numbers count the rows by one, or are named so and hardly ever come twice."""
    if (read % 1 != 0).any():
        return False
    folded = name.strip().casefold()
    named = folded in ID_NAMES or folded.endswith(("_id", " id"))
    if named:
        return bool(read.nunique() >= MOSTLY_UNIQUE * len(read))
    return bool((read.diff().iloc[1:] == 1).all())
