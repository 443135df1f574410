"""The special characters of a CSV file, found by what they make of its lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from qenn_core.data.reading.cell_types import CellType, cell_type
from qenn_core.data.reading.csv_rows import Dialect, split_rows
from qenn_core.data.reading.sniffer import Sniffer

USUAL_DELIMITERS = ",;\t|"
# With the factor by which they have to do better than a usual delimiter: they occur in texts and times.
_OTHER_DELIMITERS = {":": 0.7, " ": 0.7, "^": 0.9, "~": 0.9}
# Spaces that align cells, where single ones may be part of a cell.
_ALIGNED = 0.69
_MAX_ALIGNED_LENGTH = 2000
# Dashes below the names, which show how wide columns are.
_RULE = re.compile(r"[-=]{2,}( +[-=]+)+")
# A column of spaces may have a character in this share of the lines, such as those of a title.
_FEW_LINES = 0.1
_LINES = 300
_MAX_TYPED_CELLS = 4000
# DuckDB's answer holds unless another is better by this factor.
_SNIFFED_BONUS = 1.1
# So many of the cells that begin with an apostrophe have to end with one, if it encloses cells.
_NEARLY_ALL = 0.9
# The factor for a dialect in which a quoted cell does not end.
_UNCLOSED = 0.5
_QUOTE = '"'


def detect_dialect(
    body: Sequence[str], delimiter: str | None, quote: str | None, sniffer: Sniffer
) -> Dialect:
    """Return the dialect in which the lines are most consistent: rows of equal width, cells that are clean.

    The measure is that of van den Burg, Nazábal and Sutton, *Wrangling messy CSV files by detecting row and
    type patterns*, 2019, reduced to what tells dialects of tables apart.

    Parameters
    ----------
    body : sequence of str
        The first lines, with their line ends.
    delimiter, quote : str or None
        What the user chose; an empty quote means that none encloses cells.
    sniffer : Sniffer
        DuckDB's sniffer, whose answer is preferred if it is about as good as the best.
    """
    # Lines above the table can mislead the sniffer; the second half has none of them.
    halves = (sniffer.sniff(lines, delimiter) for lines in (body, body[len(body) // 2 :]))
    sniffed = [found for found in halves if found]
    comment = sniffed[0].comment if sniffed else None
    bonus = {sniffed[0].delimiter: _SNIFFED_BONUS} if sniffed else {}
    lines = body[:_LINES]
    text = "".join(lines)
    usual = [*USUAL_DELIMITERS, *(found.delimiter for found in sniffed)]
    factors = dict.fromkeys(usual, 1.0) | _OTHER_DELIMITERS
    candidates = [
        _Candidate(factor * bonus.get(sign, 1.0) * _consistency(lines, dialect), dialect)
        for sign, factor in ({delimiter: 1.0} if delimiter else factors).items()
        if sign in text
        for dialect in _quotings(lines, Dialect(sign, comment=comment), quote)
    ]
    if delimiter in (None, " ") and (starts := _aligned_starts(lines)):
        aligned = Dialect(" ", quote=None, comment=comment, starts=starts)
        candidates.append(_Candidate(_ALIGNED * _consistency(lines, aligned), aligned))
    best = max(candidates, key=lambda candidate: candidate.score, default=None)
    if best is None or (not best.score and delimiter is None):
        return Dialect(delimiter or ",", quote=_QUOTE if quote is None else quote or None, comment=comment)
    return _without_false_comment(body, best.dialect)


def _without_false_comment(body: Sequence[str], dialect: Dialect) -> Dialect:
    """Return the dialect without its comment sign if a line that begins with it is a row like the others."""
    if dialect.comment is None:
        return dialect
    plain = replace(dialect, comment=None)
    rows = [row for row in split_rows(body, plain, truncated=True) if row]
    width = Counter(len(row) for row in rows if not row[0].startswith(dialect.comment)).most_common(1)
    begun = [row for row in rows if row[0].startswith(dialect.comment)]
    return plain if width and any(len(row) == width[0][0] for row in begun) else dialect


class _Candidate(NamedTuple):
    score: float
    dialect: Dialect


def _quotings(lines: Sequence[str], plain: Dialect, quote: str | None) -> Iterator[Dialect]:
    """Yield a dialect with each possible way to enclose cells, the usual one first."""
    text = "".join(lines)
    if quote is None:
        quotes: list[str | None] = [_QUOTE]
        if _QUOTE in text:
            quotes.append(None)
        if _apostrophes_enclose_cells(lines, plain.delimiter):
            quotes.insert(0, "'")
    else:
        quotes = [quote or None]
    for mark in quotes:
        dialect = replace(plain, quote=mark)
        if mark and _has_stray_ends(lines, dialect):
            dialect = replace(dialect, stray_end=True)
        if mark and _encloses_lines(lines, dialect):
            yield replace(dialect, quoted_lines=True)
        yield replace(dialect, escape="\\") if mark and _has_escapes(lines, dialect) else dialect


def _has_escapes(lines: Sequence[str], dialect: Dialect) -> bool:
    """Return whether a backslash before a quotation mark escapes it, and is not the end of a path."""
    text, mark = "".join(lines), dialect.quote or ""
    if f"\\{mark}" not in text:
        return False
    # Where it does, marks are not doubled, so two of them end a cell.
    if re.search(rf"\\{mark}{mark}(?! *({re.escape(dialect.delimiter)}|[\r\n]|$))", text):
        return False
    n_rows, n_alike = _regularity(lines, dialect)
    n_escaped_rows, n_escaped_alike = _regularity(lines, replace(dialect, escape="\\"))
    return n_escaped_rows >= n_rows and n_escaped_alike >= n_alike


def _aligned_starts(lines: Sequence[str]) -> tuple[int, ...]:
    """Return the positions at which cells begin if spaces align them; nothing if they do not."""
    filled = [line.rstrip() for line in lines if line.strip()]
    length = max(map(len, filled), default=0)
    n_spaced = sum("  " in line.strip() for line in filled)
    if 2 * n_spaced < len(filled) or length > _MAX_ALIGNED_LENGTH or any("\t" in line for line in filled):
        return ()
    lines = [line.ljust(length) for line in filled]
    rule = next((line for line in lines if _RULE.fullmatch(line.strip())), None)
    if rule is not None:
        return tuple(found.start() for found in re.finditer("[-=]+", rule))
    columns = zip(*lines, strict=True)
    is_used = [sum(sign != " " for sign in column) > _FEW_LINES * len(lines) for column in columns]
    starts: list[int] = []
    for number, (before, used) in enumerate(pairwise([False, *is_used])):
        if used and not before and (not starts or _separates(lines, starts[-1], number)):
            starts.append(number)
    ends = [*starts[1:], length]
    # Where no name stands above a column but the first, words happen to begin at the same place.
    named = [
        start
        for number, (start, end) in enumerate(zip(starts, ends, strict=True))
        if number == 0 or lines[0][start:end].strip()
    ]
    return tuple(named) if len(named) > 1 else ()


def _separates(lines: Sequence[str], start: int, end: int) -> bool:
    """Return whether a column of spaces stands between cells, rather than between two words of each."""
    if any(_is_gap(line, end) for line in lines):
        return True
    kinds = Counter(cell_type(line[start:end]) for line in lines)
    return kinds[CellType.NUMBER] > kinds.total() / 2


def _is_gap(line: str, start: int) -> bool:
    """Return whether two spaces stand around a position, which a space between words never has."""
    return line[start - 2 : start] == "  " or line[start - 1 : start + 1] == "  "


def _regularity(lines: Sequence[str], dialect: Dialect) -> tuple[int, int]:
    """Return the number of rows, and of those with the most common width."""
    widths = Counter(len(row) for row in split_rows(lines, dialect, truncated=True) if row)
    return widths.total(), max(widths.values(), default=0)


def _encloses_lines(lines: Sequence[str], dialect: Dialect) -> bool:
    """Return whether quotation marks enclose nearly all lines as a whole, and cells within them."""
    filled = [line.strip() for line in lines if line.strip()]
    mark = dialect.quote or ""
    enclosed = [line for line in filled if len(line) > 1 and line.startswith(mark) and line.endswith(mark)]
    if len(enclosed) < _NEARLY_ALL * len(filled):
        return False
    alone = [row for row in split_rows(enclosed, dialect, truncated=True) if len(row) == 1]
    n_splitting = sum(dialect.delimiter in row[0] for row in alone)
    return n_splitting >= _NEARLY_ALL * len(filled)


def _apostrophes_enclose_cells(lines: Sequence[str], delimiter: str) -> bool:
    sign = re.escape(delimiter)
    begins = re.compile(rf"(?:^|{sign}) *'")
    encloses = re.compile(rf"(?:^|{sign}) *'(?:[^'\\]|''|\\.)*'(?= *(?:{sign}|$))")
    stripped = [line.rstrip("\r\n") for line in lines]
    n_begun = sum(len(begins.findall(line)) for line in stripped)
    n_enclosed = sum(len(encloses.findall(line)) for line in stripped)
    return n_enclosed > 1 and n_enclosed >= _NEARLY_ALL * n_begun


def _has_stray_ends(lines: Sequence[str], dialect: Dialect) -> bool:
    """Return whether most lines end with a delimiter and a quotation mark that encloses nothing."""
    ends = f"{dialect.delimiter}{dialect.quote}"
    filled = [line.rstrip() for line in lines if line.strip()]
    stray = [line for line in filled if line.endswith(ends) and line.count(dialect.quote or "") % 2]
    return len(stray) > len(filled) / 2


def _consistency(lines: Sequence[str], dialect: Dialect) -> float:
    """Return how well a dialect fits, from 0 to 1."""
    read = list(split_rows(lines, dialect, truncated=True))
    rows = [row for row in read if row]
    widths = Counter(len(row) for row in rows if len(row) > 1)
    if not widths:
        return 0.0
    width, n_rows = max(widths.items(), key=lambda item: (item[1], item[0]))
    typed = [row for row in rows if len(row) == width][: max(_MAX_TYPED_CELLS // width, 2)]
    clean = sum(_cleanness(cell, dialect) for row in typed for cell in row) / (width * len(typed))
    n_lines = sum(bool(line.strip()) for line in lines)
    # Cells of several lines are rare, so a quote that swallows most lines encloses none.
    kept = 1.0 if 2 * len(rows) > n_lines or dialect.comment else 0.5
    n_read = sum(1 + sum(cell.count("\n") for cell in row) for row in read)
    if n_read < len(lines) < _LINES and not dialect.comment:
        kept *= _UNCLOSED
    return kept * n_rows / len(rows) * (width - 1) / width * clean


def _cleanness(cell: str, dialect: Dialect) -> float:
    """Return whether a cell is what a cell usually is: 1, or less if it looks cut or not split."""
    if cell_type(cell) is not CellType.TEXT:
        return 1.0
    text = cell.strip()
    quoted = text[:1] in "\"'" and text[:1] == text[-1:]
    if (quoted and len(text) > 1) or (text.count(_QUOTE) % 2 and text[:1] == _QUOTE):
        return 0.0
    if f"\\{dialect.quote}" in cell or cell.count("\\") > 1:
        return 0.5  # it escapes something
    others = [sign for sign in USUAL_DELIMITERS if sign in text and sign != dialect.delimiter]
    if not others:
        return 1.0
    # A comma with a space after it is one of a text.
    return 0.8 if others == [","] and not re.search(r",\S", text) else 0.1
