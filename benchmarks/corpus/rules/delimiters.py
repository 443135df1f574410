"""Delimiters: unusual ones, those that also occur in cells, and those at the ends of lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.corpus.sample import Sample
from benchmarks.corpus.tables import Table, grid
from benchmarks.corpus.topics import (
    alumnos,
    bikes,
    boutique,
    cars,
    energie,
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
from benchmarks.corpus.truth import Cells
from benchmarks.corpus.writing import SIGNS, Writing, framed, sample

_SITES = grid(
    """
page                                        | visits | bounce | kind
https://example.org/shop?id=4;sort=up       | 812    | 0.41   | shop
http://blog.example.com/2021/05/hello,world | 95     | 0.73   | blog
https://example.net:8080/a/b¦c              | 7      | 0.9    | intern
https://example.org/faq#top                 | 330    | 0.25   | help
http://example.com/~ana/index.html          | 21     | 0.66   | blog
https://shop.example.org/cart?x=1&y=2       | 640    | 0.12   | shop
""",
    ["visits", "bounce"],
)
_EVENTS = grid(
    """
event | payload                               | ms  | ok
login | {"user": 7, "via": "app"}             | 31  | yes
click | {"x": 10, "y": [1, 2]}                | 2   | yes
error | {"code": 500, "text": "no; retry"}    | 940 | no
click | {"x": 4, "y": []}                     | 3   | yes
login | {"user": 12, "via": "web"}            | 45  | yes
close | {}                                    | 1   | yes
""",
    ["ms"],
)
_SHIFTS = grid(
    """
begin      | clock    | end        | machine | pieces
03/05/2022 | 06:00:00 | 03/05/2022 | press 2 | 410
03/05/2022 | 14:00:00 | 03/05/2022 | press 2 | 388
04/05/2022 | 06:05:30 | 04/05/2022 | saw     | 1022
04/05/2022 | 22:00:00 | 05/05/2022 | press 1 | 275
05/05/2022 | 06:01:10 | 05/05/2022 | saw     | 987
06/05/2022 | 14:00:00 | 06/05/2022 | press 1 | 402
""",
    ["pieces"],
)
_ACCOUNTS = grid(
    """
login  | uid  | group    | home         | shell
root   | 0    | wheel    | /root        | /bin/bash
daemon | 1    | system   | /usr/sbin    | /sbin/nologin
mail   | 8    | system   | /var/mail    | /sbin/nologin
ana    | 1001 | students | /home/ana    | /bin/zsh
jiro   | 1002 | students | /home/jiro   | /bin/bash
prof   | 1003 | teachers | /home/prof   | /bin/bash
""",
    ["uid"],
)
_TALKS = grid(
    """
speaker               | talk                                     | room | seats
Ito, Kenji            | Rivers, lakes, seas: a survey            | A1   | 120
Adeyemi, Tola         | Why, when and how, in short              | B2   | 45
Smith, J., Lee, M.    | Glass                                    | A1   | 120
Novak, Eva            | Bread, salt, and water                   | C    | 30
Rossi, Ugo            | Yes, no, perhaps                         | B2   | 45
Okoro, Ada            | On counting: one, two, many              | C    | 30
Berg, Liv             | Light                                    | A1   | 120
""",
    ["seats"],
)
_NOTES = grid(
    """
key | note               | amount | state
7   | red; large         | 1,5    | new
8   | green, small; used | 12,25  | old
9   | blue               | 3      | new
10  | "grey"; no box     | 0,75   | old
11  | white, no label    | 4,5    | new
12  | black              | 2,25   | new
""",
    ["key", "amount"],
    decimal=",",
)
_CITIES = grid(
    """
