"""Numbers as people write them: with a currency or a unit, in accountants' parentheses, with a real minus."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

# Whole numbers in this range may be years.
YEARS = (1500, 2200)
# What may stand between thousands, beside the point and the comma.
SPACES = " '’\u00a0\u2009\u202f"
_CURRENCY = r"[A-Z]{0,2}\$|[€£¥₹₽₺₩₪₫₴]|USD|EUR|GBP|CHF|Fr\.|Rs\.?|kr\.?|zł|Kč|Ft"
# A few letters, such as kg or m², also one per another, such as km/h.
_LETTERS = r"[^\W\d_¼½¾⅓⅔⅛⅜⅝⅞]{1,4}[²³]?"
_UNIT = rf"{_LETTERS}(?:/{_LETTERS})?|%|‰|°\s?[CF]?|[\"″′']"
# Letters right after a number that multiply it: 2.5K, 565k, €110.5M.
_MULTIPLIERS = {"k": 1e3, "K": 1e3, "M": 1e6, "B": 1e9, "万": 1e4, "亿": 1e8}
# Cells without a unit count as in the unit of the others if they are at most so many times larger or smaller.
_SAME_ORDER = 10
# Numbers with and without a K are in the same unit if their medians differ by less than this factor.
_SIMILAR = 3
_SIGN = r"[+\-−]"
_PLAIN = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
# Digits with grouped thousands, and either decimal sign.
_GROUPED = rf"(?:[0-9]+(?:[.,{SPACES}][0-9]{{2,3}})*)?(?:[.,][0-9]*)?(?:[eE][+-]?[0-9]+)?"


def _amount(number: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?P<sign>{_SIGN}?)\s?(?P<open>\(?)\s?(?P<before>{_CURRENCY})?\s?(?P<inner>{_SIGN}?)(?=[.,]?[0-9])"
        rf"(?P<number>{number})(?P<behind>-?)(?P<gap>\s?)(?P<after>{_CURRENCY}|{_UNIT})?\s?(?P<close>\)?)"
    )


_WRITTEN = _amount(_GROUPED)
_READABLE = _amount(_PLAIN)


def digits_of(text: str) -> str | None:
    """Return the digits and separators of a number, without sign and unit; ``None`` if it is no number."""
    match = _WRITTEN.fullmatch(text.strip())
    return match["number"] if match and bool(match["open"]) == bool(match["close"]) else None


class Amounts(NamedTuple):
    """Numbers, missing where a cell is none, and their unit, empty for plain numbers."""

    values: pd.Series
    unit: str


def parse_amounts(cells: pd.Series, unit: str | None = None) -> Amounts:
    """Parse cells as numbers with decimal points, all in one unit.

    Parameters
    ----------
    cells : pandas.Series
        Numbers or texts.
    unit : str, optional
        The unit; by default the most frequent one. Cells in another unit are no numbers, and none is one if
        those without a unit are of another order of magnitude, unless the unit is a currency. A K, M or B
        right after a number multiplies it, unless it is the only unit or stands beside others, such as G.
    """
    import pandas as pd

    values = pd.to_numeric(cells, errors="coerce").astype("float64")
    others = cells[values.isna() & cells.notna()]
    if others.empty or not pd.api.types.is_string_dtype(others):
        return Amounts(values, unit or "")
    different = pd.Series(others.astype("str").unique())
    if not different.str.contains("[0-9]").any():
        return Amounts(values, unit or "")
    parts = different.str.strip().str.extract(rf"^{_READABLE.pattern}$").fillna("")
    is_amount = (parts["number"] != "") & ((parts["open"] == "") == (parts["close"] == ""))
    # A digit in parentheses or before a minus is an answer or a grade rather than a negative number.
    is_mark = parts["number"].str.fullmatch("[0-9]") & (parts["before"] + parts["after"] == "")
    is_amount &= ~(is_mark & ((parts["open"] != "") | (parts["behind"] != "")))
    parts["behind"] = parts["behind"].where(~parts["number"].str.endswith("."), "")  # 8.- is 8.00
    factors = parts["after"].where(parts["gap"] == "").map(_MULTIPLIERS)
    if _are_units(parts, factors, values.dropna(), unit):
        factors[:] = np.nan
    units = parts["before"] + parts["after"].where(factors.isna(), "")
    is_guess = unit is None
    if unit is None:
        frequency = others.map(pd.Series(units[is_amount].to_numpy(), different[is_amount])).value_counts()
        unit = str(frequency.index[0]) if len(frequency) else ""
    in_unit = is_amount & units.isin([unit, ""])
    signs = parts[["sign", "inner", "behind"]].isin(["-", "−"])
    is_negative = signs.any(axis="columns") | (parts["open"] != "")
    factors = factors.fillna(1.0) * is_negative.map({True: -1.0, False: 1.0})
    numbers = pd.to_numeric(parts["number"][in_unit]) * factors[in_unit]
    parsed = others.map(pd.Series(numbers.to_numpy(), different[in_unit], dtype="float64")).astype("float64")
    if is_guess and not re.fullmatch(f"({_CURRENCY})?", unit) and _are_of_other_order(values, parsed):
        return Amounts(values, "")
    return Amounts(values.fillna(parsed), unit)


def _are_units(parts: pd.DataFrame, factors: pd.Series, plain: pd.Series, unit: str | None) -> bool:
    """Return whether K, M and B are units here, such as kelvin or megabytes."""
    if unit is not None:
        return unit.isalpha() and len(unit) == 1
    if ((parts["gap"] == "") & factors.isna() & parts["after"].str.fullmatch("[A-Za-z]")).any():
        return True
    used = factors.notna()
    if parts["after"][used].nunique() != 1 or (parts["before"][used] != "").any():
        return False
    digits = parts["number"][used].astype("float64").median()
    return plain.empty or bool(digits / _SIMILAR < plain.median() < digits * _SIMILAR)


def _are_of_other_order(plain: pd.Series, with_unit: pd.Series) -> bool:
    """Return whether numbers without a unit are much larger or smaller than those with one."""
    sizes = [numbers[numbers != 0].abs().dropna() for numbers in (plain, with_unit)]
    if any(numbers.empty for numbers in sizes):
        return False
    (low, high), (low_with, high_with) = ((numbers.min(), numbers.max()) for numbers in sizes)
    return bool(high > _SAME_ORDER * high_with or low_with > _SAME_ORDER * low)
