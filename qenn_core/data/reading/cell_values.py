"""Gaps, and numbers written with decimal commas or thousands separators."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from qenn_core.data.amounts import SPACES, digits_of

# In lower case; cells are compared without regard to case.
GAP_WORDS = (
    *("na", "n/a", "n.a.", "n.a", "nan", "nat", "null", "none", "nil", "?", "-", "--", "—", "–", ".", "..."),
    *(":", "..", "n/d", "n.d.", "k.a.", "k. a.", "s/d", "s.d."),
    *("#n/a", "#na", "#null!", "#div/0!", "#value!", "#ref!", "#name?", "#num!", "<na>", "\\n", "(null)"),
)


@lru_cache
def spelled_gap_words() -> tuple[str, ...]:
    """Return the words that usually stand for a missing value, in their usual spellings."""
    return tuple(
        dict.fromkeys(
            spelling
            for marker in GAP_WORDS
            for spelling in (marker, marker.upper(), marker.capitalize(), "NaN", "<NA>")
        )
    )


class CleanedColumn(NamedTuple):
    """A column without gap words, and the gap words that it had, each with nulls instead of the other."""

    cells: pa.ChunkedArray
    gap_words: pa.ChunkedArray


def replace_gap_words(column: pa.ChunkedArray, words: Sequence[str]) -> CleanedColumn:
    """Trim the cells, and replace empty ones and `words`, in upper or lower case, by nulls."""
    trimmed = pc.utf8_trim_whitespace(column)
    if pc.any(pc.starts_with(trimmed, '="')).as_py():
        # As formulas, texts of digits keep their zeros in spreadsheet programs.
        trimmed = pc.replace_substring_regex(trimmed, r'^="(.*)"$', r"\1")
    folded = pa.array([word.strip().lower() for word in words], pa.string())
    is_word = pc.is_in(pc.utf8_lower(trimmed), value_set=folded)
    null = pa.scalar(None, pa.string())
    return CleanedColumn(
        pc.if_else(pc.or_(is_word, pc.equal(trimmed, "")), null, trimmed),
        pc.if_else(pc.and_(is_word, pc.not_equal(trimmed, "")), trimmed, null),
    )


def detect_decimal_sign(rows: Iterable[list[str]], delimiter: str) -> str:
    """Return the decimal sign that the numbers in the first rows suggest.

    Three digits after a sign may be thousands and count for neither sign, with one exception: a comma in a
    file delimited by semicolons, since semicolons are used because of decimal commas. Columns with more texts
    than numbers do not count.
    """
    leads: dict[int, int] = defaultdict(int)
    shapes: dict[int, Counter[str]] = defaultdict(Counter)
    balances: dict[int, int] = defaultdict(int)
    grouped: dict[int, list[str]] = defaultdict(list)
    for row in rows:
        for column, cell in enumerate(row):
            digits = digits_of(cell)
            balances[column] += bool(digits) - (digits is None and bool(cell.strip()))
            text = _OTHER_SEPARATORS.sub("", digits or "")
            shapes[column].update(_shape_of_thousands(text))
            if _POINT_THOUSANDS.fullmatch(text):
                grouped[column].append(text)
            elif _COMMA_THOUSANDS.fullmatch(text):
                leads[column] -= _CERTAIN
            elif _COMMA_NUMBER.fullmatch(text):
                leads[column] += delimiter == ";" or not _THOUSANDS.fullmatch(text)
            elif _POINT_NUMBER.fullmatch(text):
                leads[column] -= not _THOUSANDS.fullmatch(text)
    for column, numbers in grouped.items():
        if not all(_CODE.fullmatch(number) for number in numbers):
            leads[column] += _CERTAIN
    for column, seen in shapes.items():
        if _holds_thousands(seen, "."):
            leads[column] = _CERTAIN
        elif _holds_thousands(seen, ","):
            leads[column] = -_CERTAIN
    return "," if sum(lead for column, lead in leads.items() if balances[column] >= 0) > 0 else "."


def _shape_of_thousands(digits: str) -> Iterator[str]:
    """Yield what a number tells about thousands: their sign, a zero at the end, digits alone."""
    if not digits:
        return
    if _THOUSANDS.fullmatch(digits):
        sign = digits[-4]
        yield sign
        if digits.endswith("0"):
            yield f"{sign}0"
    else:
        yield "alone" if digits.isdigit() and len(digits) <= 3 else "other"


def _holds_thousands(seen: Counter[str], sign: str) -> bool:
    """Return whether a column proves that a sign stands between thousands.

    If it were the decimal sign, all numbers would have three decimal places, or zeros at the end were left
    out.
    """
    others = "," if sign == "." else "."
    return bool(
        seen[sign] > 2 and seen[f"{sign}0"] and seen["alone"] and not seen["other"] and not seen[others]
    )


def to_decimal_points(column: pa.ChunkedArray, decimal: str) -> pa.ChunkedArray | None:
    """Rewrite numbers with decimal commas or grouped thousands, ``"1.234,5 kg"`` to ``"1234.5 kg"``.

    Other cells stay as they are.

    Returns
    -------
    pyarrow.ChunkedArray or None
        The rewritten column; ``None`` if nothing needs to be rewritten, or the column is not one of numbers.
    """
    separators = rf"{SPACES}{'.' if decimal == ',' else ','}"
    if not pc.any(pc.match_substring_regex(column, rf"\d[{separators}]\d|{re.escape(decimal)}")).as_py():
        return None
    is_number = pc.match_substring_regex(column, _number_pattern(decimal, separators))
    if not _holds_numbers(column, is_number, separators):
        return None
    joined = pc.replace_substring_regex(column, rf"(\d)[{separators}](\d)", r"\1\2")
    with_points = pc.replace_substring_regex(joined, rf"{re.escape(decimal)}(\d)", r".\1")
    rewritten = pc.if_else(is_number, with_points, column)
    return None if rewritten.equals(column) else rewritten


def _holds_numbers(column: pa.ChunkedArray, is_number: pa.ChunkedArray, separators: str) -> bool:
    """Return whether all cells with digits are numbers, or at least half of them are numbers and no codes."""
    has_digits = pc.match_substring_regex(column, r"\d")
    if not pc.any(pc.and_not(has_digits, is_number)).as_py():
        return True
    # Some addresses and telephone numbers look like thousands, beside others that do not.
    code = rf"^(\d{{3}}([{separators}]\d{{3}}){{2}}|\d+([{separators}]\d+){{3}})$"
    is_code = pc.match_substring_regex(column, code)
    is_sure = pc.and_not(pc.and_(has_digits, is_number), is_code)
    return bool(2 * pc.sum(is_sure).as_py() >= pc.sum(has_digits).as_py())


def _number_pattern(decimal: str, separators: str) -> str:
    digits = rf"([1-9]\d{{0,2}}([{separators}]\d{{2,3}})*[{separators}]\d{{3}}|\d+)?"
    return rf"^{_BEFORE}{digits}({re.escape(decimal)}\d*)?([eE][+-]?\d+)?{_AFTER}$"


_OTHER_SEPARATORS = re.compile(f"[{SPACES}]")
# The weight of a number that leaves no doubt, against one with three digits after a comma.
_CERTAIN = 10
# Sign, parenthesis and currency before a number; unit after it.
_BEFORE = r"[+\-−]?\s?\(?\s?[^\d\s.,()]{0,3}\s?[+\-−]?"
_AFTER = r"-?\s?[^\d\s.,()]{0,9}\s?\)?"
_POINT_NUMBER = re.compile(r"[+-]?(\d*|[1-9]\d{0,2}(,\d{3})+)\.\d+([eE][+-]?\d+)?")
_COMMA_NUMBER = re.compile(r"[+-]?(\d*|[1-9]\d{0,2}(\.\d{3})+),\d+([eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}([.,]\d{3})+")
# Only thousands have several separators.
_POINT_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3}){2,}")
# Addresses such as 192.168.161.194 and telephone numbers such as 555.123.456.
_CODE = re.compile(r"\d{3}\.\d{3}\.\d{3}|\d+(\.\d+){3}")
_COMMA_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3}){2,}")
