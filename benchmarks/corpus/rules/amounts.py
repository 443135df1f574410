"""Numbers as people write them, and texts of digits that are no numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from benchmarks.corpus.sample import Sample
from benchmarks.corpus.tables import Column, Style, Table, grid, numbers, texts, written
from benchmarks.corpus.writing import SIGNS, Writing, sample

_NO_BREAK, _THIN, _NARROW = "\u00a0", "\u2009", "\u202f"


def currencies() -> Iterator[Sample]:
    """Yield files with amounts of money."""
    yield _shop("currency.dollars-comma", ",", Style(2, before="$"), (2, 90))
    yield _shop("currency.dollars-tab", "\t", Style(2, before="$"), (2, 90))
    yield _shop("currency.dollars-thousands", ",", Style(2, group=",", before="$"), (200, 9000))
    yield _shop("currency.dollars-thousands-semicolon", ";", Style(2, group=",", before="$"), (200, 9000))
    yield _shop("currency.dollars-negative", ",", Style(2, before="$"), (-20, 60))
    yield _shop("currency.dollars-in-parentheses", ",", Style(2, before="$", minus="()"), (-40, 40))
    yield _shop("currency.dollars-spaced", ";", Style(2, before="$ "), (2, 90))
    yield _shop("currency.pounds", ",", Style(2, before="£"), (1, 30))
    yield _shop("currency.pounds-latin", ";", Style(2, before="£"), (1, 30), "cp1252")
    yield _shop("currency.euros-before", "\t", Style(2, before="€"), (1, 30))
    yield _shop("currency.euros", ";", Style(2, ",", after=" €"), (1, 30))
    yield _shop("currency.euros-thousands", ";", Style(2, ",", ".", after=" €"), (300, 9000))
    yield _shop("currency.euros-windows", ";", Style(2, ",", ".", after=" €"), (300, 9000), "cp1252")
    yield _shop("currency.euros-no-space", "\t", Style(2, ",", after="€"), (1, 30))
    yield _shop("currency.euros-quoted-comma", ",", Style(2, ",", after=" €"), (1, 30))
    yield _shop(
        "currency.euros-spaces-between", ";", Style(2, ",", _NO_BREAK, after=f"{_NO_BREAK}€"), (300, 9000)
    )
    yield _shop("currency.euro-code", ",", Style(2, before="EUR "), (1, 30))
    yield _shop("currency.francs", ";", Style(2, ".", "'", before="CHF "), (300, 9000))
    yield _shop("currency.crowns", ";", Style(2, ",", " ", after=" Kč"), (300, 9000))
    yield _shop("currency.yen", "\t", Style(0, group=",", before="¥"), (300, 90000))
    yield _shop("currency.rupees", ",", Style(0, before="₹"), (300, 90000))


def units() -> Iterator[Sample]:
    """Yield files with units behind the numbers."""
    yield _people("units.kilograms-comma", ",", Style(0, after=" kg"), Style(0, after=" cm"))
    yield _people("units.kilograms-no-space", ";", Style(1, after="kg"), Style(0, after="cm"))
    yield _people("units.decimal-comma", ";", Style(1, ",", after=" kg"), Style(2, ",", after=" m"))
    yield _people("units.decimal-comma-tab", "\t", Style(1, ",", after=" kg"), Style(0, after=" cm"))
    yield _people("units.percent", ",", Style(0, after="%"), Style(1, after="%"))
    yield _people("units.percent-spaced", ";", Style(1, ",", after=" %"), Style(0, after=" %"))
    yield _people(
        "units.percent-no-break-space", "\t", Style(1, ",", after=f"{_NO_BREAK}%"), Style(0, after="%")
    )
    yield _people("units.degrees", ",", Style(1, after=" °C"), Style(0, after="°"))
    yield _people("units.composed", "|", Style(1, after=" km/h"), Style(0, after=" m²"))
    yield _people("units.beats", ",", Style(0, after=" bpm"), Style(1, after=" mmol/l"))


def groups() -> Iterator[Sample]:
    """Yield files with signs between thousands."""
    for name, group in (
        ("spaces", " "),
        ("no-break-spaces", _NO_BREAK),
        ("thin-spaces", _THIN),
        ("narrow-spaces", _NARROW),
    ):
        yield _towns(f"thousands.{name}", ";", Style(0, ",", group), Style(1, ",", group))
    yield _towns("thousands.commas-quoted", ",", Style(0, group=","), Style(2, group=","))
    yield _towns("thousands.commas-tab", "\t", Style(0, group=","), Style(1, group=","))
    yield _towns("thousands.commas-semicolon", ";", Style(0, group=","), Style(2, group=","))
    yield _towns("thousands.points-semicolon", ";", Style(0, ",", "."), Style(2, ",", "."))
    yield _towns("thousands.points-tab", "\t", Style(0, ",", "."), Style(1, ",", "."))
    yield _towns("thousands.points-quoted", ",", Style(0, ",", "."), Style(2, ",", "."))
    yield _towns("thousands.apostrophes", ";", Style(0, group="'"), Style(1, group="'"))
    yield _towns("thousands.typographic-apostrophes", ",", Style(0, group="’"), Style(1, group="’"))
    yield _towns("thousands.spaces-and-points", ",", Style(0, group=" "), Style(1, group=" "))
    for sign in ",\t":
        rng = Random(172)
        values = [rng.randrange(2_000, 90_000_000) for _ in range(14)]
        pairs = [(_indian(value), float(value)) for value in values]
        table = _table(written("population", pairs), rng)
        yield sample(f"thousands.indian-{SIGNS[sign]}", table, Writing(sign))


def signs() -> Iterator[Sample]:
    """Yield files with signs, exponents and bare points."""
    forms: dict[str, tuple[str, Callable[[Random], tuple[str, float]]]] = {
        "parentheses-comma": (",", lambda rng: _pair(rng, Style(2, minus="()"))),
        "parentheses-decimal-comma": (";", lambda rng: _pair(rng, Style(2, ",", minus="()"))),
        "real-minus": (",", lambda rng: _pair(rng, Style(1, minus="−"))),
        "real-minus-decimal-comma": (";", lambda rng: _pair(rng, Style(1, ",", minus="−"))),
        "plus": ("\t", lambda rng: _pair(rng, Style(1, plus="+"))),
        "plus-whole": (",", lambda rng: _pair(rng, Style(0, plus="+"))),
        "exponents": (",", _exponential),
        "exponents-capital": ("\t", lambda rng: _capital(_exponential(rng))),
        "exponents-decimal-comma": (";", lambda rng: _with_comma(_exponential(rng))),
        "no-leading-zero": (",", lambda rng: _without_zero(_pair(rng, Style(3), (-1, 1)))),
        "no-leading-zero-decimal-comma": (
            ";",
            lambda rng: _with_comma(_without_zero(_pair(rng, Style(3), (-1, 1)))),
        ),
        "trailing-point": (",", lambda rng: _with_point(_pair(rng, Style(0)))),
    }
    for number, (name, (sign, form)) in enumerate(forms.items()):
        rng = Random(180 + number)
        table = _table(written("change", [form(rng) for _ in range(16)]), rng)
        comma = "decimal-comma" in name
        yield sample(f"signs-and-exponents.{name}", table, Writing(sign, decimal="," if comma else "."))


def with_gap_words() -> Iterator[Sample]:
    """Yield files with words for missing values among numbers that need to be rewritten."""
    cases = (
        ("k-a", ";", Style(1, ","), "k.A."),
        ("na-thousands", ",", Style(0, group=","), "NA"),
        ("minus", ";", Style(2, ","), "-"),
        ("dollars", ",", Style(2, before="$"), "n/a"),
        ("percent", "\t", Style(1, after="%"), "…"),
        ("unknown", ";", Style(2, ",", "."), "unbekannt"),
    )
    for number, (name, sign, style, word) in enumerate(cases):
        rng = Random(200 + number)
        table = _table(numbers("amount", (rng.uniform(4, 5000) for _ in range(26)), style), rng)
        table = table.with_cell(7, "amount", word).with_cell(19, "amount", word)
        yield sample(f"gap-words-among-amounts.{name}", table, Writing(sign, decimal=style.decimal))


def three_digits() -> Iterator[Sample]:
    """Yield files whose decimal places look like thousands."""
    for sign in ";\t":
        rng = Random(210)
        columns = [
            numbers(name, (rng.uniform(1, 9) for _ in range(18)), Style(3, ","))
            for name in ("ratio", "slope")
        ]
        columns.append(numbers("width", (rng.uniform(1, 9) for _ in range(18)), Style(2, ",")))
        table = Table((*columns, texts("lab", rng.choices(("A", "B"), k=18))))
        yield sample(f"thousands.decimals-of-three-digits-{SIGNS[sign]}", table, Writing(sign, decimal=","))
    rng = Random(211)
    columns = [numbers(name, (rng.uniform(1, 9) for _ in range(18)), Style(3)) for name in ("ratio", "slope")]
    table = Table((*columns, texts("lab", rng.choices(("A", "B"), k=18))))
    yield sample("thousands.points-of-three-digits-comma", table, Writing(","))


def no_numbers() -> Iterator[Sample]:
    """Yield files with texts of digits that are no numbers."""
    for sign in ",;":
        yield sample(f"no-numbers.contacts-{SIGNS[sign]}", _CONTACTS, Writing(sign))
        yield sample(f"no-numbers.ranges-{SIGNS[sign]}", _RANGES, Writing(sign))
        yield sample(f"no-numbers.servers-{SIGNS[sign]}", _SERVERS, Writing(sign))
    yield sample("no-numbers.blood-pressure", _PRESSURES, Writing(","))
    yield sample("no-numbers.blood-pressure-tab", _PRESSURES, Writing("\t"))
    yield sample("no-numbers.books", _BOOKS, Writing(";"))
    yield sample("no-numbers.german-dates", _EXAMS, Writing(";", decimal=","))
    yield sample("no-numbers.american-dates", _TRIPS, Writing(","))
    yield sample("no-numbers.months", _MONTHS, Writing("\t"))


_CONTACTS = grid(
    """
