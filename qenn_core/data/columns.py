"""The role of each column of a table, and its cells parsed accordingly.

A column's role is guessed from its name and all of its cells, held-out rows included. This is part of reading
the file, not of fitting: no statistic of the values is kept. Classes have a part in it only where numbers
look like identifiers; see `qenn_core.data.identifiers`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby

import pandas as pd

from qenn_core.data.amounts import YEARS, parse_amounts
from qenn_core.data.identifiers import are_identifiers
from qenn_core.data.prepared import Ints
from qenn_core.experiment import Role
from qenn_core.text import count, quoted_list

BOOLEAN_WORDS = (
    {"false": 0.0, "true": 1.0},
    {"no": 0.0, "yes": 1.0},
    {"n": 0.0, "y": 1.0},
    {"f": 0.0, "t": 1.0},
    {"off": 0.0, "on": 1.0},
    {"0": 0.0, "1": 1.0},
)
# Two numbers in a cell, such as a blood pressure of 120/80.
_PAIR = r"^\s*(\d+(?:[.,]\d+)?)\s*/\s*(\d+(?:[.,]\d+)?)\s*$"
# Two words, each in lower, upper and title case.
MAX_BOOLEAN_SPELLINGS = 6
# In order of preference: of several formats that fit, the first wins, so 03/04/2020 is the third of April.
# fmt: off
_DAYS = (
    "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d-%m-%Y", "%d %b %Y", "%d %B %Y", "%b %d, %Y",
    "%B %d, %Y", "%d-%b-%Y", "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d-%b-%y", "%b %Y", "%B %Y",
)
# fmt: on
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
DATE_FORMATS = ("ISO8601", *(day + time for time in _TIMES for day in _DAYS))
# Forms of Google name the time zone of each answer.
_TIME_ZONE = r" GMT[+-]\d{1,2}(?::\d\d)?$"
# A year, and a day or month beside it; or day, month and year.
_LIKE_A_DATE = r"\d{4}-?\d\d|\d\D+\d{4}|\d{4}\D+\d|\d\D+\d+\D+\d\d|[a-z] \d{4}|\d-[A-Za-z]{3}-\d\d"
# The date format is detected from this many distinct cells, spread over the column. A few suffice to rule
# most formats out.
DATE_SAMPLES = (20, 200)
# A column has the role that fits at least this share of its cells; the others count as missing.
NEARLY_ALL = 0.95
# Texts with more distinct values, or with fewer rows per value, identify rows rather than group them.
MAX_CATEGORIES = 30
MIN_ROWS_PER_CATEGORY = 2
# Larger numbers overflow when they are squared, as every scaling does.
MAX_MAGNITUDE = 1e150
MISSING_CATEGORY = "(missing)"

GROUPS_ROWS = "it only says which rows belong together"
# A number with leading zeros, such as the postcode 01067; shorter ones may be numbers that are padded.
CODE = r"\s*0\d{3,}\s*$"
IDENTIFIES_ROWS = "the cells only number or identify the rows"

USABLE_ROLES: tuple[Role, ...] = ("numeric", "pair", "boolean", "category", "date")
EXPECTED_CELL = {
    "numeric": "a number",
    "pair": "two numbers, such as 120/80",
    "boolean": "yes or no",
    "date": "a date",
}


@dataclass(frozen=True)
class Column:
    """A column of a table, parsed.

    Parameters
    ----------
    name : str
        Its name.
    role, guessed : str
        What it is used as, and what it would be used as if the user had not chosen.
    values : pandas.Series
        One value per row: numbers (missing ones NaN) for numeric and boolean, times for dates, texts for
        categories, texts such as "120/80" for pairs, and the unparsed cells for other roles.
    cells : pandas.Series
        The cells as in the table.
    left_out : str
        Why the column is left out; empty for a column that is used.
    notes : tuple of str
        Sentences on what was done to its cells.
    """

    name: str
    role: Role
    guessed: Role
    values: pd.Series = field(repr=False, compare=False)
    cells: pd.Series = field(repr=False, compare=False)
    left_out: str = ""
    notes: tuple[str, ...] = ()


def to_numbers(cells: pd.Series) -> pd.Series:
    """Parse cells as numbers; other cells, and numbers too large to compute with, become NaN."""
    return _mask_huge(parse_amounts(cells).values)


def read_columns(
    frame: pd.DataFrame, roles: Mapping[str, Role], target: str, labels: Ints | None = None
) -> tuple[Column, ...]:
    """Parse every column of `frame` except the `target`.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns with unique names.
    roles : mapping
        Roles that the user chose, by column name; they take precedence over the guess.
    target : str
        The column to predict.
    labels : array (rows,), optional
        The class number of each row; negative for rows without a class.

    Returns
    -------
    tuple of Column
        In the order of the table. Of columns with the same values, all but the first are left out.
    """
    earlier_values: dict[tuple[Role, int], pd.Series] = {}
    columns = []
    for name, cells in frame.drop(columns=target).reset_index(drop=True).items():
        column = _parse_column(str(name), cells, roles.get(str(name)), labels)
        if not column.left_out:
            # Equal columns have equal sums of hashes, so few pairs of columns need to be compared.
            key = column.role, int(pd.util.hash_pandas_object(column.values, index=False).sum())
            earlier = earlier_values.setdefault(key, column.values)
            if earlier is not column.values and column.values.equals(earlier):
                column = _leave_out(column, "another column holds the same values")
        columns.append(column)
    if all(column.left_out for column in columns):
        columns = [_keep_years(column) for column in columns]
    return tuple(columns)


def column_notes(columns: Iterable[Column]) -> tuple[str, ...]:
    """Return sentences on what was done to columns and cells."""
    columns = tuple(columns)
    notes = [note for column in columns for note in column.notes]
    unused = sorted((c for c in columns if c.left_out), key=lambda c: c.left_out)
    for reason, group in groupby(unused, key=lambda c: c.left_out):
        names = [column.name for column in group]
        notes.append(f"Left out {count(len(names), 'column')} because {reason}: {quoted_list(names)}.")
    return tuple(notes)


def _guess_role(name: str, cells: pd.Series, labels: Ints | None) -> tuple[Role, str]:
    """Guess the role of a column, and the reason to leave it out (empty if there is none)."""
    present = cells.dropna()
    if present.empty:
        return "ignore", "every cell is missing"
    different = present.drop_duplicates()
    if len(different) == 1 < len(present) < len(cells):
        return "category", ""  # a mark, or no mark
    if (
        len(different) <= MAX_BOOLEAN_SPELLINGS
        and _parse_booleans(different, _detect_boolean_words(different)).notna().all()
    ):
        return "boolean", ""
    numbers = parse_amounts(present).values
    if numbers.notna().mean() >= NEARLY_ALL and not are_codes(present, CODE):
        return ("ignore", IDENTIFIES_ROWS) if _identify_rows(name, numbers, labels) else ("numeric", "")
    pairs = _parse_pairs(present)
    if pairs.notna().mean() >= NEARLY_ALL:
        if any(_identify_rows(name, part, labels) for _, part in split_pairs(pairs).items()):
            return "ignore", IDENTIFIES_ROWS
        return "pair", ""
    if _parse_dates(present, _detect_date_format(present)).notna().mean() >= NEARLY_ALL:
        return "date", ""
    if len(different) <= MAX_CATEGORIES and len(present) >= MIN_ROWS_PER_CATEGORY * len(different):
        return "category", ""
    if len(different) < len(present):
        return "text", "there are too many different texts for categories"
    return "text", "the cells are free text or row names"


def _identify_rows(name: str, numbers: pd.Series, labels: Ints | None) -> bool:
    readable = numbers.dropna()
    return are_identifiers(name, readable, None if labels is None else labels[readable.index])


def _keep_years(column: Column) -> Column:
    """Return a column of years as numbers although they number the rows; nothing else can be learnt from."""
    if column.left_out == IDENTIFIES_ROWS:
        numbers = to_numbers(column.cells).dropna()
        if len(numbers) and numbers.between(*YEARS).all():
            return _parse_column(column.name, column.cells, "numeric", None)
    return column


def are_codes(cells: pd.Series, pattern: str) -> bool:
    """Return whether numbers are names, such as "001": a cell begins with `pattern`, as no number does."""
    if pd.api.types.is_numeric_dtype(cells):
        return False
    return bool(cells.astype("str").str.match(pattern).fillna(False).any())


def _parse_column(name: str, cells: pd.Series, chosen: Role | None, labels: Ints | None) -> Column:
    guessed, objection = _guess_role(name, cells, labels)
    role = chosen or guessed
    column = Column(name, role, guessed, cells, cells)
    if role == "group":
        return _leave_out(column, GROUPS_ROWS)
    if role not in USABLE_ROLES:
        return _leave_out(column, "you chose to" if chosen else objection)
    if cells.notna().sum() == 0:
        return _leave_out(column, "every cell is missing")
    spelling = detect_spelling(role, cells)
    values, notes = parse_cells(name, role, cells, spelling)
    if role == "numeric" and spelling:
        notes = (f"Read the numbers in ‘{name}’ without their unit, {spelling[0]}.", *notes)
    if role == "pair":
        notes = (f"Read each cell of ‘{name}’ as two numbers.", *notes)
    if role == "date" and _has_either_order(cells, spelling[0], values):
        notes = (f"Dates such as {cells.dropna().iloc[0]} in ‘{name}’ were read with the day first.", *notes)
    column = Column(name, role, guessed, values, cells, notes=notes)
    if values.notna().sum() == 0:
        return _leave_out(column, f"no cell can be read as {EXPECTED_CELL[role]}")
    if values.nunique() == 1:
        return _leave_out(column, "every cell holds the same value")
    return column


def _leave_out(column: Column, reason: str) -> Column:
    return Column(column.name, column.role, column.guessed, column.cells, column.cells, left_out=reason)


def detect_spelling(role: Role, cells: pd.Series) -> tuple[str, ...]:
    """Return how cells are written: the words for no and yes, the date format, or the unit; else nothing."""
    if role == "numeric":
        unit = parse_amounts(cells).unit
        return (unit,) if unit else ()
    if role == "boolean":
        return _detect_boolean_words(cells)
    return (_detect_date_format(cells),) if role == "date" else ()


def parse_cells(
    name: str, role: Role, cells: pd.Series, spelling: tuple[str, ...]
) -> tuple[pd.Series, tuple[str, ...]]:
    """Parse the cells of a column for its role.

    Parameters
    ----------
    name : str
        The column's name, for notes.
    role : str
        One of `USABLE_ROLES`.
    cells : pandas.Series
        The cells.
    spelling : tuple of str
        How they are written; see `detect_spelling`. Numbers in another unit count as missing.

    Returns
    -------
    pandas.Series
        The values, missing where a cell could not be parsed.
    tuple of str
        Sentences on the cells that could not be parsed.
    """
    if role == "category":
        return cells.astype("str").fillna(MISSING_CATEGORY).astype(object), ()
    notes = []
    if role == "boolean":
        parsed = values = _parse_booleans(cells, spelling)
    elif role == "date":
        parsed = values = _parse_dates(cells, spelling[0])
    elif role == "pair":
        parsed = values = _parse_pairs(cells)
    else:
        parsed = parse_amounts(cells, *(spelling or ("",))).values
        values = _mask_huge(parsed)
        n_huge = int((parsed.notna() & values.isna()).sum())
        if n_huge:
            noun = "infinite or extremely large number"
            notes.append(f"Treated {count(n_huge, noun)} in ‘{name}’ as missing.")
    unreadable = cells[cells.notna() & parsed.isna()]
    if len(unreadable):
        notes.append(
            f"Treated {count(len(unreadable), 'unreadable cell')} in ‘{name}’ as missing (expected "
            f"{EXPECTED_CELL[role]}): {quoted_list(unreadable.astype('str').unique())}."
        )
    return values, tuple(notes)


def _detect_boolean_words(cells: pd.Series) -> tuple[str, ...]:
    # In a column of floats, 1 is written 1.0.
    present = set(cells.astype("str").str.casefold().str.removesuffix(".0").dropna().unique())
    words = max(BOOLEAN_WORDS, key=lambda pair: len(present & pair.keys()))
    return tuple(words)


def _parse_booleans(cells: pd.Series, words: tuple[str, ...]) -> pd.Series:
    if pd.api.types.is_numeric_dtype(cells):
        return cells.astype("float64").where(cells.isin([0, 1]))
    no, yes = words
    return cells.astype("str").str.casefold().map({no: 0.0, yes: 1.0}).astype("float64")


def _parse_pairs(cells: pd.Series) -> pd.Series:
    numbers = cells.astype("str").str.extract(_PAIR)
    return (numbers[0] + "/" + numbers[1]).str.replace(",", ".")


def split_pairs(pairs: pd.Series) -> pd.DataFrame:
    """Return the two numbers of each parsed pair as columns, NaN for missing pairs."""
    return pairs.astype("str").str.extract(_PAIR).astype("float64")


def _detect_date_format(cells: pd.Series) -> str:
    different = cells.dropna().astype("str").drop_duplicates()
    different = different[different.str.contains(_LIKE_A_DATE)]
    fitting = DATE_FORMATS
    for size in DATE_SAMPLES:
        sample = different.iloc[:: max(1, len(different) // size)]
        n_dates = {fmt: int(_parse_dates(sample, fmt).notna().sum()) for fmt in fitting if len(sample)}
        if not any(n_dates.values()):
            break
        fitting = tuple(fmt for fmt, n in n_dates.items() if n == max(n_dates.values()))
    return fitting[0]


def _has_either_order(cells: pd.Series, date_format: str, dates: pd.Series) -> bool:
    """Return whether days may be months, and the other way round, in dates with slashes."""
    other = date_format.replace("%d/%m/", "%m/%d/")
    return other != date_format and bool(_parse_dates(cells, other).notna().sum() == dates.notna().sum())


def _parse_dates(cells: pd.Series, date_format: str) -> pd.Series:
    if pd.api.types.is_numeric_dtype(cells):
        return pd.Series(pd.NaT, index=cells.index, dtype="datetime64[us]")
    cells = cells.astype("str").str.replace(_TIME_ZONE, "", regex=True)
    parsed = pd.to_datetime(cells, format=date_format, errors="coerce", utc=True)
    dates = parsed.dt.tz_localize(None).astype("datetime64[us]")
    return dates.where(dates.dt.year.between(*YEARS))


def _mask_huge(numbers: pd.Series) -> pd.Series:
    return numbers.where(numbers.abs() < MAX_MAGNITUDE)
