from dataclasses import replace

import numpy as np
import pytest

from qenn_core.comparison.baselines import fit_baselines
from qenn_core.comparison.compare import compare_models, quantum_result
from qenn_core.comparison.results import Comparison, ModelResult
from qenn_core.metrics import score
from qenn_core.registry import BASELINES
from qenn_core.training.records import Finished, Started


def finished_with(data, predictions) -> Finished:
    """Return the last record of a training with these test predictions."""
    one_hot = np.eye(data.n_classes)
    return Finished(
        reason="epochs",
        message="All 5 epochs are done.",
        epochs=5,
        best_epoch=5,
        seconds=1.5,
        train=score(data.train.labels, one_hot[data.train.labels]),
        validation=score(data.validation.labels, one_hot[data.validation.labels]),
        test=score(data.test.labels, one_hot[predictions]),
        predictions=tuple(predictions.tolist()),
    )


@pytest.fixture
def started(separable) -> Started:
    return Started(
        n_inputs=2,
        n_qubits=2,
        n_classes=2,
        n_parameters=12,
        parameters={"linear": 0, "quantum": 6, "classical": 6},
        rows={name: len(part.labels) for name, part in separable.parts.items()},
    )


def with_flipped_labels(data, part):
    return replace(data, **{part: data.parts[part]._replace(labels=1 - data.parts[part].labels)})


@pytest.mark.parametrize("baseline", BASELINES, ids=lambda baseline: baseline.key)
def test_baseline_fits_reproducibly_and_counts_its_parameters(baseline, separable):
    fits = [baseline.make(3).fit(separable.train.features, separable.train.labels) for _ in range(2)]
    probabilities = [fit.predict_proba(separable.test.features) for fit in fits]
    assert np.array_equal(*probabilities)
    assert score(separable.test.labels, probabilities[0]).accuracy > 0.9
    assert baseline.count_parameters(fits[0]) > 0


def test_logistic_regression_counts_coefficients_and_intercepts(prepared):
    points = np.random.default_rng(0).normal(size=(100, 4))
    [row] = fit_baselines(prepared(points, np.arange(100) % 3), seed=0)
    assert row.parameters == 3 * (4 + 1)


def test_unreduced_data_give_one_result_per_baseline(separable):
    rows = fit_baselines(separable, seed=0)
    assert [row.name for row in rows] == [baseline.label for baseline in BASELINES]


def test_reduced_data_give_results_with_and_without_reduction(separable, prepared):
    features = np.vstack([part.features for part in separable.parts.values()])
    labels = np.hstack([part.labels for part in separable.parts.values()])
    reduced, full = fit_baselines(prepared(features, labels, lambda rows: rows[:, :1]), seed=0)
    assert reduced.name == "Logistic regression (same inputs as the circuit)"
    assert full.name == "Logistic regression (all features)"
    assert (reduced.parameters, full.parameters) == (2, 3)
    assert full.test.accuracy > reduced.test.accuracy
    assert (full.kind, full.epochs, full.remark) == ("classical", None, "")


def test_baselines_are_fitted_on_the_training_part_only(separable):
    [row] = fit_baselines(separable, seed=0)
    for part in ("validation", "test"):
        [other] = fit_baselines(with_flipped_labels(separable, part), seed=0)
        assert other.predictions == row.predictions
        assert other.train == row.train


@pytest.mark.parametrize("baseline", BASELINES, ids=lambda baseline: baseline.key)
def test_baseline_does_not_depend_on_the_scale_of_columns(baseline, separable):
    rows, labels = separable.train.features, separable.train.labels
    large, small = (
        baseline.make(0).fit(rows * unit, labels).predict_proba(rows * unit) for unit in (1, 1e-3)
    )
    assert np.allclose(large, small)


def test_columns_that_differ_only_in_scale_give_one_result(separable, prepared):
    features = np.vstack([part.features for part in separable.parts.values()])
    labels = np.hstack([part.labels for part in separable.parts.values()])
    assert len(fit_baselines(prepared(features, labels, lambda rows: 3 * rows + 1), seed=0)) == 1
    assert len(fit_baselines(prepared(features, labels, lambda rows: rows**3), seed=0)) == 2