name         | postcode | phone            | points | group
Ana Ruiz     | 04001    | +34 612 345 678  | 12     | a
Tom Berger   | 01067    | 0351 / 4881234   | 7      | b
Lena Kuhn    | 06108    | 0345-221-0       | 9      | a
Ivo Horák    | 11000    | 00420 224 811    | 15     | b
Max Wolf     | 09111    | 0371/4880        | 4      | a
Ida Lind     | 03042    | 0355 612 30      | 11     | b
""",
    ["points"],
)
_RANGES = grid(
    """
age   | dose   | 2019-20 | answered | share
18-25 | 10-20  | yes     | 120      | 0.31
26-35 | 20-40  | yes     | 98       | 0.25
36-45 | 10-20  | no      | 77       | 0.2
46-55 | 20-40  | no      | 51       | 0.13
56-65 | 10-20  | yes     | 30       | 0.08
66-80 | 20-40  | no      | 12       | 0.03
""",
    ["answered", "share"],
)
_SERVERS = grid(
    """
host  | address       | version | mask            | load
alpha | 10.0.0.12     | 1.2.3   | 255.255.255.0   | 0.71
beta  | 10.0.0.13     | 1.2.10  | 255.255.255.0   | 0.35
gamma | 192.168.1.4   | 2.0.0   | 255.255.0.0     | 1.2
delta | 192.168.1.77  | 1.10.1  | 255.255.0.0     | 0.08
eps   | 172.16.254.1  | 2.0.1   | 255.240.0.0     | 0.5
zeta  | 172.16.254.9  | 1.2.3   | 255.240.0.0     | 0.93
""",
    ["load"],
)
_PRESSURES = grid(
    """
