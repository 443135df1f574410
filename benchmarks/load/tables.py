"""The tables of the classes, in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from statistics import median

from benchmarks.document import cpu, rounded, table, versions
from benchmarks.load.figures import PAGES, Classes, Spread
from benchmarks.load.pupil import Kind

PACKAGES = ("streamlit", "distributed", "torch", "pennylane", "SQLAlchemy")
ANSWERS: dict[str, tuple[Kind, ...]] = {
    "the app opened by all at once, cold browsers": ("open",),
    "Train pressed by all at once": ("train",),
    "page drawn again for a new state of its run": ("state",),
    "page drawn again for a changed setting": ("setting",),
    "**all page answers while all train**": PAGES,
    "live state of a run": ("feed",),
}
# The first classes fill what the server keeps at hand: the last fifty runs, and the sessions of two minutes,
# in which so many come. From then on it should hold what it holds.
FILLING = 9
# Below the unrest of what Python and its libraries hold; a run that was kept would take ten times as much.
MOST_GROWTH = 20e3


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
    over_training = [one.watched / one.training for one in classes.comparisons]
    over_run = [one.watched / one.run for one in classes.comparisons]
    growth = classes.growth(FILLING)
    lines = [
        ("errors", "none", f"{len(classes.errors)} in {runs} runs", not classes.errors),
        ("runs finished and stored", "all", f"{classes.stored} of {runs}", classes.stored == runs),
        ("page answers while all train, 95 of 100 within", "< 1 s", f"{rounded(slow)} s", slow < 1),
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
            (quantity, f"≤ {MOST_GROWTH / 1e3:.0f} kB", f"{growth / 1e3:+.1f} kB", growth <= MOST_GROWTH)
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
        ("answer", "number", "median, s", "95 of 100 within, s", "slowest, s"),
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
                f"pure compute in {classes.workers} processes: from first to last",
                _typical(classes.pure),
            ),
            (
                "the class: from the first press to the last end",
                _typical(lesson.seconds for lesson in lessons),
            ),
            ("until the last pupil sees it", _typical(lesson.seen for lesson in lessons)),
            ("CPU of the workers", _typical(lesson.usage.workers for lesson in lessons)),
            ("CPU of the server", _typical(lesson.usage.server for lesson in lessons)),
            ("CPU of the scheduler", _typical(lesson.usage.scheduler for lesson in lessons)),
            (f"CPU of what stands for the {n} browsers", _typical(lesson.pupils_cpu for lesson in lessons)),
            ("one run, watched, on the idle server", _typical(one.watched for one in classes.comparisons)),
            ("the same run bare", _typical(one.run for one in classes.comparisons)),
            ("its training alone", _typical(one.training for one in classes.comparisons)),
        ],
    )


def _typical(values: Iterable[float]) -> str:
    return rounded(median(values))


def _memory(classes: Classes) -> str:
    held = [classes.memory_at_start, *(lesson.memory for lesson in classes.lessons)]
    return table(
        ("runs", "server's memory, MB"),
        ((str(number * classes.n_pupils), f"{memory / 1e6:.0f}") for number, memory in enumerate(held)),
    )
