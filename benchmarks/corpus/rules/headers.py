"""Headers: none, of another width than the rows, with odd names, and of several rows."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.corpus.sample import Sample
from benchmarks.corpus.tables import Table, grid, numbers, texts
from benchmarks.corpus.topics import (
    alumnos,
    cars,
    energie,
    films,
    football,
    patients,
    seeded,
    soil,
    survey,
    trees,
    weather,
    wine,
)
from benchmarks.corpus.writing import SIGNS, Writing, sample

_UNEMPLOYED = grid(
    """
state     | 2016 | 2017 | 2018 | region
Ohio      | 5.0  | 5.0  | 4.5  | Midwest
Texas     | 4.6  | 4.3  | 3.8  | South
Maine     | 3.8  | 3.3  | 3.3  | Northeast
Oregon    | 4.8  | 4.1  | 4.2  | West
Iowa      | 3.6  | 3.1  | 2.6  | Midwest
Alaska    | 6.9  | 7.0  | 6.6  | West
Vermont   | 3.2  | 3.0  | 2.7  | Northeast
Georgia   | 5.4  | 4.7  | 3.9  | South
""",
    ["2016", "2017", "2018"],
)
_SPECTRA = grid(
    """
sample | 400    | 410    | 420    | 430    | leaf
s01    | 0.112  | 0.118  | 0.131  | 0.127  | oak
s02    | 0.098  | 0.101  | 0.120  | 0.119  | oak
s03    | 0.204  | 0.199  | 0.188  | 0.176  | beech
s04    | 0.210  | 0.203  | 0.190  | 0.181  | beech
s05    | 0.101  | 0.109  | 0.125  | 0.121  | oak
s06    | 0.197  | 0.195  | 0.185  | 0.170  | beech
""",
    ["400", "410", "420", "430"],
)
_TREASURES = grid(
    """
amulet  | bronze | Ur     | broken
ring    | gold   | Troy   | whole
bowl    | clay   | Ur     | whole
ring    | silver | Susa   | whole
bowl    | bronze | Troy   | broken
amulet  | clay   | Susa   | whole
bowl    | clay   | Ur     | broken
ring    | gold   | Susa   | whole
amulet  | gold   | Ur     | whole
bowl    | clay   | Troy   | broken
amulet  | bronze | Troy   | whole
"""
)
_INCOME = grid(
    """
Country    | 2005  | 2006  | 2005  | 2006
Austria    | 30.5  | 32.1  | 24.9  | 25.6
Belgium    | 29.8  | 30.4  | 26.2  | 26.9
Denmark    | 36.0  | 37.7  | 33.1  | 34.4
Estonia    | 8.1   | 9.4   | 5.9   | 6.8
Finland    | 31.2  | 32.0  | 27.4  | 28.1
Hungary    | 9.0   | 9.1   | 8.0   | 8.2
Portugal   | 15.2  | 15.7  | 12.6  | 13.0
""",
    ["2005", "2006"],
)
_TRIALS = grid(
    """
variety | plants | fruit | mass | fruit | mass
Roma    | 12     | 140   | 7.3  | 151   | 8.0
Cherry  | 10     | 420   | 5.1  | 398   | 4.7
Beef    | 8      | 44    | 9.9  | 52    | 11.2
Plum    | 12     | 170   | 8.8  | 166   | 8.5
Green   | 6      | 61    | 6.0  | 59    | 5.7
Striped | 9      | 88    | 7.1  | 93    | 7.4
""",
    ["plants", "fruit", "mass"],
)


def without() -> Iterator[Sample]:
    """Yield files without a header."""
    for sign, seed in ((",", 90), (";", 91), ("\t", 92)):
        how = Writing(sign, header=False)
        yield sample(f"no-header.numbers-{SIGNS[sign]}", seeded(wine, seed, 20), how)
        yield sample(f"no-header.soil-{SIGNS[sign]}", seeded(soil, seed, 15), how)
        yield sample(f"no-header.survey-{SIGNS[sign]}", seeded(survey, seed, 30), how)
    decimal_comma = Writing(";", header=False, decimal=",")
    yield sample("no-header.decimal-comma", seeded(energie, 93, 14, ","), decimal_comma)
    yield sample("no-header.dates", seeded(weather, 94, 16), Writing(",", header=False))
    yield sample("no-header.two-columns", Table(seeded(soil, 95, 14).columns[3:]), Writing(",", header=False))


def all_texts() -> Iterator[Sample]:
    """Yield files of texts with a header."""
    for sign, seed in ((",", 96), (";", 97), ("\t", 98)):
        yield sample(f"header-above-texts.survey-{SIGNS[sign]}", seeded(survey, seed, 28), Writing(sign))
    treasures = Table(tuple(texts(name, column) for name, column in _treasure_columns()))
    yield sample("header-above-texts.treasures-comma", treasures, Writing(","))
    yield sample("header-above-texts.treasures-all-quoted", treasures, Writing("|", quoting="all"))
    yield sample("no-header.treasures-comma", treasures, Writing(",", header=False))


def of_other_width() -> Iterator[Sample]:
    """Yield files whose header has more or fewer names than the rows have cells."""
    for sign, topic, seed in ((",", football, 100), (";", trees, 101), ("\t", patients, 102)):
        table, how = seeded(topic, seed, 15), Writing(sign)
        header, *rows = how.lines(table)
        names = ("Remarks", "Checked by")
        wide = table
        for name in names:
            wide = wide.with_column(texts(name, [None] * len(table.rows)))
        lines = [sign.join((header, *names)), *rows]
        yield sample(f"header-of-other-width.wider-{SIGNS[sign]}", wide, how, lines)
    yield from _with_row_names()


def _with_row_names() -> Iterator[Sample]:
    """Yield files as R writes them: with row names, for which the header has no name."""
    for sign, quoting, decimal in (
        (",", "texts", "."),
        (";", "texts", ","),
        (" ", "texts", "."),
        ("\t", "none", "."),
    ):
        table = seeded(soil, 103, 16, decimal)
        how = Writing(sign, quoting="texts" if quoting == "texts" else "none", decimal=decimal)
        named = table.with_column(texts("", (str(k) for k in range(1, 17))), 0)
        header, *_ = how.lines(table)
        lines = [header, *how.lines(named)[1:]]
        numbered = table.with_column(numbers("", range(1, 17)), 0)
        name = f"header-of-other-width.row-names-{'space' if sign == ' ' else SIGNS[sign]}"
        yield sample(name, numbered, how, lines)
    cars_by_name = grid(
        """
                  | mpg  | cyl | gear
