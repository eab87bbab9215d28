"""The study's metrics against scikit-learn, and their contributions against closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, balanced_accuracy_score, roc_auc_score

from backend.targets._classes import METRICS, constant, contributions, score


def draw(seed: int, classes: int, n: int = 60) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(classes), rng.integers(0, classes, n - classes)])
    logits = rng.normal(size=(n, classes)) + 1.5 * np.eye(classes)[labels]
    # Rounded, so that ties occur.
    p = np.round(np.exp(logits) / np.exp(logits).sum(1, keepdims=True), 1) + 1e-3
    return labels, p / p.sum(1, keepdims=True)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 5))
def test_agrees_with_scikit_learn(seed, classes):
    labels, p = draw(seed, classes)
    got = score(labels, p)
    predicted = p.argmax(axis=1)
    assert got["accuracy"] == pytest.approx((predicted == labels).mean())
    assert got["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(labels, predicted))
    one_vs_rest = p[:, 1] if classes == 2 else p
    assert got["auroc"] == pytest.approx(roc_auc_score(labels, one_vs_rest, multi_class="ovr"))


def without_ties(seed: int, classes: int, n: int = 60) -> tuple[np.ndarray, np.ndarray]:
    labels, p = draw(seed, classes, n)
    p += np.random.default_rng(seed).uniform(0, 1e-4, p.shape)
    return labels, p / p.sum(1, keepdims=True)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 5))
def test_average_precision_is_scikit_learns_of_class_1_and_of_more_classes_their_mean(seed, classes):
    """Without ties: scikit-learn counts rows that tie as if the event came first, here they count half."""
    labels, p = without_ties(seed, 2)
    assert score(labels, p)["average_precision"] == pytest.approx(average_precision_score(labels, p[:, 1]))
    labels, p = without_ties(seed, classes)
    of_each = [average_precision_score(labels == k, p[:, k]) for k in range(classes)]
    assert score(labels, p)["average_precision"] == pytest.approx(np.mean(of_each))


def test_the_spread_of_its_contributions_is_that_of_average_precision_over_data_drawn_anew():
    drawn = [without_ties(seed, 2, n=400) for seed in range(300)]
    values = [contributions("average_precision", *one) for one in drawn]
    errors = [v.std(ddof=1) / np.sqrt(len(v)) for v in values]
    assert np.mean(errors) == pytest.approx(np.std([v.mean() for v in values]), rel=0.12)


def test_an_absent_class_is_left_out_not_counted_as_zero():
    labels, p = draw(0, 2)
    wider = np.column_stack([p, np.zeros(len(p))])
    assert score(labels, wider) == pytest.approx(score(labels, p))


def test_one_class_has_no_auroc():
    labels, p = np.zeros(5, dtype=int), np.full((5, 2), 0.5)
    assert contributions("auroc", labels, p) is None
    assert score(labels, p)["auroc"] is None
    assert score(labels, p)["average_precision"] is None


def test_spread_of_auroc_contributions_is_delongs_variance():
    labels, p = draw(3, 2, n=80)
    values = contributions("auroc", labels, p)
    positive, negative = p[labels == 1, 1], p[labels == 0, 1]
    wins = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    m, n = wins.shape
    delong = wins.mean(1).var() / m + wins.mean(0).var() / n
    assert values.var() / len(values) == pytest.approx(delong)


@pytest.mark.parametrize("metric", METRICS)
def test_perfect_predictions_score_one(metric):
    labels = np.array([0, 1, 2, 1])
    assert contributions(metric, labels, np.eye(3)[labels]).mean() == pytest.approx(1)


@pytest.mark.parametrize(
    ("labels", "p", "said"),
    [
        (np.zeros(0, dtype=int), np.zeros((0, 2)), "found 0 labels"),
        (np.zeros(2, dtype=int), np.full((2, 2), np.nan), "expected N > 0 labels and finite"),
    ],
)
def test_nothing_and_nan_are_refused(labels, p, said):
    with pytest.raises(ValueError, match=said):
        score(labels, p)


def test_unknown_metric_is_refused():
    with pytest.raises(ValueError, match="expected one of accuracy"):
        contributions("f1", np.array([0]), np.array([[1.0, 0.0]]))


def test_guessing_is_what_the_most_frequent_class_alone_gets():
    labels = np.array([0] * 6 + [1] * 3 + [2])
    assert constant("accuracy", labels, labels) == pytest.approx(0.6)
    assert constant("balanced_accuracy", labels, labels) == pytest.approx(1 / 3)
    assert constant("auroc", labels, labels) == pytest.approx(0.5)
    assert constant("auroc", labels[:6], labels[:6]) is None
    rare = np.array([0] * 900 + [1] * 100)
    assert constant("average_precision", rare, rare) == pytest.approx(0.1, abs=0.002)
