"""Files in the encodings of many languages, with few and with many words beyond ASCII."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import replace

from benchmarks.corpus.languages import answers
from benchmarks.corpus.sample import Sample
from benchmarks.corpus.tables import Table
from benchmarks.corpus.topics import boutique, seeded, trees
from benchmarks.corpus.writing import Writing, sample

# A language, an encoding in which its files came, a delimiter, the decimal sign and the number of rows.
_FILES = (
    ("hungarian", "cp1250", ";", ",", 30),
    ("hungarian", "iso8859-2", "\t", ".", 14),
    ("polish", "cp1250", ";", ",", 24),
    ("polish", "iso8859-2", ",", ".", 40),
    ("polish", "cp852", ";", ",", 20),
    ("czech", "cp1250", ";", ",", 12),
    ("czech", "iso8859-2", ",", ".", 28),
    ("czech", "cp852", "\t", ",", 18),
    ("romanian", "cp1250", ",", ".", 26),
    ("romanian", "iso8859-2", ";", ",", 16),
    ("turkish", "cp1254", ";", ",", 22),
    ("turkish", "iso8859-9", ",", ".", 15),
    ("french", "mac-roman", ";", ",", 25),
    ("german", "mac-roman", "\t", ",", 18),
    ("spanish", "mac-roman", ",", ".", 12),
    ("german", "cp850", ";", ",", 30),
    ("french", "cp850", ",", ".", 20),
    ("german", "cp1252", ";", ",", 13),
    ("french", "iso8859-1", ";", ",", 40),
    ("spanish", "cp1252", ",", ".", 24),
    ("portuguese", "cp1252", ";", ",", 19),
    ("swedish", "iso8859-1", "\t", ",", 15),
    ("french", "iso8859-15", ",", ".", 14),
    ("lithuanian", "cp1257", ";", ",", 21),
    ("russian", "cp1251", ";", ",", 24),
    ("russian", "cp866", ";", ",", 16),
    ("russian", "koi8-r", ",", ".", 30),
    ("russian", "iso8859-5", "\t", ".", 20),
    ("greek", "cp1253", ";", ",", 18),
    ("greek", "iso8859-7", ",", ".", 26),
    ("japanese", "cp932", ",", ".", 12),
    ("japanese", "cp932", "\t", ".", 36),
    ("japanese", "euc-jp", ",", ".", 20),
    ("chinese", "gb18030", ",", ".", 15),
    ("chinese", "gb18030", ";", ".", 40),
    ("taiwanese", "big5", ",", ".", 24),
    ("korean", "cp949", ",", ".", 22),
    ("hebrew", "cp1255", ",", ".", 18),
    ("arabic", "cp1256", ";", ".", 24),
)


def of_languages() -> Iterator[Sample]:
    """Yield files in encodings with one or two bytes for a letter."""
    for seed, (language, encoding, delimiter, decimal, n_rows) in enumerate(_FILES, 220):
        table = answers(language, n_rows, seed, decimal)
        how = Writing(delimiter, decimal=decimal, text_encoding=encoding)
        yield sample(f"encodings.{language}-{encoding}-{n_rows}-rows", table, how)


def few_letters() -> Iterator[Sample]:
    """Yield files with a single word beyond ASCII, or only in the header."""
    one = seeded(trees, 260, 30).with_cell(21, "district", "Höhenweg")
    yield sample("encodings.one-word-cp1252", one, Writing(",", text_encoding="cp1252"))
    one = seeded(trees, 261, 30).with_cell(2, "district", "Cité Élysée")
    yield sample("encodings.one-cell-mac-roman", one, Writing(";", text_encoding="mac-roman"))
    names = seeded(trees, 262, 12).renamed("Baumart", "Bezirk", "Höhe", "Umfang", "gepflanzt", "Zustand")
    yield sample("encodings.only-a-name-cp1252", names, Writing("\t", text_encoding="cp1252"))
    polish = answers("polish", 12, 263)
    places = Table((polish.columns[1], *polish.columns[2:4]))
    yield sample("encodings.places-cp1250", places, Writing(",", text_encoding="cp1250"))


def unicode() -> Iterator[Sample]:
    """Yield files in the encodings of Unicode, with and without byte order marks."""
    for language, delimiter in (("polish", ","), ("japanese", "\t"), ("greek", ";")):
        table = answers(language, 14, 264)
        yield sample(f"unicode.utf-8-{language}", table, Writing(delimiter))
        marked = Writing(delimiter, text_encoding="utf-8-sig", line_end="\r\n")
        yield sample(f"unicode.utf-8-mark-{language}", table, marked)
    quoted = Writing(";", quoting="all", text_encoding="utf-8-sig", decimal=",")
    yield sample("unicode.utf-8-mark-all-quoted", seeded(boutique, 265, 12, ","), quoted)
    for order, mark in (("le", codecs.BOM_UTF16_LE), ("be", codecs.BOM_UTF16_BE)):
        encoding = f"utf-16-{order}"
        for language, delimiter in (("hungarian", "\t"), ("russian", ","), ("korean", ";")):
            table = answers(language, 15, 266)
            how = Writing(delimiter, text_encoding=encoding, line_end="\r\n")
            yield sample(f"unicode.{encoding}-{language}", table, how)
            marked = Writing(delimiter, text_encoding=encoding, mark=mark)
            truth = {"text_encoding": "utf-16"}
            yield sample(f"unicode.{encoding}-mark-{language}", table, marked, **truth)
    plain = Writing("\t", text_encoding="utf-16-le", mark=codecs.BOM_UTF16_LE, line_end="\r\n")
    yield sample("unicode.utf-16-le-mark-ascii", seeded(trees, 267, 16), plain, text_encoding="utf-16")
    table = answers("french", 13, 268)
    marked = Writing(",", text_encoding="utf-32-le", mark=codecs.BOM_UTF32_LE)
    yield sample("unicode.utf-32-mark", table, marked, text_encoding="utf-32")


def broken() -> Iterator[Sample]:
    """Yield files in UTF-8 with a few bytes that are not."""
    for language, delimiter, town in (
        ("german", ";", "M�nchen"),
        ("polish", ",", "Krak�w"),
        ("spanish", "\t", "M�laga"),
    ):
        table = answers(language, 40, 269)
        table = table.with_cell(19, table.names[1], town)
        made = sample(f"unicode.broken-{language}", table, Writing(delimiter))
        yield replace(made, content=made.content.replace("�".encode(), b"\xf3"))
