"""Gradient-boosted trees: the strongest classical model on pixels, the number of trees picked on validation.

Histogram boosting of scikit-learn (Ke et al. 2017); of a number it minimises squared errors. Meant for the classical
baseline, whose features are pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np
from pydantic import Field
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from ..registry import Strict
from ._classical import one_class_only, over_all_classes
from ._task import Cell, Prediction, Task, fit_once

TITLE = "boosted trees"
TARGETS = ("class", "event", "number")


class Params(Strict):
    trees: int = Field(60, ge=1, le=5_000, description="Boosting rounds at most")
    learning_rate: float = Field(0.1, gt=0, le=1)
    features: float = Field(0.1, gt=0, le=1, description="Share of the features that a split may look at")
    leaf: int = Field(20, ge=1, le=1_000, description="Rows in a leaf at least; fewer where there are few labels")


def fit(task: Task, params: Params) -> Iterator[Prediction]:
    """One prediction for every wanted cell; `chosen` holds the number of trees."""
    if task.features is None:
        raise ValueError("boosting: expected features, found none")
    features = task.features.cpu().numpy()
    yield from fit_once(task, lambda cell: _boost(task, cell, features, params))


def _boost(task: Task, cell: Cell, features: np.ndarray, params: Params) -> Prediction:
    kind = HistGradientBoostingRegressor if task.target == "number" else HistGradientBoostingClassifier
    model = kind(
        max_iter=params.trees,
        learning_rate=params.learning_rate,
        max_features=params.features,
        min_samples_leaf=min(params.leaf, max(1, len(cell.rows) // 10)),
        early_stopping=False,
        random_state=0,
    )
    labels = task.labels[cell.rows]
    if task.target == "number":
        return _regress(task, cell, model.fit(features[cell.rows], labels), features)
    if len(np.unique(labels)) < 2:
        return one_class_only(task, cell, labels[0], {"trees": 0})
    model.fit(features[cell.rows], labels, sample_weight=task.row_weights(cell.rows, task.weighted))
    stages = [over_all_classes(p, model.classes_, task.classes) for p in model.staged_predict_proba(features[task.val])]
    trees = task.pick(stages) + 1
    test = next(islice(model.staged_predict_proba(features[task.test]), trees - 1, None))
    return Prediction(cell, stages[trees - 1], over_all_classes(test, model.classes_, task.classes), {"trees": trees})


def _regress(task: Task, cell: Cell, model: HistGradientBoostingRegressor, features: np.ndarray) -> Prediction:
    """A fitted model of a number, with as many trees as suit validation."""
    stages = [told[:, None].astype(np.float32) for told in model.staged_predict(features[task.val])]
    trees = task.pick(stages) + 1
    test = next(islice(model.staged_predict(features[task.test]), trees - 1, None))
    return Prediction(cell, stages[trees - 1], test[:, None].astype(np.float32), {"trees": trees})
