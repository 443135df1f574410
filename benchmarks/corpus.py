"""A corpus of messy tables, made by rules, each with its truth.

Each rule stands for a kind of file that people have. The values are drawn at random, with a fixed seed.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

Row = tuple[str, ...]


@dataclass(frozen=True)
class Sample:
    """A file and its truth.

    Parameters
    ----------
    name : str
        Its kind and variation.
    content : bytes
        The file.
    names : tuple of str or None
        The names of the columns, empty for a column without one; ``None`` without a header.
    rows : tuple of rows
        The cells as a person reads them, empty for missing ones. Numbers have decimal points.
    written : tuple of rows
        The cells as they are written, with decimal commas and units.
    dialect : dict of str to object
        The settings with which it is read right, by field of `qenn_core.experiment.DataSpec`.
    """

    name: str
    content: bytes = field(repr=False)
    names: Row | None
    rows: tuple[Row, ...] = field(repr=False)
    written: tuple[Row, ...] = field(repr=False)
    dialect: dict[str, Any]

    @property
    def kind(self) -> str:
        """The kind of file."""
        return self.name.partition(":")[0]


@dataclass(frozen=True)
class Table:
    """A table as cells of text, with decimal points."""

    names: Row
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Writing:
    """How a table is written as text."""

    delimiter: str = ","
    quote: str = '"'
    quoting: int = csv.QUOTE_MINIMAL
    decimal: str = "."
    encoding: str = "utf-8"
    line_end: str = "\n"
    header: bool = True
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()


def samples() -> list[Sample]:
    """Return the corpus."""
    made = [sample for rule in _RULES for sample in rule()]
    names = [sample.name for sample in made]
    if len(set(names)) < len(names):
        raise ValueError(f"two samples have the same name: {max(names, key=names.count)}")
    return made


# Tables


def _birds(rng: Random, n_rows: int = 24) -> Table:
    rows = (
        (
            rng.choice(("Adelie", "Gentoo", "Chinstrap")),
            rng.choice(("Biscoe", "Dream")),
            f"{rng.gauss(43, 5):.1f}",
            str(rng.randrange(2700, 6300, 25)),
            rng.choice(("male", "female")),
        )
        for _ in range(n_rows)
    )
    return Table(("species", "island", "bill length", "body mass", "sex"), tuple(rows))


def _weather(rng: Random, n_rows: int = 30) -> Table:
    rows = (
        (
            f"2024-{1 + day // 28:02}-{1 + day % 28:02}",
            f"{rng.gauss(12, 6):.2f}",
            f"{max(rng.gauss(2, 3), 0):.1f}",
            rng.choice(("sun", "rain", "snow")),
        )
        for day in range(n_rows)
    )
    return Table(("date", "temperature", "rain", "sky"), tuple(rows))


def _orders(rng: Random, n_rows: int = 20) -> Table:
    notes = ("gift, wrapped", "call first", "no note", "left; or right", "ring twice, then wait")
    rows = (
        (
            f"A-{rng.randrange(1000, 9999)}",
            f"{rng.uniform(1, 90):.2f}",
            str(rng.randrange(1, 9)),
            rng.choice(notes),
            rng.choice(("paid", "open")),
        )
        for _ in range(n_rows)
    )
    return Table(("order", "price", "items", "note", "state"), tuple(rows))


def _survey(rng: Random, n_rows: int = 36) -> Table:
    rows = (
        (
            rng.choice(("Biology", "History", "Music")),
            rng.choice(("never", "sometimes", "often")),
            rng.choice(("agree", "disagree", "neutral")),
        )
        for _ in range(n_rows)
    )
    return Table(("subject", "homework", "opinion"), tuple(rows))


def _numbers(rng: Random, n_rows: int = 25) -> Table:
    rows = (
        (*(f"{rng.gauss(mean, 1):.3f}" for mean in (5, 3, 1.5)), str(rng.randrange(3))) for _ in range(n_rows)
    )
    return Table(("sepal", "petal", "width", "class"), tuple(rows))


_TABLES: dict[str, Callable[[Random], Table]] = {
    "birds": _birds,
    "weather": _weather,
    "orders": _orders,
    "survey": _survey,
    "numbers": _numbers,
}
_SIGNS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe", ":": "colon", "^": "caret", " ": "space"}


def _tables(*names: str) -> Iterator[tuple[str, Table]]:
    for seed, (name, make) in enumerate(_TABLES.items()):
        if not names or name in names:
            yield name, make(Random(seed))


# Writing

# The writer encloses cells that contain a character of this; rows are joined by other line ends later.
_ROW_END = "\n\x00"


def _lines(table: Table, how: Writing) -> list[str]:
    buffer = io.StringIO()
    writer = csv.writer(
        buffer,
        delimiter=how.delimiter,
        quotechar=how.quote,
        quoting=how.quoting,  # type: ignore[arg-type]
        lineterminator=_ROW_END,
        doublequote=True,
        escapechar="\\" if how.quoting == csv.QUOTE_NONE else None,
    )
    if how.header:
        writer.writerow(table.names)
    writer.writerows([_with_decimal(cell, how.decimal) for cell in row] for row in table.rows)
    return buffer.getvalue().split(_ROW_END)[:-1]


def _with_decimal(cell: str, decimal: str) -> str:
    try:
        float(cell)
    except ValueError:
        return cell
    return cell.replace(".", decimal)


def _sample(name: str, table: Table, how: Writing, edit: Callable[[str], str] = str) -> Sample:
    lines = [*how.above, *map(edit, _lines(table, how)), *how.below]
    return Sample(
        name,
        (how.line_end.join(lines) + how.line_end).encode(how.encoding),
        table.names if how.header else None,
        table.rows,
        tuple(tuple(_with_decimal(cell, how.decimal) for cell in row) for row in table.rows),
        {
            "delimiter": how.delimiter,
            "quote": how.quote if how.quoting != csv.QUOTE_NONE else "",
            "text_encoding": how.encoding,
            "decimal": how.decimal,
            "header": int(how.header),
            "skip_rows": len(how.above),
        },
    )


# Rules


def _plain() -> Iterator[Sample]:
    for name, table in _tables():
        for sign in ",;\t|":
            yield _sample(f"plain:{name}, {_SIGNS[sign]}", table, Writing(sign))
        yield _sample(f"plain:{name}, Windows", table, Writing(";", line_end="\r\n", encoding="utf-8-sig"))


def _all_quoted() -> Iterator[Sample]:
    for name, table in _tables():
        for sign in ",;\t|":
            how = Writing(sign, quoting=csv.QUOTE_ALL)
            yield _sample(f"every cell quoted:{name}, {_SIGNS[sign]}", table, how)
    for name, table in _tables("birds", "numbers"):
        yield _sample(f"every cell quoted:{name}, colon", table, Writing(":", quoting=csv.QUOTE_ALL))


def _decimal_commas() -> Iterator[Sample]:
    for name, table in _tables("birds", "weather", "orders", "numbers"):
        for sign in ";\t|":
            how = Writing(sign, decimal=",")
            yield _sample(f"decimal commas:{name}, {_SIGNS[sign]}", table, how)
        yield _sample(f"decimal commas:{name}, quoted", table, Writing(",", decimal=","))


def _other_delimiters() -> Iterator[Sample]:
    for name, table in _tables("birds", "survey", "numbers"):
        for sign in "^~:":
            yield _sample(f"other delimiters:{name}, {sign}", table, Writing(sign))
    for name, table in _tables("birds", "weather", "numbers"):
        for header in (True, False):
            names = tuple(column.replace(" ", "_") for column in table.names)
            rows = [names, *table.rows] if header else list(table.rows)
            widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
            text = "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows) + "\n"
            yield Sample(
                f"other delimiters:{name}, aligned by spaces, {'' if header else 'no '}header",
                text.encode(),
                names if header else None,
                table.rows,
                table.rows,
                {"delimiter": " ", "header": int(header), "skip_rows": 0},
            )
        yield _sample(
            f"other delimiters:{name}, padded pipes",
            table,
            Writing("|"),
            lambda line: line.replace("|", " | "),
        )


def _apostrophes() -> Iterator[Sample]:
    names = (
        "'t Hooft",
        "O'Brien",
        "D'Alembert",
        "'s Gravesande",
        "rock 'n' roll",
        "Curie",
        "Bohr",
        "Noether",
    )
    for sign in ",;\t|":
        for seed, share in enumerate((0.1, 0.5)):
            rng = Random(seed)
            table = _birds(rng, 40)
            rows = tuple(
                (rng.choice(names) if rng.random() < share else "Meitner", *row[1:]) for row in table.rows
            )
            yield _sample(
                f"apostrophes:{_SIGNS[sign]}, in {share:.0%}", replace(table, rows=rows), Writing(sign)
            )
        table = _orders(Random(3))
        yield _sample(f"apostrophes:{_SIGNS[sign]}, enclose cells", table, Writing(sign, quote="'"))


def _quotes() -> Iterator[Sample]:
    rng = Random(5)
    base = _orders(rng)

    def with_notes(*notes: str) -> Table:
        rows = tuple((*row[:3], notes[number % len(notes)], row[4]) for number, row in enumerate(base.rows))
        return replace(base, rows=rows)

    for sign in ",;\t":
        sized = with_notes('5" long', "7 feet", '12" x 3"', "small")
        yield _sample(
            f"quotes:inches, {_SIGNS[sign]}",
            sized,
            Writing(sign, quoting=csv.QUOTE_NONE),
            lambda line: line.replace("\\", ""),
        )
        said = with_notes('he said "no"', 'say "yes", please', "nothing")
        yield _sample(f"quotes:doubled, {_SIGNS[sign]}", said, Writing(sign))
        yield _sample(
            f"quotes:backslash, {_SIGNS[sign]}", said, Writing(sign), lambda line: line.replace('""', '\\"')
        )
        several = with_notes("one\ntwo", "three", "four\n\nfive")
        yield _sample(f"quotes:several lines, {_SIGNS[sign]}", several, Writing(sign))
        yield _sample(
            f"quotes:stray at the end, {_SIGNS[sign]}",
            with_notes("a", "b"),
            Writing(sign, quoting=csv.QUOTE_ALL),
            lambda line, sign=sign: f'{line}{sign}"',  # type: ignore[misc]
        )
    payload = with_notes('{"a": 1, "b": 2}', '{"a": 3}')
    yield _sample("quotes:JSON in cells, comma", payload, Writing(","))
    yield _sample("quotes:JSON in cells, tab", payload, Writing("\t"))


def _headers() -> Iterator[Sample]:
    for name, table in _tables():
        for sign in ",;":
            how = Writing(sign, header=False)
            yield _sample(f"headers:none, {name}, {_SIGNS[sign]}", table, how)
    rng = Random(6)
    years = Table(
        ("state", "2016", "2017", "2018", "kind"),
        tuple(
            (f"S{number}", *(f"{rng.gauss(9, 2):.1f}" for _ in range(3)), rng.choice("ab"))
            for number in range(20)
        ),
    )
    for sign in ",;\t":
        yield _sample(f"headers:years, {_SIGNS[sign]}", years, Writing(sign))
    for name, table in _tables("birds", "weather", "numbers"):
        wide = replace(table, names=(*table.names, "Approve", "Reject"))
        full = replace(wide, rows=tuple((*row, "", "") for row in table.rows))
        for sign in ",;":
            made = _sample(f"headers:wider than the rows, {name}, {_SIGNS[sign]}", wide, Writing(sign))
            yield replace(made, rows=full.rows, written=full.rows)
            numbered = replace(
                table, rows=tuple((str(number), *row) for number, row in enumerate(table.rows, 1))
            )
            made = _sample(f"headers:row names, {name}, {_SIGNS[sign]}", numbered, Writing(sign))
            yield replace(made, names=("", *table.names))
        unnamed = replace(table, names=("", *table.names[1:]))
        yield _sample(f"headers:one empty, {name}", unnamed, Writing())
        twice = replace(table, names=(table.names[0], table.names[0], *table.names[2:]))
        yield _sample(f"headers:one twice, {name}", twice, Writing())


def _header_rows() -> Iterator[Sample]:
    rng = Random(7)
    rows = tuple((str(2000 + year), *(f"{rng.gauss(5, 2):.1f}" for _ in range(4))) for year in range(20))
    for sign in ",;\t":
        for top, names in (
            (
                [["", "Men", "", "Women", ""], ["Year", "low", "high", "low", "high"]],
                ("Year", "Men low", "Men high", "Women low", "Women high"),
            ),
            (
                [["year", "weight", "length", "age", "speed"], ["", "kg", "cm", "years", "m/s"]],
                ("year", "weight kg", "length cm", "age years", "speed m/s"),
            ),
            (
                [
                    ["", "Europe", "", "", ""],
                    ["", "Men", "", "Women", ""],
                    ["Year", "low", "high", "low", "high"],
                ],
                ("Year", "Europe Men low", "Europe Men high", "Europe Women low", "Europe Women high"),
            ),
        ):
            above = tuple(sign.join(row) for row in top)
            how = Writing(sign, header=False, above=above)
            kind = ("merged", "units", "three")[("kg" in names[1]) + 2 * (len(top) == 3)]
            made = _sample(f"header rows:{kind}, {_SIGNS[sign]}", Table(names, rows), how)
            yield replace(made, names=names, dialect={**made.dialect, "header": len(top), "skip_rows": 0})


def _above_and_below() -> Iterator[Sample]:
    tops: dict[str, Callable[[int, str], tuple[str, ...]]] = {
        "a title": lambda width, sign: ("Report of the year",),
        "a title and a blank line": lambda width, sign: ("Report of the year", ""),
        "a padded title": lambda width, sign: ("Report of the year" + sign * (width - 1),),
        "a padded title and a padded blank line": lambda width, sign: (
            "Report of the year" + sign * (width - 1),
            sign * (width - 1),
        ),
        "two lines": lambda width, sign: ("Report of the year", "Source: the office"),
        "number signs": lambda width, sign: ("# made by a logger", "# version 2"),
    }
    for name, table in _tables("birds", "weather", "survey"):
        for sign in ",;":
            for top, make in tops.items():
                how = Writing(sign, above=make(len(table.names), sign))
                yield _sample(f"above:{top}, {name}, {_SIGNS[sign]}", table, how)
    for name, table in _tables("birds", "numbers"):
        for sign in ",;":
            for foot, below in {
                "a note": ("Source: own survey",),
                "a blank line and notes": ("", "Source: own survey", "* estimated"),
                "a padded note": ("Source: own survey" + sign * (len(table.names) - 1),),
            }.items():
                yield _sample(f"below:{foot}, {name}, {_SIGNS[sign]}", table, Writing(sign, below=below))
    table = _birds(Random(8))
    again = replace(table, rows=(*table.rows[:9], table.names, *table.rows[9:]))
    made = _sample("below:the header again", again, Writing())
    yield replace(made, rows=table.rows, written=table.rows)


def _amounts() -> Iterator[Sample]:
    rng = Random(9)
    values = [rng.uniform(1, 5000) for _ in range(24)]
    written: dict[str, tuple[str, Callable[[float], str]]] = {
        "dollars": (".", "${:,.2f}".format),
        "pounds": (".", "£{:.2f}".format),
        "euros": (",", lambda value: f"{value:.2f} €".replace(".", ",")),
        "grouped euros": (",", lambda value: _european(value) + " €"),
        "percent": (".", lambda value: f"{value / 50:.1f}%"),
        "percent with a space": (",", lambda value: f"{value / 50:.1f} %".replace(".", ",")),
        "spaces between thousands": (",", lambda value: _european(value).replace(".", " ")),
        "no-break spaces between thousands": (",", lambda value: _european(value).replace(".", "\u00a0")),
        "apostrophes between thousands": (".", lambda value: f"{value:,.2f}".replace(",", "'")),
        "accountants": (".", lambda value: f"({value:.2f})" if value < 2000 else f"{value:.2f}"),
        "kilograms": (".", lambda value: f"{value:.0f} kg"),
        "exponents": (".", "{:.3e}".format),
        "a real minus": (".", lambda value: f"{value - 2500:.1f}".replace("-", "−")),
    }
    numbers: dict[str, Callable[[float], float]] = {
        "percent": lambda value: round(value / 50, 1),
        "percent with a space": lambda value: round(value / 50, 1),
        "accountants": lambda value: round(-value if value < 2000 else value, 2),
        "kilograms": lambda value: float(f"{value:.0f}"),
        "exponents": lambda value: float(f"{value:.3e}"),
        "a real minus": lambda value: round(value - 2500, 1),
    }
    for kind, (decimal, write) in written.items():
        for sign in ";\t":
            cells = tuple(
                (f"n{number}", write(value), "ab"[number % 2]) for number, value in enumerate(values)
            )
            made = _sample(
                f"amounts:{kind}, {_SIGNS[sign]}", Table(("item", "amount", "kind"), cells), Writing(sign)
            )
            number_of = numbers.get(kind, _rounded)
            truth = tuple(
                (row[0], repr(number_of(value)), row[2]) for row, value in zip(cells, values, strict=True)
            )
            yield replace(made, rows=truth, dialect={**made.dialect, "decimal": decimal})


def _rounded(value: float) -> float:
    return round(value, 2)


def _european(value: float) -> str:
    return f"{value:,.2f}".replace(",", "_").replace(".", ",").replace("_", ".")


_WORDS = {
    "cp1252": ("Müller", "Straße", "élève", "château", "mañana", "São João", "blåbær", "Ærø"),
    "mac-roman": ("Müller", "Köln", "élève", "château", "mañana", "corazón"),
    "cp850": ("Müller", "Köln", "Straße", "größer", "über"),
    "cp1250": ("Łódź", "Gdańsk", "Wrocław", "Świdnica", "Kraków", "Poznań"),
    "iso8859-2": ("Győr", "Pécs", "Székesfehérvár", "Kőszeg", "Hódmezővásárhely", "Szűcs"),
    "cp852": ("žluťoučký", "kůň", "úpěl", "ďábelské", "ódy", "Plzeň"),
    "cp1254": ("İstanbul", "Diyarbakır", "Muş", "Şanlıurfa", "Ağrı", "Çanakkale"),
    "cp1251": ("Москва", "Казань", "красный", "зелёный", "Пётр"),
    "koi8-r": ("Москва", "Казань", "красный", "зелёный", "Пётр"),
    "cp866": ("Москва", "Казань", "красный", "зелёный", "Пётр"),
    "cp1253": ("Αθήνα", "Θεσσαλονίκη", "Πάτρα", "κόκκινο"),
    "cp1255": ("ירושלים", "תל אביב", "חיפה", "אדום"),
    "cp1256": ("القاهرة", "الرياض", "بغداد", "أحمر"),
    "cp932": ("東京", "大阪", "名古屋", "さくら"),
    "euc-jp": ("東京", "大阪", "名古屋", "さくら"),
    "gb18030": ("北京", "上海", "广州", "深圳"),
    "big5": ("臺北", "高雄", "臺中", "紅色"),
    "cp949": ("서울", "부산", "대구", "빨강"),
    "utf-16": ("Łódź", "東京", "Αθήνα"),
    "utf-16-le": ("Łódź", "東京", "Αθήνα"),
    "utf-8-sig": ("Łódź", "東京", "Αθήνα"),
}


def _encodings() -> Iterator[Sample]:
    for encoding, words in _WORDS.items():
        for n_rows in (8, 30):
            rng = Random(n_rows)
            rows = tuple(
                (rng.choice(words), f"{rng.gauss(5, 1):.1f}", rng.choice("uv")) for _ in range(n_rows)
            )
            table = Table(("place", "size", "kind"), rows)
            yield _sample(f"encodings:{encoding}, {n_rows} rows", table, Writing(encoding=encoding))


def _shapes() -> Iterator[Sample]:
    for name, table in _tables("birds", "numbers"):
        yield _sample(f"shapes:old line ends, {name}", table, Writing(line_end="\r"))
        yield _sample(f"shapes:double line ends, {name}", table, Writing(line_end="\r\r\n"))
        yield _sample(f"shapes:blank lines between, {name}", table, Writing(), lambda line: f"{line}\n")
        yield _sample(f"shapes:delimiter at the end, {name}", table, Writing(), lambda line: f"{line},")
        yield _sample(
            f"shapes:spaces after commas, {name}", table, Writing(), lambda line: line.replace(",", ", ")
        )
        yield _sample(f"shapes:separator line, {name}", table, Writing("|", above=("sep=|",)))
        short = replace(
            table, rows=tuple((*row[:-1], "") if k % 7 == 3 else row for k, row in enumerate(table.rows))
        )
        yield _sample(f"shapes:short rows, {name}", short, Writing(), lambda line: line.rstrip(","))
        missing = replace(
            table,
            rows=tuple(
                (row[0], ("NA", "n/a", "-", "?")[k % 4], *row[2:]) if k % 3 == 1 else row
                for k, row in enumerate(table.rows)
            ),
        )
        yield _sample(f"shapes:words for gaps, {name}", missing, Writing(";"))


def _formats() -> Iterator[Sample]:
    for name, table in _tables():
        plain = _sample(f"other formats:{name}, gzip", table, Writing())
        yield replace(plain, content=gzip.compress(plain.content, mtime=0))
        records = [dict(zip(table.names, row, strict=True)) for row in table.rows]
        lines = "".join(json.dumps(record) + "\n" for record in records)
        yield replace(plain, name=f"other formats:{name}, JSON lines", content=lines.encode())
        yield replace(
            plain, name=f"other formats:{name}, JSON array", content=json.dumps(records, indent=1).encode()
        )


_RULES: Sequence[Callable[[], Iterator[Sample]]] = (
    _plain,
    _all_quoted,
    _decimal_commas,
    _other_delimiters,
    _apostrophes,
    _quotes,
    _headers,
    _header_rows,
    _above_and_below,
    _amounts,
    _encodings,
    _shapes,
    _formats,
)