city           | state | area   | mayor
New York       | NY    | 778.2  | E. Adams
Los Angeles    | CA    | 1213.9 | K. Bass
Salt Lake City | UT    | 286.2  | E. Mendenhall
Boston         | MA    | 125.4  | M. Wu
Baton Rouge    | LA    | 223.6  | S. Edwards
St. Louis      | MO    | 159.9  | C. Spencer
Reno           | NV    | 287.8  | H. Schieve
""",
    ["area"],
)


def every_cell_quoted() -> Iterator[Sample]:
    """Yield files in which every cell is enclosed."""
    for sign, topic, seed in (
        (",", cars, 60),
        (";", trees, 61),
        ("\t", bikes, 62),
        ("|", soil, 63),
        (":", wine, 64),
    ):
        table = seeded(topic, seed, 15)
        yield sample(f"every-cell-quoted.{topic.__name__}-{SIGNS[sign]}", table, Writing(sign, quoting="all"))
    for sign in ",;\t|:":
        yield sample(f"every-cell-quoted.commas-inside-{SIGNS[sign]}", _TALKS, Writing(sign, quoting="all"))
    for sign in ",;\t":
        how = Writing(sign, quoting="all", decimal=",")
        yield sample(f"every-cell-quoted.decimal-comma-{SIGNS[sign]}", seeded(energie, 65, 16, ","), how)
        yield sample(f"every-cell-quoted.semicolons-inside-{SIGNS[sign]}", _NOTES, how)
    names_only = Writing(";", quoting="all", header=False)
    yield sample("every-cell-quoted.survey-no-header", seeded(survey, 66, 24), names_only)


def separator_line() -> Iterator[Sample]:
    """Yield files with the line by which spreadsheet programs state the delimiter."""
    for sign, table in ((";", seeded(alumnos, 67, 14, ",")), ("\t", _TALKS), ("|", _NOTES), (",", _CITIES)):
        decimal = "," if sign in ";|" else "."
        yield framed(f"separator-line.{SIGNS[sign]}", table, Writing(sign, decimal=decimal), [f"sep={sign}"])


def unusual() -> Iterator[Sample]:
    """Yield files with delimiters that are rare."""
    for sign in "^~":
        yield sample(f"unusual-delimiters.films-{SIGNS[sign]}", seeded(films, 68, 17), Writing(sign))
        yield sample(f"unusual-delimiters.wine-{SIGNS[sign]}", seeded(wine, 69, 19), Writing(sign))
    yield sample("unusual-delimiters.accounts-colon", _ACCOUNTS, Writing(":"))
    yield sample("unusual-delimiters.survey-colon", seeded(survey, 70, 20), Writing(":"))


def aligned() -> Iterator[Sample]:
    """Yield files with columns aligned by spaces."""
    for header in (True, False):
        end = "header" if header else "no-header"
        how = Writing(" ", header=header)
        for name, table in (("soil", seeded(soil, 71, 14)), ("wine", _one_word(seeded(wine, 72, 18)))):
            rows = _rows(table, header=header)
            yield sample(f"aligned-by-spaces.{name}-{end}", table, how, _aligned(rows), extension="txt")
        right = _aligned(_rows(_one_word(seeded(wine, 73, 12)), header=header), right=True)
        table = _one_word(seeded(wine, 73, 12))
        yield sample(f"aligned-by-spaces.right-{end}", table, how, right, extension="txt")
        cities = _aligned(_rows(_CITIES, header=header), gap=3)
        yield sample(f"aligned-by-spaces.cities-{end}", _CITIES, how, cities, extension="txt")
    single = _one_word(seeded(football, 74, 16))
    yield sample("aligned-by-spaces.single-spaces", single, Writing(" "), extension="txt")


def ruled() -> Iterator[Sample]:
    """Yield tables as people paste them: padded, in Markdown, and as databases print them."""
    for name, table in (("soil", seeded(soil, 75, 10)), ("talks", _TALKS)):
        rows = _aligned(_rows(table), gap=0, joined=" | ")
        yield sample(f"ruled.padded-pipes-{name}", table, Writing("|"), rows, extension="txt")
        lines = [f"| {' | '.join(cell or '' for cell in row)} |" for row in _rows(table)]
        rule = f"|{'---|' * len(table.names)}"
        marked = [lines[0], rule, *lines[1:]]
        yield sample(f"ruled.markdown-{name}", table, Writing("|"), marked, extension="md", left_out=(rule,))
    cities = [f"| {line} |" for line in _aligned(_rows(_CITIES), gap=0, joined=" | ")]
    rule = "|" + "|".join(":" + "-" * (len(cell) - 3) + ":" for cell in cities[0].split("|")[1:-1]) + "|"
    lines = [cities[0], rule, *cities[1:]]
    yield sample("ruled.markdown-centred", _CITIES, Writing("|"), lines, extension="md", left_out=(rule,))
    yield _printed_by_postgres()
    yield _printed_by_mysql()


def at_line_ends() -> Iterator[Sample]:
    """Yield files with a delimiter at the end of lines, behind which there is no column."""
    for sign, topic, seed in ((",", patients, 76), (";", loans, 77), ("\t", soil, 78)):
        table, how = seeded(topic, seed, 15), Writing(sign)
        header, *rows = how.lines(table)
        every = [line + sign for line in (header, *rows)]
        yield sample(f"delimiter-at-line-ends.every-{SIGNS[sign]}", table, how, every)
        yield sample(f"delimiter-at-line-ends.header-{SIGNS[sign]}", table, how, [header + sign, *rows])
        only_rows = [header, *(line + sign for line in rows)]
        yield sample(f"delimiter-at-line-ends.rows-{SIGNS[sign]}", table, how, only_rows)
    table, how = seeded(wine, 79, 12), Writing(",", header=False)
    lines = [line + ",,," for line in how.lines(table)]
    yield sample("delimiter-at-line-ends.several-no-header", table, how, lines)


def in_cells() -> Iterator[Sample]:
    """Yield files in which the signs that often delimit cells are part of them."""
    for sign in ";\t|":
        yield sample(f"delimiters-in-cells.talks-{SIGNS[sign]}", _TALKS, Writing(sign))
        yield sample(f"delimiters-in-cells.shifts-{SIGNS[sign]}", _SHIFTS, Writing(sign))
    yield sample("delimiters-in-cells.shifts-comma", _SHIFTS, Writing(","))
    yield sample("delimiters-in-cells.talks-comma", _TALKS, Writing(","))
    for sign in ",\t":
        yield sample(f"delimiters-in-cells.urls-{SIGNS[sign]}", _SITES, Writing(sign))
        yield sample(f"delimiters-in-cells.json-{SIGNS[sign]}", _EVENTS, Writing(sign))
    yield sample("delimiters-in-cells.json-bare-tab", _EVENTS, Writing("\t", quoting="none"))
    yield sample("delimiters-in-cells.json-bare-pipe", _EVENTS, Writing("|", quoting="none"))
    for name, table in (
        ("notes", _NOTES),
        ("energie", seeded(energie, 80, 20, ",")),
        ("boutique", seeded(boutique, 81, 16, ",")),
    ):
        yield sample(f"delimiters-in-cells.decimal-comma-{name}-comma", table, Writing(",", decimal=","))
    yield sample("delimiters-in-cells.bikes-tab", seeded(bikes, 82, 25), Writing("\t"))
    yield sample(
        "delimiters-in-cells.bikes-decimal-comma-tab", seeded(bikes, 83, 25, ","), Writing("\t", decimal=",")
    )
    timed = seeded(weather, 84, 18)
    first = timed.columns[0]
    for row, day in enumerate(first.cells):
        timed = timed.with_cell(row, "date", f"{day} {6 + row % 12:02}:30:00")
    for sign in ",;":
        yield sample(f"delimiters-in-cells.times-{SIGNS[sign]}", timed, Writing(sign))


def _rows(table: Table, *, header: bool = True) -> list[Cells]:
    return [table.names, *table.rows] if header else [*table.rows]


def _aligned(rows: Sequence[Cells], *, right: bool = False, gap: int = 2, joined: str = "") -> list[str]:
    """Return rows with their cells padded to the widths of their columns."""
    widths = [max(len(cell or "") for cell in column) + gap for column in zip(*rows, strict=True)]
    pad = str.rjust if right else str.ljust
    padded = ([pad(cell or "", width) for cell, width in zip(row, widths, strict=True)] for row in rows)
    return [joined.join(cells).rstrip() if not joined else joined.join(cells) for cells in padded]


def _one_word(table: Table) -> Table:
    """Return a table whose names have no spaces."""
    return table.renamed(*(name.replace(" ", "_") for name in table.names))


def _printed_by_postgres() -> Sample:
    table = seeded(cars, 85, 9)
    header, *rows = _aligned(_rows(table), gap=0, joined=" | ")
    rule = "+".join("-" * len(part) for part in f" {header} ".split("|"))
    lines = [f" {header}", rule, *(f" {row}" for row in rows), "(9 rows)"]
    return sample("ruled.postgres", table, Writing("|"), lines, extension="txt", left_out=(rule, "(9 rows)"))


def _printed_by_mysql() -> Sample:
    table = seeded(soil, 86, 8)
    header, *rows = (f"| {line} |" for line in _aligned(_rows(table), gap=0, joined=" | "))
    rule = "+" + "+".join("-" * len(part) for part in header.split("|")[1:-1]) + "+"
    lines = [rule, header, rule, *rows, rule]
    truth = {"skip_rows": 1, "left_out": (rule, rule, rule)}
    return sample("ruled.mysql", table, Writing("|"), lines, extension="txt", **truth)
