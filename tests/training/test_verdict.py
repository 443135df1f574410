from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qenn_core.comparison.verdict import (
    compare_predictions,
    design_effect,
    mcnemar_p_value,
    paired_interval,
)


def verdict_of(both, only_quantum, only_classical, neither):
    """Compare two models, given how many rows both, one or neither predicted correctly."""
    quantum = [0] * (both + only_quantum) + [1] * (only_classical + neither)
    classical = [0] * both + [1] * only_quantum + [0] * only_classical + [1] * neither
    return compare_predictions([0] * len(quantum), quantum, classical, "Logistic regression")


def test_clear_lead_of_the_qenn():
    verdict = verdict_of(40, 15, 1, 4)
    assert verdict.ahead == "quantum"
    assert verdict.sentence == (
        "The QENN is 23.3 points ahead of logistic regression on 60 test rows, more than chance alone "
        "would explain (95% interval: 10 to 35 points ahead)."
    )


def test_clear_lead_of_the_baseline():
    verdict = verdict_of(40, 1, 15, 4)
    assert verdict.ahead == "classical"
    assert verdict.sentence.startswith("Logistic regression is 23.3 points ahead of the QENN on 60 test")
    assert "more than chance" in verdict.sentence
    assert "(95% interval: 10 to 35 points ahead)" in verdict.sentence


def test_small_lead_may_be_chance():
    verdict = verdict_of(48, 5, 3, 4)
    assert verdict.ahead is None
    assert verdict.points == pytest.approx(100 * 2 / 60)
    assert verdict.low < 0 < verdict.high
    assert "could be chance alone" in verdict.sentence
    assert "3.3 points ahead" in verdict.sentence
    assert "(95% interval: 7 points behind to 13 points ahead)" in verdict.sentence


@pytest.mark.parametrize("counts", [(60, 0, 0, 0), (0, 0, 0, 60), (50, 3, 3, 4), (1, 0, 0, 0)])
def test_equal_accuracy_has_an_interval_around_zero(counts):
    verdict = verdict_of(*counts)
    assert verdict.ahead is None
    assert verdict.points == 0
    assert verdict.low < 0 < verdict.high
    rows = "1 test row" if sum(counts) == 1 else f"{sum(counts)} test rows"
    assert verdict.sentence.startswith(
        f"The QENN and logistic regression are equally accurate on {rows} (95% interval:"
    )


def test_few_rows_never_give_a_lead():
    assert verdict_of(0, 5, 0, 0).ahead is None


@given(*[st.integers(0, 40)] * 4)
def test_verdict_is_symmetric_and_within_range(both, only_quantum, only_classical, neither):
    if not both + only_quantum + only_classical + neither:
        return
    verdict = verdict_of(both, only_quantum, only_classical, neither)
    mirror = verdict_of(both, only_classical, only_quantum, neither)
    assert (mirror.points, mirror.low, mirror.high) == pytest.approx(
        (-verdict.points, -verdict.high, -verdict.low)
    )
    assert -100 <= verdict.low <= verdict.high <= 100
    assert "faster" not in verdict.sentence


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_the_two_sided_binomial_tail(first, second):
    discordant, extreme = first + second, max(first, second)
    tail = sum(comb(discordant, k) for k in range(extreme, discordant + 1)) / 2**discordant
    assert mcnemar_p_value(first, second) == pytest.approx(min(1.0, 2 * tail))


@pytest.mark.parametrize("n_rows", [20, 60, 200])
@pytest.mark.parametrize("shares", [(0.02, 0.02), (0.1, 0.05), (0.2, 0.05), (0.15, 0.15)])
def test_interval_covers_the_true_difference(n_rows, shares):
    """Simulate many test parts: nominally 95%, required 93% minus the error of the simulation."""
    outcomes = np.random.default_rng(1).multinomial(n_rows, [*shares, 1 - sum(shares)], size=4000)
    truth = shares[0] - shares[1]
    covered = [low <= truth <= high for low, high in (paired_interval(n_rows, b, c) for b, c, _ in outcomes)]
    assert np.mean(covered) > 0.92


