"""Apostrophes, quotation marks and inches: in texts, around cells, and where they do not belong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from benchmarks.corpus.sample import Sample
from benchmarks.corpus.tables import Table, grid, texts
from benchmarks.corpus.topics import alumnos, boutique, films, loans, seeded, trees, weather
from benchmarks.corpus.writing import SIGNS, Writing, sample

_PHYSICISTS = grid(
    """
name              | born | field      | prize
't Hooft, Gerard  | 1946 | particles  | yes
Curie             | 1867 | radiation  | yes
's Gravesande     | 1688 | mechanics  | no
Noether           | 1882 | symmetry   | no
Meitner           | 1878 | nuclei     | no
O'Raifeartaigh    | 1933 | particles  | no
Bohr              | 1885 | atoms      | yes
d'Alembert        | 1717 | mechanics  | no
Lamarr            | 1914 | radio      | no
""",
    ["born"],
)
_SONGS = grid(
    """
song                     | artist             | weeks | decade
Rock 'n' Roll            | Led Zeppelin       | 4     | 70s
Knockin' on Heaven's Door| Guns N' Roses      | 12    | 90s
'Til I Die               | The Beach Boys     | 2     | 70s
Livin' on a Prayer       | Bon Jovi           | 10    | 80s
Blowin' in the Wind      | Peter, Paul & Mary | 8     | 60s
Cold Sweat               | James Brown        | 7     | 60s
'39                      | Queen              | 1     | 70s
Runnin' Down a Dream     | Tom Petty          | 6     | 80s
""",
    ["weeks"],
)
_PLACES = grid(
    """
village         | municipality     | inhabitants | coast
's-Gravenzande  | Westland         | 15180       | yes
't Zand         | Schagen          | 2495        | yes
Putten          | Putten           | 24330       | no
Oudeschild      | Texel            | 1275        | yes
's-Heerenberg   | 'Montferland     | 8200        | no
Ommen           | Ommen            | 17900       | no
't Harde        | Elburg           | 6150        | no
""",
    ["inhabitants"],
)
_IRISH = grid(
    """
surname   | county    | voters | turnout
O'Brien   | Clare     | 812    | 61.2
Murphy    | Cork      | 1930   | 58.7
O'Connor  | Kerry     | 1204   | 63.9
Kelly     | Galway    | 977    | 55.1
D'Arcy    | Mayo      | 144    | 60.0
Byrne     | Wicklow   | 1010   | 57.5
""",
    ["voters", "turnout"],
)
_BOARDS = grid(
    """
article        | length | stock | shelf
pine board     | 5'11"  | 12    | A
oak board      | 6'2"   | 3     | A
lath           | 4'6"   | 40    | C
beam           | 12'    | 7     | B
rod            | 3/4"   | 65    | C
handrail       | 9'10"  | 2     | B
""",
    ["stock"],
)
_SCREENS = grid(
    """
product              | size | price  | rating
ViewPro 24" monitor  | 24"  | 179.00 | 4
Slim 27" curved      | 27"  | 249.50 | 5
TabBook              | 11"  | 399.00 | 3
Wall mount 32"-55"   | 55"  | 39.90  | 4
Pocket projector     | 80"  | 310.00 | 2
Desk lamp            |      | 25.00  | 5
""",
    ["price", "rating"],
)
_WRESTLERS = grid(
    """
fighter                       | height | wins | style
Dwayne "The Rock" Johnson     | 196    | 91   | power
Rey Mysterio                  | 168    | 120  | high flying
Steve "Stone Cold" Austin     | 188    | 107  | brawler
Mick "Mankind" Foley          | 188    | 88   | hardcore
Bret Hart                     | 183    | 130  | technical
Mark "Undertaker" Calaway     | 208    | 142  | power
""",
    ["height", "wins"],
)
_REVIEWS = grid(
    """
