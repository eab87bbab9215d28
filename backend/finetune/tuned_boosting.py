"""Gradient-boosted trees on the raw columns, tuned on validation; nothing is pretrained.

Of windows of series the columns are statistics of each channel (_window_statistics.py).

Histogram boosting of scikit-learn (Ke et al. 2017); missing values are a branch of their own. Which settings are tried:
_trees.py. On tables this is the rival that pretraining most often loses to (Grinsztajn et al. 2022, arXiv 2207.08815).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from ._task import Prediction, Task
from ._trees import Forest, Rows, Search, Setting, boosted

TITLE = "tuned boosted trees"
RIVAL = True
KINDS = ("table", "series")
TARGETS = ("class", "event", "number")
PATIENT = 30  # trees without a lower loss of the validation rows
ARGUMENTS = ("X", "y", "sample_weight", "X_val", "y_val", "sample_weight_val")
MOST_VALUES = 254  # of a category: more do not fit the library's histograms, the rarest then count as "other"


class Params(Search):
    pass


def fit(task: Task, params: Params) -> Iterator[Prediction]:
    """One prediction for every wanted cell; `chosen` holds the setting and the number of trees."""
    yield from boosted(task, params, Histogram, "tuned boosting")


class Histogram(Forest):
    """Trees of scikit-learn, grown until the loss of the validation rows falls no more; which of the stages is best,
    the study's metric decides."""

    def __init__(self, rows: Rows, val: Rows, setting: Setting, most: int):
        self.number, self.val = rows.target == "number", val.x
        grouped = setting.grouped and rows.categories.any()
        self.narrowed = rows.categories if grouped else None
        shared = {
            "max_iter": most,
            "learning_rate": setting.rate,
            "max_leaf_nodes": setting.leaves,
            "min_samples_leaf": setting.for_rows(len(rows.x)),
            "l2_regularization": setting.l2,
            "max_features": setting.share,
            "categorical_features": self.narrowed,
            "early_stopping": True,
            "n_iter_no_change": PATIENT,
            "tol": 0,
            "random_state": 0,
        }
        if self.number:
            loss = "absolute_error" if setting.absolute else "squared_error"
            self.model = HistGradientBoostingRegressor(loss=loss, **shared)
        else:
            self.model = HistGradientBoostingClassifier(**shared)
            seen = np.isin(val.truth, rows.truth)  # of a class without a labelled row there is no loss
            val = val if seen.all() else val.at(np.flatnonzero(seen))
        given = (self._seen(rows.x), rows.truth, rows.weights, self._seen(val.x), val.truth, val.weights)
        self.model.fit(**dict(zip(ARGUMENTS, given, strict=True)))

    def readings(self, at: Iterable[int]) -> Iterator[tuple[int, np.ndarray]]:
        wanted = {*at, self.model.n_iter_}
        for trees, told in enumerate(self._stages(self.val), 1):
            if trees in wanted:
                yield trees, told

    def answer(self, x: np.ndarray, trees: int) -> np.ndarray:
        return next(islice(self._stages(x), trees - 1, None))

    def _stages(self, x: np.ndarray) -> Iterator[np.ndarray]:
        x = self._seen(x)
        return self.model.staged_predict(x) if self.number else self.model.staged_predict_proba(x)

    def _seen(self, x: np.ndarray) -> np.ndarray:
        """With the codes of rare values of a category taken for "other"."""
        if self.narrowed is None:
            return x
        return np.where(self.narrowed & (x > MOST_VALUES - 1), np.float32(0), x)
