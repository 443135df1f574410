"""Line ends, blank lines, control characters, and rows that are too short or too long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from benchmarks.corpus.sample import Sample
from benchmarks.corpus.tables import Table
from benchmarks.corpus.topics import (
    bikes,
    boutique,
    cars,
    films,
    football,
    loans,
    patients,
    seeded,
    soil,
    survey,
    trees,
    weather,
    wine,
)
from benchmarks.corpus.writing import SIGNS, Writing, sample


def ends() -> Iterator[Sample]:
    """Yield files with unusual line ends."""
    for name, end in (("carriage-returns", "\r"), ("doubled", "\r\r\n"), ("windows", "\r\n")):
        yield sample(f"line-ends.{name}-films-comma", seeded(films, 270, 15), Writing(",", line_end=end))
        decimal_comma = Writing(";", line_end=end, decimal=",")
        yield sample(f"line-ends.{name}-boutique-semicolon", seeded(boutique, 271, 15, ","), decimal_comma)
    table, how = seeded(cars, 272, 18), Writing("\t")
    lines = how.lines(table)
    mixed = b"".join(line.encode() + (b"\n", b"\r\n")[k % 3 == 1] for k, line in enumerate(lines))
    yield _with_content(sample("line-ends.mixed", table, how), mixed)
    without_last = how.encode(lines).rstrip(b"\n")
    yield _with_content(sample("line-ends.none-at-the-end", table, how), without_last)


def blanks() -> Iterator[Sample]:
    """Yield files with blank lines, and with spaces around cells."""
    table, how = seeded(football, 273, 14), Writing(",")
    lines = how.lines(table)
    every_other = [part for line in lines for part in (line, "")]
    yield sample("blank-lines.every-other", table, how, every_other)
    groups = [*lines[:6], "", *lines[6:11], "", "", *lines[11:]]
    yield sample("blank-lines.between-groups", table, how, groups)
    yield sample("blank-lines.at-the-end", table, how, [*lines, "", "", "  "])
    empty = "," * 5
    yield sample(
        "blank-lines.empty-rows",
        table,
        how,
        [*lines[:8], empty, *lines[8:], empty, empty],
        left_out=(empty,) * 3,
    )
    yield sample("blank-lines.after-the-header", table, how, [lines[0], "", *lines[1:]])
    for sign in ",;":
        table, how = seeded(trees, 274, 15), Writing(sign)
        trailing = [f"{line}   " for line in how.lines(table)]
        yield sample(f"spaces.at-line-ends-{SIGNS[sign]}", table, how, trailing)
        after = [line.replace(sign, f"{sign} ") for line in how.lines(table)]
        yield sample(f"spaces.after-delimiters-{SIGNS[sign]}", table, how, after)
        around = [line.replace(sign, f" {sign}  ") for line in how.lines(table)]
        yield sample(f"spaces.around-delimiters-{SIGNS[sign]}", table, how, around)


def controls() -> Iterator[Sample]:
    """Yield files with control characters."""
    table, how = seeded(soil, 275, 20), Writing(",")
    content = how.encode(how.lines(table))
    made = sample("control-characters.plain", table, how)
    for name, changed in (
        ("ctrl-z-at-the-end", content + b"\x1a"),
        ("form-feed-between-rows", b"\x0c\n".join(_halves(content))),
        ("form-feed-before-a-row", b"\x0c".join(_halves(content))),
        ("nul-at-the-end", content + b"\x00" * 8),
        ("nul-in-cells", content.replace(b"forest", b"forest\x00")),
    ):
        yield _with_content(replace(made, name=f"control-characters.{name}"), changed)


def _halves(content: bytes) -> tuple[bytes, bytes]:
    """Return the content up to and from the middle of its lines."""
    lines = content.splitlines(keepends=True)
    half = len(lines) // 2
    return b"".join(lines[:half]), b"".join(lines[half:])


def short() -> Iterator[Sample]:
    """Yield files in which rows end where only empty cells would follow."""
    for sign, topic, seed in ((",", patients, 276), (";", loans, 277), ("\t", bikes, 278)):
        table = seeded(topic, seed, 18)
        for row in (3, 8, 14):
            table = table.with_cell(row, table.names[-1], None)
        for row in (8, 14):
            table = table.with_cell(row, table.names[-2], None)
        lines = [line.rstrip(sign) for line in Writing(sign).lines(table)]
        yield sample(f"short-rows.{topic.__name__}-{SIGNS[sign]}", table, Writing(sign), lines)
    many = seeded(weather, 279, 20)
    for row in range(1, 20, 2):
        many = many.with_cell(row, "sky", None)
    lines = [line.rstrip(",") for line in Writing(",").lines(many)]
    yield sample("short-rows.every-other", many, Writing(","), lines)


def long() -> Iterator[Sample]:
    """Yield files in which some rows have more cells than the table has columns."""
    for sign, topic, seed in ((",", survey, 280), (";", wine, 281), ("\t", trees, 282)):
        table, how = seeded(topic, seed, 18), Writing(sign)
        lines = how.lines(table)
        empty = [line + sign * 2 if k in (4, 9) else line for k, line in enumerate(lines)]
        yield sample(f"long-rows.empty-surplus-{SIGNS[sign]}", table, how, empty)
        yield _with_surplus(f"long-rows.surplus-{SIGNS[sign]}", table, how, (5, 12))
    yield _with_surplus("long-rows.surplus-first", seeded(cars, 283, 16), Writing(","), (1,))
    yield _with_surplus("long-rows.surplus-last", seeded(football, 284, 16), Writing(";"), (16,))
    yield _with_surplus(
        "long-rows.surplus-no-header", seeded(soil, 285, 16), Writing(",", header=False), (3, 7, 11)
    )


def _with_surplus(name: str, table: Table, how: Writing, surplus: Sequence[int]) -> Sample:
    """Return a sample with further content in rows, counted from 1, which are then in no table."""
    lines = how.lines(table)
    first = int(how.header)
    for number in surplus:
        lines[first + number - 1] += f"{how.delimiter}see above"
    kept = [k for k in range(len(table.rows)) if k + 1 not in surplus]
    columns = (
        replace(
            column,
            cells=tuple(column.cells[k] for k in kept),
            numbers=column.numbers and tuple(column.numbers[k] for k in kept),
        )
        for column in table.columns
    )
    return sample(name, Table(tuple(columns)), how, lines, surplus=tuple(surplus))


def _with_content(made: Sample, content: bytes) -> Sample:
    return replace(made, content=content)