def test_constant_of_an_encoding_is_no_column_of_a_baseline(separable):
    constant = {
        name: part._replace(inputs=np.column_stack([part.inputs, np.full(len(part.labels), 2.0)]))
        for name, part in separable.parts.items()
    }
    with_constant = replace(separable, **constant, input_names=(*separable.input_names, "constant"))
    [expected], [result] = fit_baselines(separable, 0), fit_baselines(with_constant, 0)
    assert (result.name, result.parameters) == (expected.name, expected.parameters)
    assert result.predictions == expected.predictions


def test_class_missing_from_the_training_part_is_never_predicted(prepared):
    points = np.random.default_rng(0).normal(size=(50, 2))
    labels = np.arange(50) % 2
    labels[-5:] = 2
    [row] = fit_baselines(prepared(points, labels), seed=0)
    assert 2 not in row.predictions
    assert np.shape(row.test.confusion) == (3, 3)


def test_comparison_contains_results_verdicts_and_cautions(separable, started):
    baselines = fit_baselines(separable, seed=0)
    quantum = quantum_result(started, finished_with(separable, separable.test.labels))
    comparison = compare_models(quantum, baselines, separable)
    assert [row.kind for row in comparison.rows] == ["quantum", "classical"]
    assert (quantum.parameters, quantum.epochs, quantum.test.accuracy) == (12, 5, 1.0)
    [verdict] = comparison.verdicts
    assert verdict.against == baselines[0].name
    assert verdict.points == pytest.approx(100 * (1 - baselines[0].test.accuracy))
    majority = np.bincount(separable.train.labels).argmax()
    assert comparison.majority_accuracy == pytest.approx(np.mean(separable.test.labels == majority))
    assert any("single experiment" in caution for caution in comparison.cautions)
    assert comparison.cautions[-1].endswith("of the test rows.")
    assert Comparison.model_validate_json(comparison.model_dump_json()) == comparison


def test_caution_says_if_no_model_beats_the_majority_class(separable, started):
    majority = np.bincount(separable.train.labels).argmax()
    guesses = np.full_like(separable.test.labels, majority)
    comparison = compare_models(quantum_result(started, finished_with(separable, guesses)), (), separable)
    assert comparison.cautions[-1].endswith("and no model here does better.")


@pytest.mark.parametrize(
    ("quantum", "classical", "n_seen", "headline"),
    [
        (
            38,
            20,
            0,
            "The QENN got 38 of 40 test rows right, logistic regression 20: more than chance explains.",
        ),
        (
            20,
            38,
            0,
            "The QENN got 20 of 40 test rows right, logistic regression 38: more than chance explains.",
        ),
        (
            38,
            36,
            0,
            "The QENN got 38 of 40 test rows right, logistic regression 36: chance alone can explain that.",
        ),
        (37, 37, 0, "The QENN and logistic regression both got 37 of 40 test rows right."),
        (
            18,
            17,
            0,
            "The QENN got 18 of 40 test rows right, logistic regression 17; always answering the most "
            "frequent class gets 20.",
        ),
        (
            40,
            20,
            40,
            "The QENN got 40 of 40 test rows right, logistic regression 20, but from memory: equal rows were "
            "used in training.",
        ),
    ],
)
def test_headline_states_both_counts_and_agrees_with_the_verdict(
    quantum, classical, n_seen, headline, prepared, started
):
    rng = np.random.default_rng(0)
    data = replace(prepared(rng.normal(size=(200, 2)), np.arange(200) % 2), n_seen=n_seen)

    def result(n_right: int) -> ModelResult:
        wrong = np.arange(40) >= n_right
        return quantum_result(started, finished_with(data, data.test.labels ^ wrong))

    # The worse of two classical models is left out, however clear its verdict is.
    rows = [
        result(n_right).model_copy(update={"name": name, "kind": "classical"})
        for n_right, name in ((0, "Logistic regression (few)"), (classical, "Logistic regression (all)"))
    ]
    assert compare_models(result(quantum), rows, data).headline == headline


def test_headline_counts_the_groups_of_the_test_rows(prepared, started):
    rng = np.random.default_rng(0)
    data = prepared(rng.normal(size=(200, 2)), np.arange(200) % 2)
    quantum = quantum_result(started, finished_with(data, data.test.labels))
    for size, rows in ((5, "40 of 40 test rows in 8 groups"), (1, "40 of 40 test rows")):
        grouped = replace(data, test_groups=np.arange(40) // size)
        assert compare_models(quantum, (), grouped).headline == f"The QENN got {rows} right."
