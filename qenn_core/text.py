"""Numbers and names as they stand in a sentence."""

from __future__ import annotations

import itertools
import math
from collections.abc import Container, Iterable, Iterator
from decimal import Decimal
from fractions import Fraction

MAX_LISTED = 5
# Embeddings, overrides and isolates, and their ends. Marks, which writers of Arabic and Hebrew need, stay.
_BIDI_CONTROLS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun: ``"1 row"``, ``"1,200 rows"``, ``"2 classes"``.

    Parameters
    ----------
    number : int
        How many there are.
    noun : str
        The noun in the singular.
    plural : str, optional
        The noun in the plural; by default the singular with an ``s``.
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def short_number(value: float) -> str:
    """Return a number with at most four significant digits and a proper minus sign: ``"−0.1235"``."""
    return f"{value:.4g}".replace("-", "−")


def angle(radians: float) -> str:
    """Return an angle as a simple fraction of π, if it is one, else as a number: ``"−π/2"``, ``"1.2"``."""
    part = Fraction(radians / math.pi).limit_denominator(8)
    if not part or not math.isclose(part * math.pi, radians):
        return short_number(radians)
    multiple = "" if abs(part.numerator) == 1 else abs(part.numerator)
    divided = "" if part.denominator == 1 else f"/{part.denominator}"
    return f"{'−' if part < 0 else ''}{multiple}π{divided}"


def quoted(text: str) -> str:
    """Return a text in quotation marks, with signs that cannot be seen written as in Python."""
    return f"‘{repr(text)[1:-1]}’"


def without_bidi_controls(text: str) -> str:
    """Remove the characters that change the direction of all text after them, also beyond `text`."""
    return text.translate(_BIDI_CONTROLS)


def quoted_list(names: Iterable[str]) -> str:
    """Return names in quotation marks, the first few of a long list."""
    names = list(names)
    shown = ", ".join(f"‘{name}’" for name in names[:MAX_LISTED])
    more = len(names) - MAX_LISTED
    return f"{shown} and {more:,} more" if more > 0 else shown


def percent(share: float) -> str:
    """Return a share from 0 to 1 as an accuracy is shown everywhere: ``"87.5%"``."""
    return f"{share:.1%}"


def decimal_places(*numbers: float) -> int:
    """Return how many decimal places show all `numbers`, to six significant digits."""
    exponents = (Decimal(f"{number:.6g}").normalize().as_tuple().exponent for number in numbers)
    return max(0, *(-int(exponent) for exponent in exponents))


def first_unused(name: str, used: Container[str]) -> str:
    """Return `name` or, if it is used, `name` with the first number that is not: ``"age (2)"``."""
    return next(variant for variant in _numbered_variants(name) if variant not in used)


def _numbered_variants(name: str) -> Iterator[str]:
    yield name
    for number in itertools.count(2):
        yield f"{name} ({number})"


def uncapitalise(name: str) -> str:
    """Return a name as it is written within a sentence: "logistic" for "Logistic", but "SVM" unchanged."""
    return name[:1].lower() + name[1:] if name[1:2].islower() else name


def memory(n_bytes: float) -> str:
    """Return an amount of memory, no finer than an estimate is: ``"12 MB"``, ``"1.5 GB"``."""
    return f"{_two_digits(n_bytes / 1e9)} GB" if n_bytes >= 1e8 else f"{_two_digits(n_bytes / 1e6)} MB"


def duration(seconds: float) -> str:
    """Return a duration, no finer than an estimate is: ``"40 ms"``, ``"12 s"``, ``"3.5 min"``, ``"2 h"``."""
    if seconds < 0.1:
        return f"{_two_digits(1000 * seconds)} ms"
    if seconds < 90:
        return f"{_two_digits(seconds)} s"
    if seconds < 90 * 60:
        return f"{_two_digits(seconds / 60)} min"
    return f"{_two_digits(seconds / 3600)} h"


def _two_digits(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 else f"{round(number, 1):g}"
