"""The tables of the classroom benchmark, in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from statistics import median

from benchmarks.document import cpu, rounded, table, versions
from benchmarks.load.figures import PAGES, Classes, Spread
from benchmarks.load.pupil import Kind

PACKAGES = ("streamlit", "distributed", "torch", "pennylane", "SQLAlchemy")
ANSWERS: dict[str, tuple[Kind, ...]] = {
    "all open the app simultaneously, cold browsers": ("open",),
    "all press Train simultaneously": ("train",),
    "page redrawn for a new state of its run": ("state",),
    "page redrawn for a changed setting": ("setting",),
    "**all page answers while all train**": PAGES,
    "live state of a run": ("feed",),
}
# The first classes fill the caches of the server: the last fifty runs, and the sessions of two minutes, in
# which this many classes come. From then on, its memory should be constant.
FILLING = 9
# Less than the memory of Python and its libraries fluctuates; a leaked run would take ten times as much.
MAX_GROWTH = 20e3


def report(classes: Classes) -> str:
    """Return all tables."""
    when = f"{date.today():%-d %B %Y}"
    tables = [
        f"Measured on {when} with {classes.workers} training workers on {cpu()}: {versions(PACKAGES)}.",
        _targets(classes),
        "### Answers",
        _answers(classes),
        "### Where the time goes",
        _times(classes),
        "### Memory",
        _memory(classes),
    ]
    if classes.errors:
        tables += ["### Errors", "\n".join(f"- {error}" for error in classes.errors)]
    return "\n\n".join(tables)


def _targets(classes: Classes) -> str:
    n, runs = classes.n_pupils, classes.runs
    pages = Spread.of(classes.answers, *PAGES)
    slow = pages.slow if pages else 0.0
    slowdown = median(classes.slowdowns)
    over_training = [c.watched / c.training for c in classes.comparisons]
    over_run = [c.watched / c.run for c in classes.comparisons]
    growth = classes.growth(FILLING)
    lines = [
        ("errors", "none", f"{len(classes.errors)} in {runs} runs", not classes.errors),
        ("runs finished and stored", "all", f"{classes.stored} of {runs}", classes.stored == runs),
        ("page answers while all train, 95th percentile", "< 1 s", f"{rounded(slow)} s", slow < 1),
        (
            f"last of {n} default runs ends ÷ pure compute of all {n}",
            "≤ 1.3×",
            _ranged(classes.slowdowns),
            slowdown <= 1.3,
        ),
        (
            "a watched run, from the press to its end ÷ its training alone",
            "≤ 1.15×",
            _ranged(over_training),
            median(over_training) <= 1.15,
        ),
        (
            "a watched run, from the press to its end ÷ the same run bare",
            "≤ 1.15×",
            _ranged(over_run),
            median(over_run) <= 1.15,
        ),
    ]
    if growth is not None:
        quantity = f"growth of the server's memory after the first {FILLING * n} runs, for each run"
        lines.append(
            (quantity, f"≤ {MAX_GROWTH / 1e3:.0f} kB", f"{growth / 1e3:+.1f} kB", growth <= MAX_GROWTH)
        )
    return table(
        ("quantity", "target", "measured", "verdict"),
        ((*cells, "reached" if reached else "**missed**") for *cells, reached in lines),
    )


def _ranged(values: Sequence[float]) -> str:
    return f"{median(values):.2f}× ({min(values):.2f} to {max(values):.2f})"


def _answers(classes: Classes) -> str:
    spreads = {label: Spread.of(classes.answers, *kinds) for label, kinds in ANSWERS.items()}
    return table(
        ("answer", "number", "median, s", "95th percentile, s", "slowest, s"),
        (
            (label, str(spread.count), *map(rounded, (spread.middle, spread.slow, spread.slowest)))
            for label, spread in spreads.items()
            if spread
        ),
    )


def _times(classes: Classes) -> str:
    n, lessons = classes.n_pupils, classes.lessons
    return table(
        (f"{n} default runs, median of {len(lessons)} classes", "seconds"),
        [
            (
                f"pure compute in {classes.workers} processes, in total",
                _typical(classes.pure),
            ),
            (
                "the class, from the first press to the end of the last run",
                _typical(lesson.seconds for lesson in lessons),
            ),
            ("until the last pupil sees the end", _typical(lesson.seen for lesson in lessons)),
            ("CPU of the workers", _typical(lesson.usage.workers for lesson in lessons)),
            ("CPU of the server", _typical(lesson.usage.server for lesson in lessons)),
            ("CPU of the scheduler", _typical(lesson.usage.scheduler for lesson in lessons)),
            (f"CPU of the {n} simulated browsers", _typical(lesson.pupils_cpu for lesson in lessons)),
            ("one run, watched, on the idle server", _typical(c.watched for c in classes.comparisons)),
            ("the same run bare", _typical(c.run for c in classes.comparisons)),
            ("its training alone", _typical(c.training for c in classes.comparisons)),
        ],
    )


def _typical(values: Iterable[float]) -> str:
    return rounded(median(values))


def _memory(classes: Classes) -> str:
    memory = [classes.memory_at_start, *(lesson.memory for lesson in classes.lessons)]
    return table(
        ("runs", "server's memory, MB"),
        ((str(number * classes.n_pupils), f"{bytes_ / 1e6:.0f}") for number, bytes_ in enumerate(memory)),
    )
