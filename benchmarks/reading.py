"""Compare readers on the corpus of messy files, and write a table of how many they read right.

Run it in the parent folder; it takes some minutes: ``python -m benchmarks.reading``.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

from benchmarks.corpus import FOLDER, Sample, Truth, load_samples
from benchmarks.document import DOCUMENT, table, versions, write
from benchmarks.readers import OURS, READERS, read_ours
from benchmarks.scoring import STEPS, Verdict, judge
from qenn_core.data import ReadOptions
from qenn_core.errors import DataError

SECTION = "reading"
CORRECTED = "with two corrections"
MAX_CORRECTIONS = 2
MAX_SECONDS = 10

Results = Mapping[str, Mapping[str, Verdict]]

logger = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark with command-line options, print the tables, and write them."""
    options = _parse(arguments)
    samples = [sample for sample in load_samples() if not options.kinds or sample.kind in options.kinds]
    results = {name: judge_all(name, samples) for name in options.readers if READERS[name].installed}
    if OURS in results:
        wrong = [sample for sample in samples if results[OURS][sample.name].difference]
        results[CORRECTED] = {**results[OURS], **judge_all(CORRECTED, wrong)}
    text = report(samples, results)
    print(text)
    if options.failures and OURS in results:
        print(failures(results))
    if options.output is not None:
        write(options.output, text, SECTION)


def judge_all(reader: str, samples: Sequence[Sample]) -> dict[str, Verdict]:
    """Let a reader read samples, in another process that is ended if a file takes too long.

    Rivals get only texts.

    Parameters
    ----------
    reader : str
        A key of `READERS`, or `CORRECTED`.
    samples : sequence of Sample
        What to read.
    """
    logger.info("reading %d files: %s", len(samples), reader)
    verdicts = {}
    pool = _pool()
    for sample in samples:
        if reader not in (OURS, CORRECTED) and not sample.is_text:
            continue
        try:
            verdicts[sample.name] = pool.apply_async(_judge, (reader, sample.name)).get(MAX_SECONDS)
        except multiprocessing.TimeoutError:
            verdicts[sample.name] = Verdict(0, f"not read within {MAX_SECONDS} seconds")
            pool.terminate()
            pool = _pool()
    pool.terminate()
    return verdicts


def report(samples: Sequence[Sample], results: Results) -> str:
    """Return the tables of files that are read right, in Markdown."""
    readers = [name for name in dict.fromkeys((OURS, CORRECTED, *READERS)) if name in results]
    head = ("kind", "files", *readers)
    lines = [
        *_kinds(samples, results, readers, is_text=True),
        *_kinds(samples, results, readers, is_text=False),
    ]
    steps = table(("reader", *_step_names()), _steps(samples, results, readers))
    packages = versions(["pandas", "duckdb", "clevercsv", "polars"])
    return f"{table(head, lines)}\n\nText files, by how far they are right:\n\n{steps}\n\n{packages}."


def failures(results: Results) -> str:
    """Return a list of what our reader does not read right, with the first differences."""
    lines = []
    for name, verdict in results[OURS].items():
        if verdict.difference:
            remedy = "" if results[CORRECTED][name].difference else " (can be corrected)"
            lines.append(f"- {name}: {verdict.difference}{remedy}")
    return "\n".join(lines)


def settings(truth: Truth) -> dict[str, Any]:
    """Return the right dialect as options of our reader, as far as it has them."""
    chosen = {
        "delimiter": truth.delimiter,
        "quote": truth.quote or "",
        "text_encoding": truth.text_encoding,
        "header": truth.header_rows,
        "skip_rows": truth.skip_rows,
        "decimal": truth.decimal,
        "sheet": truth.sheet,
    }
    fields = ReadOptions.model_fields
    return {name: value for name, value in chosen.items() if name in fields and value is not None}


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--readers", nargs="+", choices=READERS, default=list(READERS), help="what to compare"
    )
    parser.add_argument("--kinds", nargs="+", help="kinds of samples to read; by default all")
    parser.add_argument("--failures", action="store_true", help="list what our reader does not read right")
    parser.add_argument(
        "--output", type=Path, help=f"write the tables into this file, such as {DOCUMENT.name}"
    )
    return parser.parse_args(arguments)


