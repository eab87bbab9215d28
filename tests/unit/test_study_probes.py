"""The batched probes against scikit-learn, one problem at a time."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from backend.encoders._examples import Pixels
from backend.finetune import knn, linear
from backend.finetune._lbfgs import minimise
from backend.finetune._task import Cell, Task


def make_task(n: int = 240, d: int = 6, classes: int = 3, seed: int = 0, metric: str = "accuracy") -> Task:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, n)
    features = rng.normal(size=(n, d)) * np.geomspace(0.1, 10, d) + 2 * rng.normal(size=(classes, d))[labels]
    val, test = np.arange(120, 180), np.arange(180, n)
    blanked = labels.copy()
    blanked[test] = -1
    cells = tuple(
        Cell(f, s, np.sort(np.random.default_rng(s).choice(120, size, replace=False)))
        for f, size in ((0.25, 30), (1.0, 120))
        for s in range(2)
    )
    return Task(
        cells=cells,
        wanted=cells,
        labels=blanked,
        train=np.arange(120),
        val=val,
        test=test,
        classes=classes,
        metric=metric,
        inputs=Pixels(torch.zeros(n, 1, 2, 2, dtype=torch.uint8)),
        device=torch.device("cpu"),
        features=torch.tensor(features, dtype=torch.float32),
    )


def test_lanes_reach_their_own_minimum():
    """Ill-conditioned quadratics of different scale, batched: each lane ends at its closed-form solution."""
    rng = np.random.default_rng(0)
    scale = torch.tensor(np.geomspace(1, 200, 8), dtype=torch.float32) * torch.tensor([[1.0], [0.1], [3.0]])
    target = torch.tensor(rng.normal(size=(3, 8)), dtype=torch.float32)

    def objective(x):
        return (scale * (x - target).square()).sum(1) / 2, scale * (x - target)

    found = minimise(objective, torch.zeros(3, 8), tolerance=1e-5)
    assert torch.allclose(found, target, atol=1e-3)


@pytest.mark.parametrize("penalty", [1e-2, 1.0])
def test_probe_is_scikit_learns_ridge_logistic_regression(penalty):
    task = make_task()
    train = task.features[:120].numpy()
    mean, std = train.mean(0), train.std(0)
    for cell, head, _ in linear.probes(task, linear.Params(penalties=(penalty,))):
        x, y = (train[cell.rows] - mean) / std, task.labels[cell.rows]
        reference = LogisticRegression(C=1 / (penalty * len(y)), tol=1e-8, max_iter=5000).fit(x, y)
        expected = reference.predict_proba((task.features[task.val].numpy() - mean) / std)
        assert np.abs(linear.predict(task, head, task.val) - expected).max() < 1e-3


def test_rows_of_no_split_of_the_study_change_nothing():
    """A study may validate on fewer rows than the split has, and test rows may lack a label: none of them counts."""
    task = make_task()
    task = replace(task, val=task.val[:30])
    features = task.features.clone()
    features[150:180] *= 50  # validation rows that max_validation left out
    other = replace(task, features=features)
    for before, after in zip(linear.fit(task, linear.Params()), linear.fit(other, linear.Params()), strict=True):
        assert before.chosen == after.chosen
        assert (before.test == after.test).all()


def test_batching_changes_nothing():
    """A cell fitted among others equals the same cell fitted alone."""
    together = make_task()
    alone = Task(**{**vars(together), "cells": together.cells[:1], "wanted": together.cells[:1]})
    first = next(linear.fit(together, linear.Params()))
    single = next(linear.fit(alone, linear.Params()))
    assert first.chosen == single.chosen
    assert np.abs(first.test - single.test).max() < 1e-3


def test_a_dead_feature_and_separable_data_stay_finite():
    task = make_task()
    features = task.features.clone()
    features[:, 0] = 0
    features[:, 1] = torch.tensor(np.where(task.labels < 0, 0, task.labels) * 100.0)
    task = Task(**{**vars(task), "features": features})
    for prediction in linear.fit(task, linear.Params()):
        assert np.isfinite(prediction.test).all()


def test_the_penalty_is_picked_on_validation():
    task, penalties = make_task(), (1e-3, 10.0)
    alone = [
        [linear.predict(task, head, task.val) for _, head, _ in linear.probes(task, linear.Params(penalties=(p,)))]
        for p in penalties
    ]
    for at, (_, _, chosen) in enumerate(linear.probes(task, linear.Params(penalties=penalties))):
        best = penalties[task.pick([candidates[at] for candidates in alone])]
        assert chosen == {"penalty": best, "weighted": False}


def test_of_balanced_accuracy_classes_may_weigh_alike():
    """The weighted lanes are scikit-learn's balanced fits, and validation has the choice between both kinds."""
    rng = np.random.default_rng(3)
    task = make_task()
    # classes 1 and 2 keep one row in five, the others say 0, so that a plain fit nearly always says 0
    labels = np.where((task.labels > 0) & (rng.random(len(task.labels)) < 0.8), 0, task.labels)
    task = replace(task, labels=labels, metric="balanced_accuracy")
    train = task.features[task.train].numpy()
    mean, std = train.mean(0), train.std(0)
    val = (task.features[task.val].numpy() - mean) / std
    found = linear.probes(task, linear.Params(penalties=(0.1,)))
    for cell, head, chosen in found:
        x, y = (task.features[cell.rows].numpy() - mean) / std, task.labels[cell.rows]
        if len(np.unique(y)) < 3:
            continue  # scikit-learn knows nothing of a class that it never saw
        fits = [
            LogisticRegression(C=1 / (0.1 * len(y)), class_weight=weight, tol=1e-8, max_iter=5000).fit(x, y)
            for weight in (None, "balanced")
        ]
        expected = [fit.predict_proba(val) for fit in fits]
        assert chosen["weighted"] == bool(task.pick(expected))
        assert np.abs(linear.predict(task, head, task.val) - expected[chosen["weighted"]]).max() < 1e-3
    assert any(chosen["weighted"] for *_, chosen in found)


