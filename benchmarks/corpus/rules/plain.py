"""Well-formed files in all common dialects, which every reader should get right."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.corpus.sample import Sample
from benchmarks.corpus.tables import Table
from benchmarks.corpus.topics import TOPICS, films, patients, seeded, soil, survey, wine
from benchmarks.corpus.writing import SIGNS, Writing, sample

_WRITINGS = (
    Writing(","),
    Writing(";", decimal=","),
    Writing("\t"),
    Writing("|"),
    Writing(";", line_end="\r\n"),
    Writing(",", line_end="\r\n"),
    Writing("\t", decimal=",", line_end="\r\n"),
)


def plain() -> Iterator[Sample]:
    """Yield each topic in two dialects."""
    for number, topic in enumerate(TOPICS):
        for shift in (0, 3):
            how = _WRITINGS[(2 * number + shift) % len(_WRITINGS)]
            table = seeded(topic, number, 18 + 3 * number, how.decimal)
            end = "-windows" if how.line_end == "\r\n" else ""
            decimal = "-decimal-comma" if how.decimal == "," else ""
            yield sample(f"plain.{topic.__name__}-{SIGNS[how.delimiter]}{decimal}{end}", table, how)


def gaps() -> Iterator[Sample]:
    """Yield files with empty cells, and with words for missing values."""
    table = seeded(patients, 31, 24)
    for name, text in (("empty", None), ("na", "NA"), ("question-mark", "?"), ("not-available", "n/a")):
        holed = _holed(table, text)
        yield sample(f"plain.gaps-{name}-comma", holed, Writing(","))
    yield sample(
        "plain.gaps-empty-semicolon", _holed(seeded(soil, 32, 15, ","), None), Writing(";", decimal=",")
    )
    yield sample("plain.gaps-minus-tab", _holed(seeded(wine, 33, 20), "-"), Writing("\t"))
    yield sample("plain.gaps-empty-pipe", _holed(seeded(survey, 34, 16), None), Writing("|"))


def small() -> Iterator[Sample]:
    """Yield files with few rows or columns."""
    yield sample("plain.six-rows", seeded(films, 35, 6), Writing(","))
    for sign in ",;\t":
        two = Table(seeded(soil, 36, 12).columns[3:])
        yield sample(f"plain.two-columns-{SIGNS[sign]}", two, Writing(sign))
    three = Table(seeded(patients, 37, 9, ",").columns[1:4])
    yield sample("plain.three-columns-decimal-comma", three, Writing(";", decimal=","))


def _holed(table: Table, text: str | None) -> Table:
    for row in range(2, len(table.rows), 5):
        table = table.with_cell(row, table.names[row % len(table.names)], text)
    return table
