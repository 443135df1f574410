import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from random_examples import examples

from qenn_core.metrics import score


@st.composite
def labels_and_probabilities(draw):
    n_classes = draw(st.integers(2, 4))
    n_rows = draw(st.integers(1, 30))
    labels = draw(arrays(np.int64, n_rows, elements=st.integers(0, n_classes - 1)))
    raw = draw(arrays(np.float64, (n_rows, n_classes), elements=st.integers(1, 9).map(float)))
    return labels, raw / raw.sum(axis=1, keepdims=True)


def auc_by_counting(positive, ranking):
    """Fraction of pairs of a positive and a negative row ranked correctly; a tie counts half."""
    ahead = ranking[positive][:, None] - ranking[~positive][None, :]
    return np.mean((ahead > 0) + 0.5 * (ahead == 0))


@examples(50)
@given(labels_and_probabilities())
def test_scores_equal_direct_computation(case):
    labels, probabilities = case
    n_classes = probabilities.shape[1]
    predicted = probabilities.argmax(axis=1)
    scores = score(labels, probabilities)

    table = np.zeros((n_classes, n_classes), int)
    for true, prediction in zip(labels, predicted, strict=True):
        table[true, prediction] += 1
    true_rows, predicted_rows, hits = table.sum(axis=1), table.sum(axis=0), table.diagonal()
    present = true_rows + predicted_rows > 0
    assert np.array_equal(scores.confusion, table)
    assert scores.accuracy == pytest.approx(hits.sum() / len(labels))
    assert scores.balanced_accuracy == pytest.approx(np.mean(hits[true_rows > 0] / true_rows[true_rows > 0]))
    assert scores.macro_f1 == pytest.approx(
        np.mean(2 * hits[present] / (true_rows + predicted_rows)[present])
    )

    if len(set(labels.tolist())) < n_classes:
        assert scores.roc_auc is None
    else:
        classes = [1] if n_classes == 2 else range(n_classes)
        expected = np.mean([auc_by_counting(labels == k, probabilities[:, k]) for k in classes])
        assert scores.roc_auc == pytest.approx(expected)


def test_accepts_single_precision_probabilities():
    probabilities = np.array([[0.1, 0.2, 0.7], [0.5, 0.3, 0.2], [0.2, 0.6, 0.2]], dtype=np.float32)
    assert score(np.array([2, 0, 1]), probabilities).roc_auc == 1


@pytest.mark.parametrize(
    ("labels", "probabilities", "words"),
    [
        ([], np.empty((0, 2)), "shape|against"),
        ([0, 1], np.full((3, 2), 0.5), "against"),
        ([0, 1], np.array([[0.5, 0.5], [np.nan, 0.5]]), "finite"),
    ],
)
def test_invalid_arguments_raise(labels, probabilities, words):
    with pytest.raises(ValueError, match=words):
        score(np.array(labels, dtype=np.int64), probabilities)
