"""Lines around a table that are no rows of it: titles, comments, footnotes, and the header once more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from benchmarks.corpus.sample import Sample
from benchmarks.corpus.tables import Table, grid
from benchmarks.corpus.topics import (
    Topic,
    alumnos,
    bikes,
    boutique,
    cars,
    energie,
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
from benchmarks.corpus.writing import SIGNS, Writing, framed, sample

_SPENDING = grid(
    """
Label     | Amount | Share
rent      | 800    | 0.4
food      | 420    | 0.21
transport | 160    | 0.08
savings   | 300    | 0.15
fun       | 120    | 0.06
other     | 200    | 0.1
""",
    ["Amount", "Share"],
)


def titles() -> Iterator[Sample]:
    """Yield files with a title above the header."""
    cases: tuple[tuple[str, Topic, str, str, tuple[str, ...]], ...] = (
        ("one-line", trees, ",", ".", ("Street trees of the town",)),
        ("one-line", energie, ";", ",", ("Energieverbrauch der Haushalte",)),
        ("blank-line", patients, ",", ".", ("Study 12/B", "")),
        ("blank-line", cars, "\t", ".", ("Used cars of the week", "")),
        ("two-lines", football, ",", ".", ("League table", "after the last day", "")),
        ("two-lines", boutique, ";", ",", ("Commandes du mois", "Boutique de la Gare")),
        ("with-commas", soil, ",", ".", ("Soil samples, all plots, second visit",)),
        (
            "with-date",
            weather,
            ";",
            ".",
            ("Report: daily values, 3 stations", "Printed 12.01.2024 08:15", ""),
        ),
        ("between-blanks", wine, ",", ".", ("", "Wines", "", "")),
        ("only-blanks", alumnos, ";", ",", ("", "", "")),
    )
    for number, (name, topic, sign, decimal, above) in enumerate(cases):
        table = seeded(topic, 120 + number, 16, decimal)
        how = Writing(sign, decimal=decimal)
        yield framed(f"titles.{name}-{topic.__name__}-{SIGNS[sign]}", table, how, above)


def padded_titles() -> Iterator[Sample]:
    """Yield files whose titles are followed by the delimiters of the other columns."""
    for sign in ",;":
        above = [f"Summary of spending{sign * 2}", sign * 2]
        yield framed(f"padded-titles.spending-{SIGNS[sign]}", _SPENDING, Writing(sign), above)
    for sign, topic, seed in ((",", trees, 131), (";", cars, 132), ("\t", football, 133)):
        table, how = seeded(topic, seed, 15), Writing(sign)
        pad = sign * (len(table.names) - 1)
        yield framed(f"padded-titles.one-{SIGNS[sign]}", table, how, [f"Table 3{pad}"])
        above = [f"Table 3{pad}", f"Values of the year before{pad}", pad]
        yield framed(f"padded-titles.three-{SIGNS[sign]}", table, how, above)
    table, how = seeded(loans, 134, 12), Writing(",", quoting="texts")
    above = [how.line(["Loans, first quarter", *[None] * 9]), how.line([None] * 10)]
    yield framed("padded-titles.quoted", table, how, above)
    right = [how.line([None, None, "confidential", *[None] * 7])]
    yield framed("padded-titles.in-the-third-column", table, how, right)


def details() -> Iterator[Sample]:
    """Yield files with names and values of the whole file above the header."""
    yield framed(
        "details-above.colons",
        seeded(weather, 135, 18),
        Writing(","),
        ("Station: Harbour", "Height: 12 m", "Interval: 1 day", ""),
    )
    yield framed(
        "details-above.pairs-blank",
        seeded(soil, 136, 15, ","),
        Writing(";", decimal=","),
        ("Instrument;Spectrometer 4", "Operator;Kaya", "Date;2021-04-07", ""),
    )
    yield framed(
        "details-above.pairs",
        seeded(wine, 137, 20),
        Writing(","),
        ("Instrument,Spectrometer 4", "Operator,Kaya", "Runs,20"),
    )
    yield framed(
        "details-above.sections",
        seeded(soil, 138, 15),
        Writing("\t"),
        ("[Header]", "Version\t2.1", "Content\tSoil", "[Data]"),
    )
    yield framed(
        "details-above.padded",
        seeded(soil, 139, 14),
        Writing(","),
        ("Exported by,,,Kaya,", "on,,,2023-02-11,", ",,,,"),
    )


def comments() -> Iterator[Sample]:
    """Yield files with comments."""
    for mark, topic, sign, seed in (
        ("#", bikes, ",", 140),
        ("%", soil, "\t", 141),
        ("//", trees, ";", 142),
        ("#", survey, ";", 143),
        ("%", wine, ",", 144),
    ):
        above = [f"{mark} made by the logger", f"{mark} version 2.1, do not edit"]
        table = seeded(topic, seed, 17)
        name = {"#": "number-signs", "%": "percent-signs", "//": "slashes"}[mark]
        yield framed(f"comments.{name}-{topic.__name__}-{SIGNS[sign]}", table, Writing(sign), above)
    table, how = seeded(soil, 145, 16), Writing(",")
    lines = how.lines(table)
    remark = "# probe cleaned"
    yield sample("comments.in-the-middle", table, how, [*lines[:8], remark, *lines[8:]], left_out=(remark,))
    header, *rows = how.lines(table)
    lines = [f"# {header}", *rows]
    yield sample("comments.sign-before-the-header", table, how, lines)
    yield framed("comments.below", table, how, (), ("# end of data", "# 16 samples"))


def footnotes() -> Iterator[Sample]:
    """Yield files with notes below the last row."""
    cases: tuple[tuple[str, Topic, str, str, tuple[str, ...]], ...] = (
        ("source", trees, ",", ".", ("Source: city council",)),
        ("source", energie, ";", ",", ("Quelle: eigene Erhebung",)),
        ("blank-and-two", patients, ",", ".", ("", "* estimated", "Source: hospital register")),
        ("blank-and-one", football, "\t", ".", ("", "GD = goal difference")),
        (
            "with-commas",
            soil,
            ",",
            ".",
            ("", "Note: plots A1, A2, and B7 were sampled twice, in May and June."),
        ),
        ("numbered", cars, ";", ".", ("", "1) as stated by the seller", "2) without tax; if known")),
    )
    for number, (name, topic, sign, decimal, below) in enumerate(cases):
        table = seeded(topic, 150 + number, 15, decimal)
        how = Writing(sign, decimal=decimal)
        yield framed(f"footnotes.{name}-{topic.__name__}-{SIGNS[sign]}", table, how, (), below)
    table, how = seeded(weather, 157, 14), Writing(",", quoting="texts")
    yield framed("footnotes.quoted", table, how, (), ['"Source: the weather service, 2023"'])
    table, how = seeded(trees, 158, 14), Writing(",")
    yield framed("footnotes.padded", table, how, (), [",,,,,", "Source: city council,,,,,"])
    above = ("Street trees", "")
    yield framed("footnotes.and-title", table, how, above, ("", "Source: city council"))


def repeated_headers() -> Iterator[Sample]:
    """Yield files in which the header occurs again."""
    for sign, topic, seed in ((",", football, 160), (";", survey, 161), ("\t", bikes, 162)):
        table, how = seeded(topic, seed, 24), Writing(sign)
        header, *rows = how.lines(table)
        lines = [header, *rows[:12], header, *rows[12:]]
        yield sample(f"repeated-header.once-{SIGNS[sign]}", table, how, lines, left_out=(header,))
    table, how = seeded(soil, 163, 30), Writing(",")
    header, *rows = how.lines(table)
    lines = [header, *rows[:10], "", header, *rows[10:20], "", header, *rows[20:]]
    yield sample("repeated-header.twice-after-blanks", table, how, lines, left_out=(header, header))


def totals() -> Iterator[Sample]:
    """Yield files that end with a row of totals, which a person would see as a row."""
    for sign in ",;":
        total = grid("Label | Amount | Share\nTotal | 2000 | 1.0", ["Amount", "Share"])
        table = _joined(_SPENDING, total)
        yield sample(f"totals.spending-{SIGNS[sign]}", table, Writing(sign))
    total = grid("Label | Amount | Share\nTotal | 2000 |", ["Amount", "Share"])
    yield sample("totals.with-an-empty-cell", _joined(_SPENDING, total), Writing("\t"))


def _joined(upper: Table, lower: Table) -> Table:
    return Table(
        tuple(
            replace(
                first,
                cells=first.cells + second.cells,
                numbers=first.numbers and second.numbers and first.numbers + second.numbers,
            )
            for first, second in zip(upper.columns, lower.columns, strict=True)
        )
    )