def test_a_rows_weight_is_its_classs_share():
    task = make_task()
    cell = task.cells[-1]
    labels, weights = task.labels[cell.rows], task.row_weights(cell.rows)
    assert np.isclose(weights.mean(), 1)
    sums = [weights[labels == label].sum() for label in np.unique(labels)]
    assert np.allclose(sums, sums[0])
    assert (task.row_weights(cell.rows, False) == 1).all()


def test_votes_of_a_rare_class_count_more_where_the_metric_weighs_classes_alike():
    labels = np.array([0] * 18 + [1] * 2 + [0, 1] * 10 + [-1] * 20)
    features = torch.randn(60, 4, generator=torch.Generator().manual_seed(0)) * 0.05 + 1
    features[:, 0] += torch.tensor(labels == 1) * 0.5
    task = replace(
        make_task(),
        features=features,
        labels=labels,
        train=np.arange(20),
        val=np.arange(20, 40),
        test=np.arange(40, 60),
        classes=2,
        metric="balanced_accuracy",
        cells=(cell := Cell(1.0, 0, np.arange(20)),),
        wanted=(cell,),
    )
    plain = next(knn.fit(replace(task, metric="accuracy"), knn.Params(neighbours=(20,))))
    fair = next(knn.fit(task, knn.Params(neighbours=(20,))))
    assert plain.chosen == {"neighbours": 20, "weighted": False}
    assert plain.test.argmax(1).max() == 0
    assert np.allclose(fair.test.sum(1), 1, atol=1e-5)
    assert fair.chosen == {"neighbours": 20, "weighted": True}
    assert np.allclose(fair.test[:, 1] / fair.test[:, 0], 9 * plain.test[:, 1] / plain.test[:, 0], rtol=1e-4)
