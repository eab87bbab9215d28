"""Every group metric: the registry's contract, agreement with fairlearn, invariance under relabelling of groups."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, balanced_accuracy_score, precision_score, roc_auc_score

from backend.fairness._audit import audit
from backend.fairness._reading import Settings, metrics_for
from backend.fairness._tables import Groups, Predictions
from backend.registry import names, plugin

QUICK = Settings(min_group=10, resamples=300, permutations=300)
REFERENCE = {
    "selection_rate": selection_rate,
    "accuracy": accuracy_score,
    "tpr": true_positive_rate,
    "fpr": false_positive_rate,
    "precision": precision_score,
}


def sample(n: int = 300, classes: int = 2, seed: int = 0) -> tuple[Predictions, np.ndarray]:
    """Predictions that are right two times in three, scores with ties, and a group for every row."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, classes, n)
    predicted = np.where(rng.random(n) < 2 / 3, label, rng.integers(0, classes, n))
    score = np.round(np.clip(0.3 + 0.4 * (predicted == 1) + rng.normal(0, 0.2, n), 0, 1), 2)
    group = rng.choice(["a", "b", "c"], n, p=[0.5, 0.3, 0.2])
    return Predictions(label, predicted, score, classes, 1 if classes == 2 else None), group


@pytest.mark.parametrize("name", names("fairness"))
def test_keeps_the_contract(name):
    metric = plugin("fairness", name)
    params = metric.params()
    assert metric.summary.endswith(".")
    assert params.reads in ("predictions", "scores")
    assert params.given in ("nothing", "label", "prediction")
    assert metric.params.model_validate(params.model_dump()) == params
    counts = np.random.default_rng(0).integers(0, 9, (5, 4, 2, 2))
    rates = metric.call(counts, params)
    assert rates.hits.shape == rates.trials.shape
    assert rates.values.shape == (5, 4)
    values = rates.values[np.isfinite(rates.values)]
    assert ((values >= 0) & (values <= 1)).all()
    assert np.isnan(metric.call(np.zeros((1, 2, 2), dtype=int), params).values).all()


@pytest.mark.parametrize("name", REFERENCE)
def test_equals_fairlearn(name):
    predictions, group = sample()
    metric = plugin("fairness", name)
    ours = metric.call(predictions.counts(metric.params(), Groups.of(group, 1)), metric.params()).values
    frame = MetricFrame(
        metrics=REFERENCE[name], y_true=predictions.label, y_pred=predictions.predicted, sensitive_features=group
    )
    assert ours == pytest.approx(frame.by_group.to_numpy(dtype=float))


def test_auroc_equals_scikit_learn_with_ties():
    predictions, group = sample()
    metric = plugin("fairness", "auroc")
    ours = metric.call(predictions.counts(metric.params(), Groups.of(group, 1)), metric.params()).values
    theirs = [roc_auc_score(predictions.label[group == g], predictions.score[group == g]) for g in "abc"]
    assert ours == pytest.approx(theirs)


def test_gathered_score_levels_move_auroc_by_little():
    predictions, group = sample(4000)
    metric, groups = plugin("fairness", "auroc"), Groups.of(group, 1)
    fine, coarse = (
        metric.call(predictions.counts(metric.params(), groups, exact), metric.params()).values
        for exact in (True, False)
    )
    assert np.abs(fine - coarse).max() < 0.002


def test_several_classes_are_averaged_over_classes():
    predictions, group = sample(400, classes=4)
    metric = plugin("fairness", "tpr")
    params = metric.params(positive=None)
    ours = metric.call(predictions.counts(params, Groups.of(group, 1)), params).values
    theirs = [balanced_accuracy_score(predictions.label[group == g], predictions.predicted[group == g]) for g in "abc"]
    assert ours == pytest.approx(theirs)
    assert {metric.name for metric, _ in metrics_for(predictions)} == {"accuracy", "tpr", "fpr", "precision"}


def test_one_class_of_several_is_read_against_the_rest():
    predictions, group = sample(400, classes=4)
    against = Predictions(predictions.label, predictions.predicted, predictions.score, 4, 2)
    body = audit(against, group, QUICK)
    rows = pd.DataFrame({"y": against.label == 2, "p": against.predicted == 2, "g": group})
    for row in body["groups"]:
        here = rows[rows["g"] == row["group"]]
        assert row["metrics"]["tpr"]["value"] == pytest.approx(here.loc[here["y"], "p"].mean())
        assert row["metrics"]["accuracy"]["value"] == pytest.approx(
            (against.label == against.predicted)[group == row["group"]].mean()
        )


@settings(max_examples=5, deadline=None)
@given(st.permutations(["a", "b", "c"]))
def test_renaming_the_groups_renames_the_result(order):
    predictions, group = sample(200)
    renamed = np.array([dict(zip("abc", order, strict=True))[g] for g in group])
    one, other = audit(predictions, group, QUICK), audit(predictions, renamed, QUICK)
    values = {row["group"]: row["metrics"]["tpr"]["value"] for row in one["groups"]}
    for row in other["groups"]:
        assert values["abc"[list(order).index(row["group"])]] == row["metrics"]["tpr"]["value"]
    for metric, gap in one["gaps"].items():
        assert gap["max_min"] == pytest.approx(other["gaps"][metric]["max_min"])
        assert abs(gap["p"] - other["gaps"][metric]["p"]) < 0.12  # 300 permutations
    assert one["equalised_odds_difference"]["value"] == pytest.approx(other["equalised_odds_difference"]["value"])


def test_a_group_without_positives_has_no_tpr_and_no_error():
    predictions, group = sample()
    group = np.where((predictions.label == 0) & (group == "c"), "none", group)
    body = audit(predictions, group, QUICK)
    row = next(r for r in body["groups"] if r["group"] == "none")
    assert row["n_positive"] == 0
    assert row["metrics"]["tpr"]["value"] is None
    assert not row["metrics"]["tpr"]["enough"]
    assert "none" not in body["gaps"]["tpr"]["groups"]


def test_twins_widen_the_intervals_by_the_root_of_two():
    predictions, group = sample()
    twins = predictions.take(np.arange(300).repeat(2))
    alone = audit(twins, group.repeat(2), QUICK)["groups"][0]["metrics"]
    together = audit(twins, group.repeat(2), QUICK, units=np.arange(300).repeat(2))["groups"][0]["metrics"]
    for name in ("tpr", "auroc"):
        widths = [m[name]["high"] - m[name]["low"] for m in (alone, together)]
        assert widths[1] / widths[0] == pytest.approx(2**0.5, rel=0.03)