Mazda RX4         | 21.0 | 6   | 4
Datsun 710        | 22.8 | 4   | 4
Hornet 4 Drive    | 21.4 | 6   | 3
Valiant           | 18.1 | 6   | 3
Duster 360        | 14.3 | 8   | 3
Merc 240D         | 24.4 | 4   | 4
""",
        ["mpg", "cyl", "gear"],
    )
    how = Writing(",", quoting="texts")
    _, *rows = how.lines(cars_by_name)
    yield sample("header-of-other-width.row-names-words", cars_by_name, how, ['"mpg","cyl","gear"', *rows])


def odd_names() -> Iterator[Sample]:
    """Yield files with numbers, nothing, the same, or several lines as names."""
    for sign in ",;\t":
        yield sample(f"odd-names.years-{SIGNS[sign]}", _UNEMPLOYED, Writing(sign))
    yield sample("odd-names.years-quoted", _UNEMPLOYED, Writing(",", quoting="texts"))
    for sign in ",\t":
        yield sample(f"odd-names.wavelengths-{SIGNS[sign]}", _SPECTRA, Writing(sign))
    yield sample("odd-names.counted", seeded(wine, 104, 20).renamed("0", "1", "2", "3", "4"), Writing(","))
    yield sample("odd-names.twice-comma", _TRIALS, Writing(","))
    yield sample("odd-names.twice-years", _INCOME, Writing(";"))
    for sign in ",;":
        indexed = seeded(trees, 105, 14).with_column(numbers("", range(14)), 0)
        yield sample(f"odd-names.unnamed-index-{SIGNS[sign]}", indexed, Writing(sign))
    unnamed = seeded(patients, 106, 16).renamed("patient", "sex", "", "BMI", "", "outcome")
    yield sample("odd-names.two-unnamed", unnamed, Writing(","))
    unnamed_last = seeded(soil, 107, 13).renamed("plot", "pH", "clay", "nitrogen", "")
    yield sample("odd-names.last-unnamed", unnamed_last, Writing(";"))
    for sign in ",;":
        broken = seeded(soil, 108, 12).renamed(
            "plot", "pH\nin water", "clay\n(%)", "total\nnitrogen", "land use"
        )
        yield sample(f"odd-names.line-breaks-{SIGNS[sign]}", broken, Writing(sign))
    units = seeded(soil, 109, 12).renamed("plot", "pH [1:5 H2O]", "clay (%)", "N, total [g/100 g]", "use")
    yield sample("odd-names.units-comma", units, Writing(","))
    yield sample("odd-names.units-tab", units, Writing("\t"))
    long = "Overall, how satisfied are you with the way your school is run?"
    questions = seeded(survey, 110, 20).renamed(
        "Q1. Which grade are you in?", "Q2. How do you get here?", "Q3.", long
    )
    yield sample("odd-names.questions", questions, Writing(","))
    symbols = seeded(football, 111, 12).renamed("#Team", "P*", "W%", "+", "+/-", "$zone")
    yield sample("odd-names.symbols", symbols, Writing(","))
    number_sign = seeded(alumnos, 112, 12).with_column(numbers("#", range(1, 13)), 0)
    yield sample("odd-names.number-sign", number_sign, Writing(";"))
    identifier = seeded(films, 113, 14).with_column(numbers("ID", range(1, 15)), 0)
    yield sample("odd-names.begins-with-id", identifier, Writing(","))


def several_rows() -> Iterator[Sample]:
    """Yield files with several rows of names, of which the upper ones are merged cells."""
    men = _INCOME.renamed("Country", "Men 2005", "Men 2006", "Women 2005", "Women 2006")
    for sign in ",;\t":
        how = Writing(sign)
        top = [how.line(("", "Men", "", "Women", "")), how.line(_INCOME.names)]
        yield _with_top(f"header-rows.groups-{SIGNS[sign]}", men, how, top)
    names = ("variety", "plants", "2021 fruit", "2021 mass", "2022 fruit", "2022 mass")
    for sign in ",|":
        how = Writing(sign)
        top = [how.line(("", "", "2021", "", "2022", "")), how.line(_TRIALS.names)]
        yield _with_top(f"header-rows.groups-of-years-{SIGNS[sign]}", _TRIALS.renamed(*names), how, top)
    marks = _marks().renamed(
        "Pupil", "Exam oral", "Exam written", "Homework first", "Homework second", "Passed"
    )
    for sign in ",;":
        how = Writing(sign)
        top = [
            how.line(("Pupil", "Exam", "", "Homework", "", "Passed")),
            how.line(("", "oral", "written", "first", "second", "")),
        ]
        yield _with_top(f"header-rows.names-above-{SIGNS[sign]}", marks, how, top)


def units_below() -> Iterator[Sample]:
    """Yield files with a row of units below the names."""
    cases = (
        (energie, 115, ",", ("", "", "kWh", "m²", "")),
        (soil, 116, ".", ("", "-", "%", "g/kg", "")),
        (cars, 117, ".", ("", "", "km", "litres", "", "")),
        (weather, 118, ".", ("", "", "°C", "mm", "")),
    )
    for topic, seed, decimal, units in cases:
        sign = ";" if decimal == "," else ","
        table, how = seeded(topic, seed, 14, decimal), Writing(sign, decimal=decimal)
        names = (" ".join(filter(None, pair)) for pair in zip(table.names, units, strict=True))
        top = [how.line(table.names), how.line(units)]
        yield _with_top(f"header-rows.units-{topic.__name__}-{SIGNS[sign]}", table.renamed(*names), how, top)
    spectrum = seeded(wine, 119, 15, ",")
    units = ("(g/l)", "(g/l)", "(1)", "(% vol)", "(0-10)")
    names = (f"{name} {unit}" for name, unit in zip(spectrum.names, units, strict=True))
    how = Writing("\t", decimal=",")
    top = [how.line(spectrum.names), how.line(units)]
    yield _with_top("header-rows.units-in-brackets-tab", spectrum.renamed(*names), how, top)


def three_rows() -> Iterator[Sample]:
    """Yield files with three rows of names."""
    names = ("Country", "Income Men 2005", "Income Men 2006", "Income Women 2005", "Income Women 2006")
    for sign in ",;":
        how = Writing(sign)
        top = [("", "Income", "", "", ""), ("", "Men", "", "Women", ""), _INCOME.names]
        lines = [how.line(row) for row in top]
        yield _with_top(f"header-rows.three-{SIGNS[sign]}", _INCOME.renamed(*names), how, lines)
    visits = ("variety", "plants", "2021 fruit pieces", "2021 mass kg", "2022 fruit pieces", "2022 mass kg")
    how = Writing("\t")
    visited = [("", "", "2021", "", "2022", ""), _TRIALS.names, ("", "", "pieces", "kg", "pieces", "kg")]
    lines = [how.line(row) for row in visited]
    yield _with_top("header-rows.groups-and-units-tab", _TRIALS.renamed(*visits), how, lines)


def _with_top(name: str, table: Table, how: Writing, top: list[str]) -> Sample:
    _, *rows = how.lines(table)
    return sample(name, table, how, [*top, *rows], header_rows=len(top))


def _marks() -> Table:
    return grid(
        """
Pupil  | oral | written | first | second | Passed
Amira  | 12   | 14.5    | 9     | 10     | yes
Ben    | 7    | 8       | 6     | 4.5    | no
Chloé  | 15   | 13      | 10    | 10     | yes
Dmitri | 11   | 9.5     | 8     | 7      | yes
Emre   | 5    | 6       | 3     | 6.5    | no
Fatou  | 13   | 16      | 10    | 9      | yes
Greta  | 9    | 11      | 7     | 8      | yes
""",
        ["oral", "written", "first", "second"],
    )


def _treasure_columns() -> Iterator[tuple[str, tuple[str | None, ...]]]:
    names = ("object", "material", "place", "state")
    rows = (_TREASURES.names, *_TREASURES.rows)
    yield from zip(names, zip(*rows, strict=True), strict=True)
