"""All rules, and the samples that they make."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from benchmarks.corpus.rules import (
    amounts,
    around,
    delimiters,
    encodings,
    formats,
    headers,
    lines,
    plain,
    quoting,
    workbooks,
)
from benchmarks.corpus.sample import Sample

Rule = Callable[[], Iterator[Sample]]

RULES: tuple[Rule, ...] = (
    *(plain.plain, plain.gaps, plain.small),
    *(quoting.apostrophes, quoting.single_quotes, quoting.inches, quoting.quotes, quoting.stray_quotes),
    *(quoting.spaced_quotes, quoting.quoted_lines),
    *(delimiters.every_cell_quoted, delimiters.separator_line, delimiters.unusual, delimiters.aligned),
    *(delimiters.ruled, delimiters.at_line_ends, delimiters.in_cells),
    *(headers.without, headers.all_texts, headers.of_other_width, headers.odd_names),
    *(headers.several_rows, headers.units_below, headers.three_rows),
    *(around.titles, around.padded_titles, around.details, around.comments, around.footnotes),
    *(around.repeated_headers, around.totals),
    *(amounts.currencies, amounts.units, amounts.groups, amounts.signs, amounts.with_gap_words),
    *(amounts.three_digits, amounts.no_numbers),
    *(encodings.of_languages, encodings.few_letters, encodings.unicode, encodings.broken),
    *(lines.ends, lines.blanks, lines.controls, lines.short, lines.long),
    *(formats.packed, formats.json_tables, formats.no_tables),
    *(workbooks.excel, workbooks.excel_headers, workbooks.excel_cells, workbooks.open_document),
    workbooks.parquet,
)
# Rules for files that are no plain text; these depend on the versions of libraries.
PACKED: tuple[Rule, ...] = (formats.packed, workbooks.parquet)


def make_samples(rules: Iterable[Rule] = RULES) -> list[Sample]:
    """Return the samples of rules, by default of all.

    Raises
    ------
    ValueError
        If two samples have the same name.
    """
    samples = [sample for rule in rules for sample in rule()]
    names = [sample.name for sample in samples]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"several samples are called {', '.join(twice)}")
    return samples