person | systolic/diastolic | pulse | smoker
a1     | 126/83             | 71    | no
a2     | 141/92             | 88    | yes
a3     | 118/76             | 64    | no
a4     | 133/85             | 79    | yes
a5     | 109/70             | 58    | no
a6     | 150/97             | 90    | yes
""",
    ["pulse"],
)
_BOOKS = grid(
    """
isbn              | shelf    | signature | pages | lent
978-3-16-148410-0 | 005.133  | 0042      | 312   | yes
978-0-306-40615-7 | 510      | 0107      | 198   | no
978-1-4028-9462-6 | 530.12   | 0108      | 455   | yes
978-0-19-852663-6 | 005.8    | 0311      | 267   | no
978-3-540-64767-3 | 519.5    | 0312      | 388   | no
978-2-07-036822-8 | 840      | 0590      | 120   | yes
""",
    ["pages"],
)
_EXAMS = grid(
    """
Datum      | Fach   | Beginn | Note | Raum
03.02.2023 | Mathe  | 08:15  | 1,7  | 012
04.02.2023 | Physik | 10:00  | 2,3  | 104
07.02.2023 | Chemie | 08:15  | 1,3  | 012
11.02.2023 | Kunst  | 13:30  | 2,0  | 301
15.02.2023 | Musik  | 10:00  | 3,0  | 301
16.02.2023 | Sport  | 13:30  | 1,0  | 104
""",
    ["Note"],
    decimal=",",
)
_TRIPS = grid(
    """
