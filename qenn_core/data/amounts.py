"""Numbers as people write them: with a currency or a unit, in accountants' parentheses, with a real minus."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pandas as pd

# Whole numbers in this range may be years.
YEARS = (1500, 2200)
# What may stand between thousands, beside the point and the comma.
SPACES = " '’\u00a0\u2009\u202f"
_CURRENCY = r"[A-Z]{0,2}\$|[€£¥₹₽₺₩₪₫₴]|USD|EUR|GBP|CHF|Fr\.|Rs\.?|kr\.?|zł|Kč|Ft"
# A few letters, such as kg or m², also one per another, such as km/h.
_UNIT = r"[^\W\d_]{1,4}[²³]?(?:/[^\W\d_]{1,4}[²³]?)?|%|‰|°\s?[CF]?|[\"″′']"
_SIGN = r"[+\-−]"
_PLAIN = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
# Digits with grouped thousands, and either decimal sign.
_GROUPED = rf"(?:[0-9]+(?:[.,{SPACES}][0-9]{{2,3}})*)?(?:[.,][0-9]*)?(?:[eE][+-]?[0-9]+)?"


def _amount(number: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?P<sign>{_SIGN}?)\s?(?P<open>\(?)\s?(?P<before>{_CURRENCY})?\s?(?P<inner>{_SIGN}?)(?=[.,]?[0-9])"
        rf"(?P<number>{number})(?P<behind>-?)\s?(?P<after>{_CURRENCY}|{_UNIT})?\s?(?P<close>\)?)"
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
        The unit; by default the most frequent one. Cells in another unit are no numbers.
    """
    import pandas as pd

    values = pd.to_numeric(cells, errors="coerce").astype("float64")
    others = cells[values.isna() & cells.notna()]
    if others.empty or not pd.api.types.is_string_dtype(others):
        return Amounts(values, unit or "")
    different = pd.Series(others.astype("str").unique())
    parts = different.str.strip().str.extract(rf"^{_READABLE.pattern}$").fillna("")
    is_amount = (parts["number"] != "") & ((parts["open"] == "") == (parts["close"] == ""))
    units = parts["before"] + parts["after"]
    if unit is None:
        frequency = others.map(pd.Series(units[is_amount].to_numpy(), different[is_amount])).value_counts()
        unit = str(frequency.index[0]) if len(frequency) else ""
    in_unit = is_amount & units.isin([unit, ""])
    signs = parts[["sign", "inner", "behind"]].isin(["-", "−"])
    is_negative = signs.any(axis="columns") | (parts["open"] != "")
    numbers = pd.to_numeric(parts["number"][in_unit]) * is_negative[in_unit].map({True: -1.0, False: 1.0})
    parsed = others.map(pd.Series(numbers.to_numpy(), different[in_unit], dtype="float64"))
    return Amounts(values.fillna(parsed.astype("float64")), unit)
