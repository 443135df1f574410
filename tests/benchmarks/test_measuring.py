"""Contenders take turns in separate processes, and the failure of one does not affect the others."""

import time
from collections.abc import Mapping

import pytest

from benchmarks.contenders.registry import CONTENDERS, Contender, Step
from benchmarks.measure import Effort, Figures, Outcome, measure
from benchmarks.problem import Circuit, Problem

pytestmark = pytest.mark.slow

PROBLEM = Problem(Circuit(3, 1), batch=32)
EFFORT = Effort(turns=2, turn_seconds=0.02, steps=4, patience=0.5, timeout=5)


def steady(problem: Problem) -> Step:
    def step() -> float:
        time.sleep(0.01)
        return 0.5

    return step


def different(problem: Problem) -> Step:
    return lambda: 0.6


def slow_to_build(problem: Problem) -> Step:
    if problem == PROBLEM:
        time.sleep(0.3)
    return steady(problem)


def slow(problem: Problem) -> Step:
    def step() -> float:
        time.sleep(0.4)
        return 0.5

    return step


def hungry(problem: Problem) -> Step:
    if problem.batch > 8:
        bytearray(2**50)
    return steady(problem)


def broken(problem: Problem) -> Step:
    raise ValueError("no such gate")


def silent(problem: Problem) -> Step:
    if problem == PROBLEM:
        time.sleep(60)
    return steady(problem)


@pytest.fixture
def enter(monkeypatch: pytest.MonkeyPatch):
    def measured(*makers, effort: Effort = EFFORT) -> Mapping[str, Outcome]:
        for make in makers:
            monkeypatch.setitem(
                CONTENDERS, make.__name__, Contender(make.__name__, f"{__name__}:{make.__name__}")
            )
        return measure([make.__name__ for make in makers], PROBLEM, effort)

    return measured


def test_figures_of_steps(enter) -> None:
    figures = enter(steady, slow_to_build)
    for outcome in figures.values():
        assert isinstance(outcome, Figures)
        assert 0.01 <= outcome.step < 0.1
        assert outcome.training >= outcome.first_step + 3 * 0.01
        assert not outcome.extrapolated
        assert outcome.batch == PROBLEM.batch
        assert outcome.share_of_core < 0.5, "it sleeps most of the time"
        assert outcome.peak_memory >= outcome.memory_before > 2**20
    assert figures["slow_to_build"].first_step >= 0.3 > figures["steady"].first_step


def test_training_beyond_patience_is_extrapolated(enter) -> None:
    figures = enter(slow)["slow"]
    assert figures.extrapolated
    assert figures.training == pytest.approx(4 * 0.4, rel=0.2)


def test_contender_out_of_memory_gets_fewer_rows(enter) -> None:
    figures = enter(hungry)["hungry"]
    assert figures.batch == 8
    assert figures.step >= 4 * 0.01, "scaled to all rows"


def test_failure_is_reported_and_isolated(enter) -> None:
    figures = enter(broken, steady)
    assert figures["broken"] == "ValueError: no such gate"
    assert isinstance(figures["steady"], Figures)


def test_timeout_is_a_failure(enter) -> None:
    effort = Effort(turns=1, turn_seconds=0, steps=4, patience=0.5, timeout=0.5)
    assert enter(silent, effort=effort)["silent"] == "took longer than 0.5 s"


def test_different_losses_raise_an_error(enter) -> None:
    with pytest.raises(ValueError, match="steady and different do not train the same model"):
        enter(steady, different)
