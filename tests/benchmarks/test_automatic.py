"""What is essential of the comparison of automatic with fixed settings, on a few seeds."""

from __future__ import annotations

from statistics import mean

import pytest

from benchmarks.automatic import Problem, Result, measure, report
from qenn_core.experiment import ExperimentSpec


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "margin", "expected"), [("two_curves", 0.05, 0.93), ("linearly_separable", 0.2, 0.97)]
)
def test_ten_features_are_learnt_by_automatic_settings(source: str, margin: float, expected: float) -> None:
    data = {"source": source, "params": {"n_features": 10, "n_samples": 200}}
    problem = measure(source, ExperimentSpec().with_(data=data), seeds=range(2))
    fixed, automatic = (mean(result.accuracies) for result in (problem.fixed, problem.automatic))
    assert problem.n_features == 10
    assert automatic > expected
    assert automatic > fixed + margin


def test_report_counts_what_was_won_and_lost() -> None:
    def problem(*gains: float) -> Problem:
        spec = ExperimentSpec()
        fixed = Result(spec, tuple(0.5 for _ in gains), tuple(30 for _ in gains))
        automatic = Result(spec, tuple(0.5 + gain for gain in gains), fixed.epochs)
        return Problem("Data", 2, fixed.accuracies, fixed, automatic)

    table, _, summary = report(
        [problem(0.1, 0.11, 0.12), problem(-0.1, -0.11, -0.12), problem(-0.1, 0.1, 0.0)]
    ).rpartition("\n\n")
    assert "on 1 of 3 data sets, and less accurate on 1" in summary
    assert "| +11.0 ± 2.5 |" in table
    assert "| +0.0 ±" in table
