"""The tables of the engine benchmark, in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from statistics import median

from benchmarks.contenders.registry import CONTENDERS
from benchmarks.document import cpu, rounded, table, versions
from benchmarks.measure import Figures, Outcome
from benchmarks.rows import ROWS, Row
from benchmarks.targets import Quantity, Target

PACKAGES = (
    "torch",
    "pennylane",
    "pennylane-lightning",
    "jax",
    "jaxlib",
    "optax",
    "tensorcircuit-ng",
    "numpy",
)

QUANTITIES: dict[Quantity, str] = {
    "first_step": "build and first step",
    "step": "step",
    "training": "whole training",
    "peak_memory": "peak memory",
}

Results = Mapping[str, Mapping[str, Outcome]]
"""Outcomes by key of the row and of the contender."""


def report(results: Results, *, steps: int) -> str:
    """Return the tables of targets and of figures.

    Parameters
    ----------
    results : mapping
        Outcomes of the measured rows.
    steps : int
        Length of a whole training.
    """
    return "\n\n".join(
        [
            _machine(),
            _core_usage(results),
            "## Targets",
            _targets(results),
            "## Figures",
            *(_figures(ROWS[key], outcomes, steps) for key, outcomes in results.items()),
        ]
    )


def _machine() -> str:
    return f"Measured on {date.today():%-d %B %Y} on one core of {cpu()}: {versions(PACKAGES)}."


def _core_usage(results: Results) -> str:
    shares = [
        outcome.share_of_core
        for outcomes in results.values()
        for outcome in outcomes.values()
        if isinstance(outcome, Figures)
    ]
    return (
        f"During the measurements, contenders had the core for {median(shares):.0%} of the time (median; "
        f"minimum: {min(shares):.0%}). If this is far below 100%, the machine was busy with other work."
        if shares
        else "No contender could be measured."
    )


def _targets(results: Results) -> str:
    return table(
        ("circuit", "quantity", "target", "measured", "data encoded once", "verdict"),
        (
            _target(target, ROWS[key].title, outcomes)
            for key, outcomes in results.items()
            for target in ROWS[key].targets
        ),
    )


def _target(target: Target, title: str, outcomes: Mapping[str, Outcome]) -> tuple[str, ...]:
    value = target.measured(outcomes)
    encoded = _with_encoded_data(target).measured(outcomes)
    return (
        title,
        _description(target),
        f"≥ {_formatted(target, target.at_least)}"
        if target.at_least
        else f"≤ {_formatted(target, target.at_most)}",
        _formatted(target, value),
        _formatted(target, encoded),
        "not measured" if value is None else "reached" if target.reached(value) else "**missed**",
    )


def _with_encoded_data(target: Target) -> Target:
    replacement = {"fused": "encoded"}
    over = None if target.over is None else replacement.get(target.over, target.over)
    return replace(target, of=replacement.get(target.of, target.of), over=over)


def _description(target: Target) -> str:
    labels = [CONTENDERS[key].label for key in (target.of, target.over) if key is not None]
    return f"{QUANTITIES[target.quantity]}: {' ÷ '.join(labels)}"


def _formatted(target: Target, value: float | None) -> str:
    if value is None:
        return "–"
    if target.over is not None:
        return f"{rounded(value)}×"
    return f"{rounded(value / 1e9)} GB" if target.quantity == "peak_memory" else f"{rounded(value)} s"


def _figures(row: Row, outcomes: Mapping[str, Outcome], steps: int) -> str:
    reference = outcomes.get("fused")
    unit = reference.step if isinstance(reference, Figures) else None
    head = (
        "contender",
        "step, ms",
        f"times {CONTENDERS['fused'].label}",
        "build and first step, s",
        f"{steps} steps from scratch, s",
        "peak memory (before), MB",
    )
    lines = (
        (CONTENDERS[key].label, *_cells(outcome, unit, len(head) - 1)) for key, outcome in outcomes.items()
    )
    notes = _notes(outcomes, row.problem.batch)
    return "\n\n".join([f"### {row.title}", table(head, lines), *notes])


def _cells(outcome: Outcome, unit: float | None, n_cells: int) -> Sequence[str]:
    if isinstance(outcome, str):
        return (outcome, *[""] * (n_cells - 1))
    return (
        rounded(outcome.step * 1e3),
        "–" if unit is None else rounded(outcome.step / unit),
        rounded(outcome.first_step),
        rounded(outcome.training) + " †" * outcome.extrapolated,
        f"{outcome.peak_memory / 1e6:.0f} ({outcome.memory_before / 1e6:.0f})",
    )


def _notes(outcomes: Mapping[str, Outcome], batch: int) -> Iterator[str]:
    measured = {key: outcome for key, outcome in outcomes.items() if isinstance(outcome, Figures)}
    if any(figures.extrapolated for figures in measured.values()):
        yield "† Not run to the end: missing steps are counted at the median of a step."
    for key, figures in measured.items():
        if figures.batch != batch:
            yield (
                f"{CONTENDERS[key].label} ran out of memory with {batch} rows. "
                f"It was measured with {figures.batch}: "
                f"its times are multiplied by {batch // figures.batch}, its memory is not."
            )