id | review                          | stars | verified
1  | he said "never again", twice    | 1     | yes
2  | fine                            | 4     | no
3  | the "deluxe" room; small        | 2     | yes
4  | "Excellent"                     | 5     | yes
5  | clean, quiet, near the station  | 5     | no
6  | so-so                           | 3     | no
7  | ask for "Room 12"               | 4     | yes
""",
    ["id", "stars"],
)
_ADDRESSES = grid(
    """
customer    | address                                  | orders | since
Ann Harper  | 12 Mill Lane¶Leeds                       | 4      | 2019-03-01
Bo Lindqvist| Storgatan 4¶¶Umeå                        | 1      | 2021-11-15
C. Ng       | Flat 3, 8 King St¶Hove¶United Kingdom    | 9      | 2017-06-30
Dora Weiss  | Am Ring 5                                | 2      | 2020-01-09
E. Okafor   | PO Box 77¶Enugu                          | 3      | 2018-08-21
Finn Daly   | 1 Quay Road                              | 6      | 2022-02-02
""",
    ["orders"],
)
_CAVES = grid(
    """
cave           | latitude    | longitude   | depth
Postojnska     | 45°46'58"N  | 14°12'13"E  | 115
Eisriesenwelt  | 47°30'11"N  | 13°11'24"E  | 407
Waitomo        | 38°15'39"S  | 175°06'13"E | 44
Mammoth        | 37°11'13"N  | 86°06'13"W  | 124
Škocjan        | 45°40'00"N  | 13°59'34"E  | 223
Altamira       | 43°22'37"N  | 4°07'11"W   | 18
""",
    ["depth"],
)


def apostrophes() -> Iterator[Sample]:
    """Yield files in which apostrophes enclose nothing."""
    plain = _without_commas(_PHYSICISTS)
    for sign in ",;\t":
        yield sample(f"apostrophes.surnames-{SIGNS[sign]}", plain, Writing(sign))
    yield sample("apostrophes.surnames-double-quotes", _PHYSICISTS, Writing(","))
    for sign in ";\t":
        yield sample(f"apostrophes.songs-{SIGNS[sign]}", _SONGS, Writing(sign))
    for sign in ",|":
        yield sample(f"apostrophes.villages-{SIGNS[sign]}", _PLACES, Writing(sign))
        yield sample(f"apostrophes.irish-{SIGNS[sign]}", _IRISH, Writing(sign))
    long = seeded(trees, 41, 50)
    for row, name in ((17, "'t Lage Land"), (38, "'s Lands Eind")):
        long = long.with_cell(row, "district", name)
    for sign in ",;":
        yield sample(f"apostrophes.two-of-fifty-rows-{SIGNS[sign]}", long, Writing(sign))
    last = seeded(loans, 42, 20).with_cell(3, "status", "owner's choice").with_cell(11, "status", "'late'")
    yield sample("apostrophes.around-one-cell", last, Writing(","))


def single_quotes() -> Iterator[Sample]:
    """Yield files in which apostrophes do enclose cells."""
    yield sample("single-quotes.films-comma", seeded(films, 43, 20), Writing(",", quote="'"))
    for sign in ";\t":
        how = Writing(sign, quote="'", quoting="all")
        yield sample(f"single-quotes.every-cell-{SIGNS[sign]}", seeded(alumnos, 44, 14), how)
    yield sample("single-quotes.doubled-inside", _IRISH, Writing(",", quote="'", quoting="texts"))
    escaped = Writing(",", quote="'", quoting="texts", escape="backslash")
    yield sample("single-quotes.backslash-inside", _without_commas(_PHYSICISTS), escaped)
    yield sample("single-quotes.commas-inside", seeded(boutique, 45, 22), Writing(",", quote="'"))


def inches() -> Iterator[Sample]:
    """Yield files with feet, inches, minutes and seconds, not enclosed and enclosed."""
    bare = {sign: Writing(sign, quoting="none") for sign in ",;\t|"}
    for sign in ",\t":
        yield sample(f"inches.boards-{SIGNS[sign]}", _BOARDS, bare[sign])
        yield sample(f"inches.caves-{SIGNS[sign]}", _CAVES, bare[sign])
    for sign in ";|":
        yield sample(f"inches.screens-{SIGNS[sign]}", _SCREENS, bare[sign])
    yield sample("inches.boards-enclosed", _BOARDS, Writing(","))
    yield sample("inches.screens-all-enclosed", _SCREENS, Writing(";", quoting="all"))
    yield sample("inches.caves-backslash", _CAVES, Writing("\t", quoting="all", escape="backslash"))


def quotes() -> Iterator[Sample]:
    """Yield files with quotation marks in cells."""
    for sign in ",;\t":
        yield sample(f"quotes.nicknames-bare-{SIGNS[sign]}", _WRESTLERS, Writing(sign, quoting="none"))
        yield sample(f"quotes.doubled-{SIGNS[sign]}", _REVIEWS, Writing(sign))
        backslash = Writing(sign, escape="backslash")
        yield sample(f"quotes.backslash-{SIGNS[sign]}", _REVIEWS, backslash)
        yield sample(f"quotes.line-breaks-{SIGNS[sign]}", _ADDRESSES, Writing(sign))
    yield sample("quotes.line-breaks-windows", _ADDRESSES, Writing(",", quoting="texts", line_end="\r\n"))
    yield sample("quotes.line-breaks-all", _ADDRESSES, Writing("|", quoting="all"))
    yield sample("quotes.only-texts-comma", seeded(weather, 46, 21), Writing(",", quoting="texts"))
    decimal_comma = Writing(";", quoting="texts", decimal=",")
    yield sample("quotes.only-texts-semicolon", seeded(boutique, 47, 18, ","), decimal_comma)


def stray_quotes() -> Iterator[Sample]:
    """Yield files with quotation marks that do not pair."""
    table = seeded(films, 48, 16)
    how = Writing(";", quoting="all")
    yield sample("stray-quotes.line-ends-semicolon", table, how, [f'{line};"' for line in how.lines(table)])
    how = Writing(",", quoting="all")
    yield sample("stray-quotes.line-ends-comma", table, how, [f'{line},"' for line in how.lines(table)])
    header, *rows = how.lines(seeded(alumnos, 49, 12))
    lines = [header, *(f'{row},"' for row in rows)]
    yield sample("stray-quotes.line-ends-not-in-the-header", seeded(alumnos, 49, 12), how, lines)
    for sign, row in ((",", 4), (";", 9), ("\t", 14)):
        opened = seeded(trees, 50, 20).with_cell(row, "district", '"Riverside')
        name = f"stray-quotes.opened-in-row-{row + 1}-{SIGNS[sign]}"
        yield sample(name, opened, Writing(sign, quoting="none"))
    closed = seeded(trees, 51, 20).with_cell(6, "condition", 'good"').with_cell(12, "species", '12" lime')
    yield sample("stray-quotes.closed-only", closed, Writing(",", quoting="none"))


def spaced_quotes() -> Iterator[Sample]:
    """Yield files with spaces before enclosed cells."""
    for sign in ",;":
        how = Writing(sign, quoting="texts")
        table = seeded(films, 52, 15)
        lines = [_spaced(line, sign) for line in how.lines(table)]
        yield sample(f"quotes.space-before-{SIGNS[sign]}", table, how, lines)


def quoted_lines() -> Iterator[Sample]:
    """Yield files in which a spreadsheet program has enclosed whole lines."""
    for name, table in (("texts", seeded(films, 53, 14)), ("numbers", seeded(weather, 54, 16))):
        how = Writing(",")
        lines = ['"' + line.replace('"', '""') + '"' for line in how.lines(table)]
        yield sample(f"stray-quotes.whole-lines-{name}", table, how, lines, quote='"')


def _without_commas(table: Table) -> Table:
    first, *others = table.columns
    return Table(
        (
            replace(first, cells=texts("", (cell and cell.split(",")[0] for cell in first.cells)).cells),
            *others,
        )
    )


def _spaced(line: str, sign: str) -> str:
    return line.replace(f'{sign}"', f'{sign} "')