def test_nobody_is_ahead_if_interval_and_exact_test_disagree():
    labels = [0] * 18
    quantum = [1] * 5 + [0] * 13
    verdict = compare_predictions(labels, quantum, [0] * 18, "Logistic regression")
    assert verdict.high < 0
    assert verdict.p_value >= 0.05
    assert verdict.ahead is None
    assert "differ on too few rows" in verdict.sentence
    assert "exact p = 0.06" in verdict.sentence


# --- rows in groups ------------------------------------------------------------------------------


def repeated(n_copies, both, only_quantum, only_classical, neither):
    """Compare two models on rows that each occur several times; return the verdict."""
    quantum = np.repeat([0] * (both + only_quantum) + [1] * (only_classical + neither), n_copies)
    classical = np.repeat([0] * both + [1] * only_quantum + [0] * only_classical + [1] * neither, n_copies)
    groups = np.repeat(np.arange(both + only_quantum + only_classical + neither), n_copies)
    labels = np.zeros(len(quantum), dtype=int)
    return compare_predictions(labels, quantum, classical, "Logistic regression", groups=groups)


@given(*[st.integers(0, 20)] * 4)
def test_copies_of_rows_add_no_evidence(both, only_quantum, only_classical, neither):
    if not both + only_quantum + only_classical + neither:
        return
    once = repeated(1, both, only_quantum, only_classical, neither)
    assert once == verdict_of(both, only_quantum, only_classical, neither)
    often = repeated(7, both, only_quantum, only_classical, neither)
    assert often.p_value == once.p_value
    assert often.points == pytest.approx(once.points)
    assert often.low <= once.low + 1e-9
    assert often.high >= once.high - 1e-9


def test_groups_are_counted_in_the_sentence():
    verdict = repeated(10, 1, 3, 0, 0)
    assert verdict.ahead is None
    assert "on 40 test rows in 4 groups, but" in verdict.sentence


def test_independent_rows_in_groups_lose_no_evidence():
    rng = np.random.default_rng(0)
    effects = [
        design_effect(rng.choice([-1, 0, 1], 400, p=[0.1, 0.7, 0.2]), np.repeat(np.arange(80), 5))
        for _ in range(100)
    ]
    assert 1 <= np.mean(effects) < 1.1


def test_interval_covers_the_true_difference_in_groups():
    """Simulate test parts of forty groups in which all rows agree: the counterpart treats rows as single."""
    rng = np.random.default_rng(1)
    grouped, single = [], []
    for _ in range(1000):
        groups = np.repeat(np.arange(40), rng.integers(1, 8, 40))
        differences = rng.choice([-1, 0, 1], 40, p=[0.1, 0.6, 0.3])[groups]
        effect = design_effect(differences, groups)
        first, second = (differences > 0).sum(), (differences < 0).sum()
        for covered, scale in ((grouped, effect), (single, 1.0)):
            low, high = paired_interval(len(groups) / scale, first / scale, second / scale)
            covered.append(low <= 0.2 <= high)
    assert np.mean(grouped) > 0.92
    assert np.mean(single) < 0.8


def test_memory_is_no_lead():
    verdict = compare_predictions([0] * 40, [0] * 40, [1] * 40, "Logistic regression", n_seen=40)
    assert verdict.ahead is None
    assert verdict.sentence == (
        "The QENN is 100.0 points ahead of logistic regression on 40 test rows, but 40 of them are equal to "
        "training or validation rows: this shows memory, not which model is better."
    )


def test_few_large_groups_are_no_lead_against_most_groups():
    """The QENN is right in ten large groups, and logistic regression in most of the others."""
    sizes = [30] * 10 + [1] * 25
    groups = np.repeat(np.arange(35), sizes)
    quantum = (groups >= 10).astype(int)
    verdict = compare_predictions(
        np.zeros(325, int), quantum, 1 - quantum, "Logistic regression", groups=groups
    )
    assert verdict.points > 80
    assert verdict.ahead is None
    assert "but not in most groups" in verdict.sentence


def test_limit_below_zero_never_reads_as_zero():
    sentence = verdict_of(7, 10, 3, 0).sentence
    assert "could be chance alone (95% interval: 1 point behind to" in sentence