departure      | returned      | miles | purpose
3/14/2021 6:05 | Mar 16, 2021  | 412   | work
4/2/2021 14:30 | Apr 2, 2021   | 38    | private
4/19/2021 9:00 | Apr 23, 2021  | 1190  | work
5/7/2021 17:45 | May 9, 2021   | 256   | private
6/1/2021 5:20  | Jun 1, 2021   | 77    | work
6/30/2021 8:10 | Jul 11, 2021  | 2043  | private
""",
    ["miles"],
)
_MONTHS = grid(
    """
month    | quarter | sold | grew
Jan 2022 | 2022-Q1 | 310  | no
Feb 2022 | 2022-Q1 | 355  | yes
Mar 2022 | 2022-Q1 | 349  | no
Apr 2022 | 2022-Q2 | 402  | yes
May 2022 | 2022-Q2 | 431  | yes
Jun 2022 | 2022-Q2 | 428  | no
""",
    ["sold"],
)


def _shop(
    name: str, sign: str, style: Style, between: tuple[float, float], encoding: str = "utf-8"
) -> Sample:
    rng = Random(name)
    goods = ("soap", "lamp", "chair", "teapot", "blanket")
    price = numbers("price", (rng.uniform(*between) for _ in range(18)), style)
    columns = (
        texts("item", rng.choices(goods, k=18)),
        price,
        numbers("pieces", (rng.randrange(1, 9) for _ in range(18))),
        texts("returned", rng.choices(("yes", "no"), k=18)),
    )
    return sample(name, Table(columns), Writing(sign, decimal=style.decimal, text_encoding=encoding))


def _people(name: str, sign: str, first: Style, second: Style) -> Sample:
    rng = Random(name)
    columns = (
        texts("who", (f"p{k}" for k in range(1, 15))),
        numbers("before", (rng.uniform(41, 110) for _ in range(14)), first),
        numbers("after", (rng.uniform(2, 190) for _ in range(14)), second),
        texts("team", rng.choices(("red", "blue"), k=14)),
    )
    decimal = "," if "," in (first.decimal, second.decimal) else "."
    return sample(name, Table(columns), Writing(sign, decimal=decimal))


def _towns(name: str, sign: str, people: Style, area: Style) -> Sample:
    rng = Random(name)
    columns = (
        texts("town", (f"Town {chr(65 + k)}" for k in range(14))),
        numbers("people", (rng.randrange(1_100, 2_400_000) for _ in range(14)), people),
        numbers("area", (rng.uniform(11, 4000) for _ in range(14)), area),
        texts("harbour", rng.choices(("yes", "no"), k=14)),
    )
    return sample(name, Table(columns), Writing(sign, decimal=area.decimal))


def _table(column: Column, rng: Random) -> Table:
    n_rows = len(column.cells)
    keys = texts("key", (f"k{rng.randrange(10, 99)}" for _ in range(n_rows)))
    return Table((keys, column, texts("kind", rng.choices(("x", "y", "z"), k=n_rows))))


def _pair(rng: Random, style: Style, between: tuple[float, float] = (-60, 60)) -> tuple[str, float]:
    value = rng.uniform(*between)
    return style.write(value), round(value, style.digits)


def _exponential(rng: Random) -> tuple[str, float]:
    text = f"{rng.uniform(1, 9):.2f}e{rng.randrange(-6, 7)}"
    return text, float(text)


def _capital(pair: tuple[str, float]) -> tuple[str, float]:
    return f"{pair[1]:.2E}", pair[1]


def _with_comma(pair: tuple[str, float]) -> tuple[str, float]:
    return pair[0].replace(".", ","), pair[1]


def _without_zero(pair: tuple[str, float]) -> tuple[str, float]:
    return pair[0].replace("0.", ".", 1), pair[1]


def _with_point(pair: tuple[str, float]) -> tuple[str, float]:
    return f"{pair[0]}.", pair[1]


def _indian(value: int) -> str:
    digits, last = str(value)[:-3], str(value)[-3:]
    parts = []
    while digits:
        parts.append(digits[-2:])
        digits = digits[:-2]
    return ",".join((*reversed(parts), last))