def _pool() -> Any:
    pool = multiprocessing.get_context("spawn").Pool(1)
    pool.apply(_samples)  # the time limit is that of reading, not of imports
    return pool


@cache
def _samples() -> dict[str, Sample]:
    return {sample.name: sample for sample in load_samples()}


def _judge(reader: str, name: str) -> Verdict:
    return judge_one(reader, _samples()[name])


def judge_one(reader: str, sample: Sample) -> Verdict:
    """Let a reader read a sample, in this process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if reader == CORRECTED:
            return max(
                (_judge_ours(sample, options) for options in _corrections(sample.truth)), key=_steps_right
            )
        if reader == OURS:
            return _judge_ours(sample, {})
        try:
            return judge(sample.truth, READERS[reader].read(FOLDER / sample.file_name))
        except Exception as error:  # whatever a reader raises, it has not read the file
            return Verdict(0, f"{type(error).__name__}: {error}")


def _judge_ours(sample: Sample, options: Mapping[str, Any]) -> Verdict:
    word = sample.truth.refused
    try:
        got = read_ours(FOLDER / sample.file_name, **options)
    except DataError as error:
        right = word is not None and word.lower() in str(error).lower()
        return Verdict(len(STEPS)) if right else Verdict(0, f"refused: {error.what}")
    except Exception as error:  # in the app, a failed reading process
        return Verdict(0, f"{type(error).__name__}: {error}")
    if word is not None:
        return Verdict(0, f"read as a table of {len(got.names)} columns, though it is {word}")
    return judge(sample.truth, got)


def _corrections(truth: Truth) -> Iterator[dict[str, Any]]:
    """Yield the settings that a user could choose, at most two at once."""
    right = settings(truth) if truth.refused is None else {}
    for size in range(MAX_CORRECTIONS + 1):
        for names in combinations(right, size):
            yield {name: right[name] for name in names}


def _steps_right(verdict: Verdict) -> tuple[bool, int]:
    return not verdict.difference, verdict.n_steps


def _kinds(
    samples: Sequence[Sample], results: Results, readers: Sequence[str], *, is_text: bool
) -> Iterator[list[str]]:
    """Yield a line for each kind, and one for all of them."""
    chosen = [sample for sample in samples if sample.is_text == is_text]
    sizes = Counter(sample.kind for sample in chosen)
    right = {
        reader: Counter(
            sample.kind
            for sample in chosen
            if sample.name in results[reader] and not results[reader][sample.name].difference
        )
        for reader in readers
    }
    scored = [is_text or reader in (OURS, CORRECTED) for reader in readers]
    for kind, size in sizes.items():
        cells = (
            str(right[reader][kind]) if is_scored else ""
            for reader, is_scored in zip(readers, scored, strict=True)
        )
        yield [kind, str(size), *cells]
    total = sizes.total()
    shares = (
        f"**{right[reader].total() / total:.1%}**" if is_scored and total else ""
        for reader, is_scored in zip(readers, scored, strict=True)
    )
    yield ["**text files**" if is_text else "**other formats**", f"**{total}**", *shares]


def _step_names() -> Iterator[str]:
    yield STEPS[0]
    yield from (f"{step} too" for step in STEPS[1:])


def _steps(samples: Sequence[Sample], results: Results, readers: Sequence[str]) -> Iterator[list[str]]:
    names = [sample.name for sample in samples if sample.is_text]
    for reader in readers:
        reached = [results[reader][name].n_steps for name in names]
        shares = (sum(n > step for n in reached) / max(len(names), 1) for step in range(len(STEPS)))
        yield [reader, *(f"{share:.1%}" for share in shares)]


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    main()
